# Amy is at another call, Bob is not good enough yet, Cleo is at lunch and Dan
# serves another queue: so the call waits.
include agents
put_queue queue.key=billing
put_reason reason.key=lunch reason.label=Lunch -> reason.key
put_agent agent.key=cleo agent.skills.0.skill=english agent.skills.0.level=8 -> agent.key
put_agent agent.key=dan agent.queues=billing agent.skills.0.skill=english agent.skills.0.level=8 -> agent.key
put_agent agent.key=eva agent.skills.0.skill=english agent.skills.0.level=8 -> agent.key
put_agent agent.key=finn -> agent.key
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
cleo: login agent=cleo ready=true -> presence.state
dan: login agent=dan ready=true -> presence.state
finn: login agent=finn ready=true -> presence.state
set_not_ready session_id=$cleo.session_id reason=lunch -> presence.reason
+1s
first: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
call: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
explain_decision interaction_id=$first.interaction_id -> interaction_id state media subject queue status step priority enqueued_ms agent asof_ms now steps
explain_decision interaction_id=$first.interaction_id -> decisions.0.kind decisions.0.at_ms decisions.0.rule decisions.1.kind decisions.1.chosen decisions.1.step decisions.1.priority decisions.1.waiting_since_ms decisions.1.selection decisions.1.n_meant decisions.1.n_signed_in decisions.1.n_ready decisions.1.n_free decisions.1.candidates decisions.2.kind
explain_decision interaction_id=$call.interaction_id -> decisions.1.kind decisions.1.chosen decisions.1.n_meant decisions.1.n_signed_in decisions.1.n_ready decisions.1.n_free decisions.1.candidates decisions.2.kind
explain_decision interaction_id=$call.interaction_id -> state position steps now.decision_id now.kind now.n_meant now.n_signed_in now.n_ready now.n_free now.candidates
----
done queue.key=billing queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done reason.key=lunch
done agent.key=cleo
done agent.key=dan
done agent.key=eva
done agent.key=finn
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.reason=lunch
done result=MATCH_RESULT_STATIC
done result=MATCH_RESULT_STATIC
done interaction_id=ix_1 state=INTERACTION_STATE_OFFERED media=MEDIA_VOICE subject=sales queue=sales status=INTERACTION_STATUS_INITIAL step=1 priority=100 enqueued_ms=10:00:01 agent=amy asof_ms=10:00:01
done decisions.0.kind=DECISION_KIND_MATCH decisions.0.at_ms=10:00:01 decisions.0.rule=MATCH_RULE_STATIC decisions.1.kind=DECISION_KIND_OFFER decisions.1.chosen=amy decisions.1.step=1 decisions.1.priority=100 decisions.1.waiting_since_ms=10:00:01 decisions.1.selection=SELECTION_LONGEST_IDLE decisions.1.n_meant=3 decisions.1.n_signed_in=2 decisions.1.n_ready=1 decisions.1.n_free=1 decisions.1.candidates.0.agent=amy decisions.1.candidates.0.step=1 decisions.1.candidates.0.idle_since_ms=10:00:00 decisions.1.candidates.1.agent=cleo decisions.1.candidates.1.passed_over=PASSED_OVER_NOT_READY decisions.1.candidates.1.step=1
done decisions.1.kind=DECISION_KIND_ROUTE decisions.1.n_meant=3 decisions.1.n_signed_in=2 decisions.1.n_ready=1 decisions.1.candidates.0.agent=amy decisions.1.candidates.0.passed_over=PASSED_OVER_NO_CAPACITY decisions.1.candidates.0.step=1 decisions.1.candidates.1.agent=cleo decisions.1.candidates.1.passed_over=PASSED_OVER_NOT_READY decisions.1.candidates.1.step=1
done state=INTERACTION_STATE_QUEUED now.kind=DECISION_KIND_ROUTE now.n_meant=3 now.n_signed_in=2 now.n_ready=1 now.candidates.0.agent=amy now.candidates.0.passed_over=PASSED_OVER_NO_CAPACITY now.candidates.0.step=1 now.candidates.1.agent=cleo now.candidates.1.passed_over=PASSED_OVER_NOT_READY now.candidates.1.step=1 now.candidates.1.reason=lunch now.candidates.2.agent=bob now.candidates.2.passed_over=PASSED_OVER_LATER_STEP now.candidates.2.step=2 now.candidates.2.skill=english now.candidates.2.level=4 now.candidates.2.min_level=7 now.candidates.2.until_ms=10:00:31 now.candidates.3.agent=finn now.candidates.3.passed_over=PASSED_OVER_NO_SKILL now.candidates.3.skill=english now.candidates.3.min_level=7 position=1 steps.0.step=1 steps.0.n_meant=3 steps.0.n_signed_in=2 steps.0.n_ready=1 steps.1.step=2 steps.1.begins_ms=10:00:31 steps.1.n_meant=4 steps.1.n_signed_in=3 steps.1.n_ready=2 steps.1.n_free=1

