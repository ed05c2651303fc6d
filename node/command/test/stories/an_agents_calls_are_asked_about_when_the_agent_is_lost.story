# Amy's desk is not heard of any more, and she is not ready. Her calls may well go
# on: after another minute their connector is asked.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+45s
get_desktop agent=amy -> presence.state presence.reason presence.since_ms
+59s
list_effects kind=EFFECT_KIND_QUERY_STATUS -> items
+1s
query: lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.payload.ext_ref items.0.deadline_ms
get_desktop agent=amy -> presence.state presence.reason presence.since_ms
# Nobody answers, and the call goes on, also when Amy counts as gone.
+195s
get_desktop agent=amy -> presence.state presence.work.0.phase
get_interaction interaction_id=$call.interaction_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connection_lost presence.since_ms=10:00:45
done
done items.0.payload.ext_ref=c1 items.0.deadline_ms=10:02:45
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connection_lost presence.since_ms=10:00:45
done presence.state=PRESENCE_STATE_LOGGED_OUT presence.work.0.phase=WORK_PHASE_ACTIVE
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED

# When the connector says that it has ended, it has.
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+105s
query: lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.payload.ext_ref
ack_effect effect_id=$query.items.0.effect_id token=$query.items.0.token result.outcome=ended -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason
get_desktop agent=amy -> presence.state presence.reason presence.work.0.phase
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.payload.ext_ref=c2
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_WRAP interaction.end_reason=END_REASON_HANDLED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connection_lost presence.work.0.phase=WORK_PHASE_ACW

# Who is heard of again within that minute is left alone.
+31s
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+100s
heartbeat session_id=$amy.session_id -> presence.reason
+44s
lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.reason=connection_lost
done
