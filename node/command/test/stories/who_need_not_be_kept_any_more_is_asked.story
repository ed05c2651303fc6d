# Amy does not take it, and Bob is kept for those who call. When she is ready again
# she is not asked once more yet; but now he need not be kept.
include agents
put_queue queue.key=out queue.reserved_inbound_agents=1 -> queue.reserved_inbound_agents
put_subject subject.key=out subject.queue=out -> subject.key
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
first: enqueue_interaction connector=dialer ext_ref=o1 subject=out media=MEDIA_OUTBOUND_VOICE -> state agent offer_id
reject_offer session_id=$amy.session_id offer_id=$first.offer_id -> presence.state
get_interaction interaction_id=$first.interaction_id -> interaction.state
explain_decision interaction_id=$first.interaction_id -> now.candidates
set_ready session_id=$amy.session_id -> presence.state
get_interaction interaction_id=$first.interaction_id -> interaction.state interaction.agent
----
done queue.reserved_inbound_agents=1
done subject.key=out
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=amy offer_id=of_1
done presence.state=PRESENCE_STATE_NOT_READY
done interaction.state=INTERACTION_STATE_QUEUED
done now.candidates.0.agent=bob now.candidates.0.passed_over=PASSED_OVER_RESERVED_INBOUND now.candidates.0.step=1 now.candidates.1.agent=amy now.candidates.1.passed_over=PASSED_OVER_NOT_READY now.candidates.1.step=1 now.candidates.1.reason=rona
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
