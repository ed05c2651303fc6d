# Bob has had the customer, and talks to another. The call waits for him alone,
# though Amy could take it; when he is free, he gets it before an older one.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_WAIT queue.last_agent_wait_ms=20000 -> queue.last_agent_wait_ms
bob: login agent=bob ready=true -> presence.state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
older: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
held: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c4 connector=pbx -> result
get_interaction interaction_id=$held.interaction_id -> interaction.state interaction.hold_agent interaction.hold_until_ms
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_ENDED event_seq=1 -> state
get_interaction interaction_id=$held.interaction_id -> interaction.state interaction.agent
amy: login agent=amy ready=true -> presence.work.0.interaction_id
get_interaction interaction_id=$older.interaction_id -> interaction.state interaction.agent
----
done subject.key=sales
done queue.last_agent_wait_ms=20000
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done result=MATCH_RESULT_STATIC
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED interaction.hold_agent=bob interaction.hold_until_ms=10:00:20
done state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
done presence.work.0.interaction_id=ix_1
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy

# After its time anybody may have it.
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state interaction.hold_agent
report_call_event connector=pbx ext_ref=c3 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
late: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c5 connector=pbx -> result
get_interaction interaction_id=$late.interaction_id -> interaction.state interaction.hold_agent
+19s
get_interaction interaction_id=$late.interaction_id -> interaction.state
+1s
get_interaction interaction_id=$late.interaction_id -> interaction.state interaction.agent interaction.hold_agent
----
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED interaction.hold_agent=bob
done interaction.state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
