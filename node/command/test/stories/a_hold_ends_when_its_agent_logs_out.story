# Bob talks to the customer, who calls again by another line. When Bob says that
# he leaves, the second call is for Amy.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_WAIT queue.last_agent_wait_ms=600000 -> queue.last_agent_wait_ms
bob: login agent=bob ready=true -> presence.state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
held: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c3 connector=pbx -> result
amy: login agent=amy ready=true -> presence.state
get_interaction interaction_id=$held.interaction_id -> interaction.state interaction.hold_agent
logout session_id=$bob.session_id -> presence.logout_pending
get_interaction interaction_id=$held.interaction_id -> interaction.state interaction.agent interaction.hold_agent
----
done subject.key=sales
done queue.last_agent_wait_ms=600000
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done result=MATCH_RESULT_STATIC
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_QUEUED interaction.hold_agent=bob
done presence.logout_pending=true
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
