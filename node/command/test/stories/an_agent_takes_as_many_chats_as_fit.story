# Four chats fill an agent; the fifth waits for the first that ends. A call does
# not come to who has two of them.
include agents
amy: login agent=amy ready=true -> presence.state
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w1
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w2 -> state agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w3 -> state agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w4 -> state agent
fifth: enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w5
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w5
urgent: enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w6 priority_delta=5 -> state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.3.interaction_id
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=web ext_ref=w1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_interaction interaction_id=$urgent.interaction_id -> interaction.state
get_interaction interaction_id=$fifth.interaction_id -> interaction.state
----
done presence.state=PRESENCE_STATE_READY
done interaction_id=ix_1 state=INTERACTION_STATE_OFFERED agent=amy offer_id=of_1 offer_deadline_ms=10:01:00 decision_id=dc_ix_1.1
done state=INTERACTION_STATE_OFFERED agent=amy
done state=INTERACTION_STATE_OFFERED agent=amy
done state=INTERACTION_STATE_OFFERED agent=amy
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1 decision_id=dc_ix_2.1
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1 decision_id=dc_ix_2.1
done state=INTERACTION_STATE_QUEUED
done result=MATCH_RESULT_STATIC
done presence.work.3.interaction_id=ix_3
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_WRAP
done interaction.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_QUEUED

# Its place can be changed, and it can be taken back, as long as nobody has it.
set_routing interaction_id=$fifth.interaction_id priority_delta=-50 age_adjust_ms=60000 -> interaction.priority interaction.age_adjust_ms
set_routing interaction_id=$fifth.interaction_id steps.0.requirements.0.skill=klingon
set_routing interaction_id=$fifth.interaction_id steps.0.agents=bob -> interaction.step interaction.state
bob: login agent=bob ready=true -> presence.work.0.interaction_id
cancel_interaction interaction_id=$fifth.interaction_id -> interaction.state interaction.end_reason
get_desktop agent=bob -> presence.state presence.work
cancel_interaction interaction_id=$fifth.interaction_id
set_routing interaction_id=$fifth.interaction_id priority_delta=1
enqueue_interaction media=MEDIA_CHAT subject=nonsense connector=web ext_ref=w9
----
done interaction.priority=50 interaction.age_adjust_ms=60000
refused SKILL_UNKNOWN field=steps
done interaction.state=INTERACTION_STATE_QUEUED interaction.step=1
done presence.work.0.interaction_id=ix_2
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CANCELLED
done presence.state=PRESENCE_STATE_READY
refused BAD_STATE
refused BAD_STATE
refused SUBJECT_UNKNOWN field=subject
