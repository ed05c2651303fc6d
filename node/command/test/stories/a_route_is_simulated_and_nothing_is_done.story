# Two agents take turns. What is simulated asks nobody, and moves no turn.
include agents
put_queue queue.key=sales queue.selection=SELECTION_ROUND_ROBIN -> queue.selection
put_agent agent.key=eva agent.skills.0.skill=english agent.skills.0.level=8 -> agent.key
amy: login agent=amy ready=true -> presence.state
eva: login agent=eva ready=true -> presence.state
simulate_route subject=sales -> state agent queue priority decision.kind decision.selection decision.candidates
simulate_route subject=sales -> agent
list_interactions -> items.0
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_interaction interaction_id=$call.interaction_id -> interaction.agent
simulate_route subject=sales agent=amy -> state agent about
----
done queue.selection=SELECTION_ROUND_ROBIN
done agent.key=eva
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED queue=sales agent=amy priority=100 decision.kind=DECISION_KIND_OFFER decision.selection=SELECTION_ROUND_ROBIN decision.candidates.0.agent=amy decision.candidates.0.step=1 decision.candidates.0.distance=1 decision.candidates.1.agent=eva decision.candidates.1.passed_over=PASSED_OVER_LOWER_RANK decision.candidates.1.step=1 decision.candidates.1.distance=3
done agent=amy
done
done result=MATCH_RESULT_STATIC
done interaction.agent=amy
done state=INTERACTION_STATE_OFFERED agent=eva about.agent=amy about.passed_over=PASSED_OVER_NO_CAPACITY about.step=1

# Nobody is free: what comes now would wait.
call: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
simulate_route subject=sales -> state agent position priority steps decision.candidates
call: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
simulate_route subject=sales -> state position
simulate_route subject=sales priority_delta=50 -> position priority
simulate_route subject=sales age_adjust_ms=60000 -> position
simulate_route subject=sales media=MEDIA_CHAT -> state agent position
simulate_route subject=sales steps.0.requirements.0.skill=english steps.0.requirements.0.min_level=10 -> state steps decision.n_meant
----
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_QUEUED position=1 priority=100 decision.candidates.0.agent=amy decision.candidates.0.passed_over=PASSED_OVER_NO_CAPACITY decision.candidates.0.step=1 decision.candidates.1.agent=eva decision.candidates.1.passed_over=PASSED_OVER_NO_CAPACITY decision.candidates.1.step=1 steps.0.step=1 steps.0.n_meant=2 steps.0.n_signed_in=2 steps.0.n_ready=2 steps.1.step=2 steps.1.begins_ms=10:00:30 steps.1.n_meant=3 steps.1.n_signed_in=2 steps.1.n_ready=2
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_QUEUED position=2
done position=1 priority=150
done position=1
done state=INTERACTION_STATE_QUEUED position=1
done state=INTERACTION_STATE_QUEUED steps.0.step=1

# What could not wait at all, and what is not there.
put_queue queue.key=full queue.max_waiting=1 -> queue.max_waiting
put_queue queue.key=off queue.disabled=true -> queue.disabled
put_subject subject.key=full subject.queue=full subject.overflow_number=+442079461000 -> subject.queue
put_subject subject.key=mute -> subject.key
enqueue_interaction connector=web ext_ref=c4 subject=full steps.0.requirements.0.skill=english steps.0.requirements.0.min_level=10 -> state
simulate_route subject=full -> state end_reason overflow_number
simulate_route subject=mute -> state end_reason
simulate_route subject=sales queue=off -> state end_reason
simulate_route subject=sales queue=nowhere
simulate_route subject=nowhere
simulate_route
simulate_route subject=sales page_url=https://shop.example/
simulate_route subject=sales agent=nobody
simulate_route subject=sales steps.0.requirements.0.skill=nothing
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
as sue
simulate_route subject=sales
----
done queue.max_waiting=1
done queue.disabled=true
done subject.queue=full
done subject.key=mute
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_OVERFLOW_EXTERNAL overflow_number=+442079461000
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_NO_ROUTE
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_NO_ROUTE
refused QUEUE_UNKNOWN field=queue
refused SUBJECT_UNKNOWN field=subject
refused INVALID field=subject
refused INVALID field=subject
refused NOT_FOUND field=agent
refused SKILL_UNKNOWN field=steps
done principal.key=sue
refused LOB field=subject