# Whom one asks about, one by one.
explain_decision interaction_id=$call.interaction_id agent=amy -> about
explain_decision interaction_id=$call.interaction_id agent=bob -> about
explain_decision interaction_id=$call.interaction_id agent=cleo -> about
explain_decision interaction_id=$call.interaction_id agent=dan -> about
explain_decision interaction_id=$call.interaction_id agent=eva -> about
explain_decision interaction_id=$call.interaction_id agent=finn -> about
explain_decision interaction_id=$call.interaction_id agent=nobody
----
done about.agent=amy about.passed_over=PASSED_OVER_NO_CAPACITY about.step=1
done about.agent=bob about.passed_over=PASSED_OVER_LATER_STEP about.step=2 about.skill=english about.level=4 about.min_level=7 about.until_ms=10:00:31
done about.agent=cleo about.passed_over=PASSED_OVER_NOT_READY about.step=1 about.reason=lunch
done about.agent=dan about.passed_over=PASSED_OVER_NOT_IN_QUEUE
done about.agent=eva about.passed_over=PASSED_OVER_LOGGED_OUT about.step=1
done about.agent=finn about.passed_over=PASSED_OVER_NO_SKILL about.skill=english about.min_level=7
refused NOT_FOUND field=agent

# Cleo comes back and does not take it; after half a minute it is Bob's.
lease_effects connector=pbx -> items.0.payload.agent
set_ready session_id=$cleo.session_id -> presence.state
+16s
set_ready session_id=$cleo.session_id -> presence.state
explain_decision interaction_id=$call.interaction_id agent=cleo -> about now.candidates
+15s
told: explain_decision interaction_id=$call.interaction_id -> decisions.0.rules_changed
explain_decision interaction_id=$call.interaction_id -> state agent status step decisions.2.kind decisions.2.chosen decisions.2.cause decisions.2.candidates decisions.3.kind decisions.3.priority decisions.4.kind decisions.4.at_ms decisions.4.chosen decisions.4.step decisions.4.candidates
----
done items.0.payload.agent=amy
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done now.candidates.0.agent=cleo now.candidates.0.passed_over=PASSED_OVER_NO_CAPACITY now.candidates.0.step=1 now.candidates.1.agent=amy now.candidates.1.passed_over=PASSED_OVER_NOT_READY now.candidates.1.step=1 now.candidates.1.reason=rona now.candidates.2.agent=bob now.candidates.2.passed_over=PASSED_OVER_LATER_STEP now.candidates.2.step=2 now.candidates.2.skill=english now.candidates.2.level=4 now.candidates.2.min_level=7 now.candidates.2.until_ms=10:00:31 now.candidates.3.agent=finn now.candidates.3.passed_over=PASSED_OVER_NO_SKILL now.candidates.3.skill=english now.candidates.3.min_level=7 about.agent=cleo about.passed_over=PASSED_OVER_NO_CAPACITY about.step=1
done
done state=INTERACTION_STATE_OFFERED status=INTERACTION_STATUS_RONA step=2 agent=bob decisions.2.kind=DECISION_KIND_OFFER decisions.2.chosen=cleo decisions.2.cause=OFFER_CAUSE_AGENT_CAME decisions.2.candidates.0.agent=cleo decisions.2.candidates.0.step=1 decisions.2.candidates.1.agent=amy decisions.2.candidates.1.passed_over=PASSED_OVER_NO_CAPACITY decisions.2.candidates.1.step=1 decisions.3.kind=DECISION_KIND_ROUTE decisions.3.priority=200 decisions.4.kind=DECISION_KIND_ROUTE decisions.4.at_ms=10:00:21 decisions.4.step=1 decisions.4.candidates.0.agent=cleo decisions.4.candidates.0.passed_over=PASSED_OVER_NO_CAPACITY decisions.4.candidates.0.step=1 decisions.4.candidates.1.agent=amy decisions.4.candidates.1.passed_over=PASSED_OVER_NOT_READY decisions.4.candidates.1.step=1

# What it was decided by is changed: old decisions say so.
put_queue queue.key=sales queue.selection=SELECTION_ROUND_ROBIN -> queue.selection
explain_decision interaction_id=$call.interaction_id -> decisions.1.rules_changed decisions.4.rules_changed
----
done queue.selection=SELECTION_ROUND_ROBIN
done decisions.1.rules_changed=true decisions.4.rules_changed=true

# One decision by its id; what is not there is not found.
explain_decision decision_id=$told.decisions.2.decision_id -> state interaction_id decisions.0.chosen decisions.1.kind now
explain_decision decision_id=nonsense
explain_decision interaction_id=ix_0000000000000
explain_decision allocation_id=al_0000000000000
explain_decision
explain_decision interaction_id=$call.interaction_id decision_id=dc_x.1
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
put_principal principal.key=amy principal.roles=ROLE_AGENT -> principal.key
as sue
explain_decision interaction_id=$call.interaction_id
as amy
explain_decision interaction_id=$call.interaction_id
----
done interaction_id=ix_2 decisions.0.chosen=cleo
refused NOT_FOUND field=decision_id
refused NOT_FOUND field=interaction_id
refused NOT_FOUND field=allocation_id
refused INVALID field=interaction_id
refused INVALID field=interaction_id
done principal.key=sue
done principal.key=amy
refused LOB field=interaction_id
refused ROLE
