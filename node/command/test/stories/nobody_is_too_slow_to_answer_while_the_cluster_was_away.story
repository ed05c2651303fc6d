# A quarter of a minute without quorum: the offer begins anew, and nobody is to
# blame.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
outage 20s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.offer_deadline_ms
+14s
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_OFFERED interaction.offer_deadline_ms=10:00:15
done interaction.state=INTERACTION_STATE_CONNECTED
