# For four hours nothing was heard of a call: its connector is asked, and says that
# it still lives. (It was asked before, too, when nobody heard of Amy's desk.)
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
bridge: lease_effects connector=pbx -> items.0.kind
ack_effect effect_id=$bridge.items.0.effect_id token=$bridge.items.0.token -> state
logout session_id=$amy.session_id -> presence.logout_pending
+3h
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_HELD event_seq=1 -> state
+3h
list_effects kind=EFFECT_KIND_QUERY_STATUS -> items.0.created_ms items.1
+1h
query: lease_effects connector=pbx -> items.0.kind items.0.payload items.0.deadline_ms
ack_effect effect_id=$query.items.0.effect_id token=$query.items.0.token result.outcome=live
+1h
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done state=EFFECT_STATE_DONE
done presence.logout_pending=true
done state=INTERACTION_STATE_HELD
done items.0.created_ms=10:01:45
done items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.deadline_ms=17:01:00
done effect_id=ef_1 state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_HELD

# It is asked again, and an event is as good an answer.
+3h
query: lease_effects connector=pbx -> items.0.kind items.0.payload.ext_ref
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_RETRIEVED event_seq=2 -> state
+2m
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.ext_ref=c1
done state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_CONNECTED

# Now nobody answers within a minute: the call is closed, and Amy can leave. She
# wraps nothing up, and it does not count as handled.
+238m
+59s
get_interaction interaction_id=$call.interaction_id -> interaction.state
+1s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result interaction.segments.0.acw_state interaction.segments.0.disposition
get_desktop agent=amy -> presence.state presence.work presence.handled
list_effects kind=EFFECT_KIND_QUERY_STATUS state=EFFECT_STATE_EXPIRED -> items.0.created_ms items.1.created_ms items.2
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=3 -> state late
----
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CONNECTOR_LOST interaction.segments.0.acw_state=ACW_STATE_DONE interaction.segments.0.disposition=UNSET interaction.segments.0.result=SEGMENT_RESULT_FAILED
done presence.state=PRESENCE_STATE_LOGGED_OUT
done items.0.created_ms=10:01:45 items.1.created_ms=21:00:00 items.2.effect_id=ef_2 items.2.kind=EFFECT_KIND_QUERY_STATUS items.2.state=EFFECT_STATE_EXPIRED items.2.connector=pbx items.2.source=status/ix_00000000G0001 items.2.payload.ext_ref=c1 items.2.payload.interaction_id=ix_1 items.2.not_before_ms=+1d 01:00:00 items.2.deadline_ms=+1d 01:01:00 items.2.rev=37748739 items.2.created_ms=+1d 01:00:00 items.2.updated_ms=+1d 01:01:00
done state=INTERACTION_STATE_CLOSED late=true

# The connector that has lost a call says so.
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
logout session_id=$amy.session_id -> presence.logout_pending
+4h
query: lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.kind items.0.payload.ext_ref
ack_effect effect_id=$query.items.0.effect_id token=$query.items.0.token result.outcome=ended -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.logout_pending=true
done items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.ext_ref=c2
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED

# Who waits for an agent that never comes is let go, should the connector be back.
call: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
+4h
+1m
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result
lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_DISCONNECT -> items.0.kind items.0.payload
----
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CONNECTOR_LOST interaction.segments.0.result=SEGMENT_RESULT_FAILED
done items.0.kind=EFFECT_KIND_VOICE_DISCONNECT items.0.payload.ext_ref=c3 items.0.payload.interaction_id=ix_2
