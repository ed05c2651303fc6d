# A second device takes over; the first is told so. Work goes on.
include agents
first: login agent=amy device=desk-1 ready=true -> presence.state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
second: login agent=amy device=desk-2 -> presence.state presence.reason presence.device presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$first.session_id
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$second.session_id -> interaction.state
login agent=nobody
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=login presence.work.0.phase=WORK_PHASE_OFFERED presence.device=desk-2
refused SESSION_REPLACED field=session_id
done interaction.state=INTERACTION_STATE_CONNECTED
refused NOT_FOUND field=agent

# Who goes while there is work leaves when it is done; nothing new is offered.
logout session_id=$second.session_id -> presence.state presence.reason presence.logout_pending
set_ready session_id=$second.session_id
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
+31s
get_desktop agent=amy -> presence.state presence.work presence.logout_pending
heartbeat session_id=$second.session_id
----
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=logout_pending presence.logout_pending=true
refused BAD_STATE
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_WRAP
done presence.state=PRESENCE_STATE_LOGGED_OUT
refused SESSION_REPLACED field=session_id
