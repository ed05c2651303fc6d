# After 45 seconds without a sign the offer goes back, unstained; after five
# minutes Amy counts as gone. A call that is up goes on.
include agents
amy: login agent=amy ready=true -> presence.state heartbeat_ms
first: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+46s
get_desktop agent=amy -> presence.state presence.reason presence.work.0.phase
+5m
get_desktop agent=amy -> presence.state presence.work.0.phase
get_interaction interaction_id=$first.interaction_id -> interaction.state interaction.agent
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_interaction interaction_id=$first.interaction_id -> interaction.end_reason interaction.segments.0.disposition
----
done presence.state=PRESENCE_STATE_READY heartbeat_ms=45000
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connection_lost presence.work.0.phase=WORK_PHASE_ACTIVE
done presence.state=PRESENCE_STATE_LOGGED_OUT presence.work.0.phase=WORK_PHASE_ACTIVE
done interaction.state=INTERACTION_STATE_CONNECTED interaction.agent=amy
done state=INTERACTION_STATE_CLOSED
done interaction.end_reason=END_REASON_HANDLED interaction.segments.0.disposition=UNSET

# An offer is withdrawn: not the call's fault, nor the agent's.
amy: login agent=amy ready=true -> presence.state
+35s
second: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
get_interaction interaction_id=$second.interaction_id -> interaction.state interaction.agent
+11s
get_interaction interaction_id=$second.interaction_id -> interaction.state interaction.status interaction.segments.0.ronas
get_desktop agent=amy -> presence.state presence.reason presence.ronas
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_INITIAL
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connection_lost
