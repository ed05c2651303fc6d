# Amy has three chats, which is too much for a call beside them.
include agents
amy: login agent=amy ready=true
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w1 -> state
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w2 -> state
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w3 -> state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_interaction interaction_id=$call.interaction_id -> interaction.state
put_tenant tenant.key=shop tenant.voice_over_units=80 -> tenant.voice_over_units
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.agent
----
done session_id=se_1 presence.agent=amy presence.state=PRESENCE_STATE_READY presence.since_ms=10:00:00 presence.ready_since_ms=10:00:00 presence.login_ms=10:00:00 presence.heartbeat_ms=10:00:00 heartbeat_ms=45000
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_OFFERED
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED
done tenant.voice_over_units=80
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
