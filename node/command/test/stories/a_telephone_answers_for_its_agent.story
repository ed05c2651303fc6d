# Who picks up has taken the call: the telephone needs no session of the desk.
include agents
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR,ROLE_ADMIN api_key_hash=0000000000000000000000000000000000000000000000000000000000000000 -> principal.key
as /ops for shop
put_principal principal.key=pbx principal.roles=ROLE_CONNECTOR api_key_hash=1111111111111111111111111111111111111111111111111111111111111111 -> principal.key
put_principal principal.key=amy principal.roles=ROLE_AGENT api_key_hash=2222222222222222222222222222222222222222222222222222222222222222 -> principal.key
as amy
amy: login agent=amy ready=true -> presence.state
as pbx
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
ring: lease_effects connector=pbx -> items.0.payload.offer_id
as amy
accept_offer offer_id=$ring.items.0.payload.offer_id
as pbx
accept_offer offer_id=$ring.items.0.payload.offer_id -> interaction.state interaction.agent
accept_offer offer_id=$ring.items.0.payload.offer_id
bridge: lease_effects connector=pbx -> items.0.kind cancelled
as amy
get_desktop agent=amy -> presence.work.0.phase
----
done principal.key=ops
done principal.key=pbx
done principal.key=amy
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done items.0.payload.offer_id=of_1
refused INVALID field=session_id
done interaction.state=INTERACTION_STATE_CONNECTED interaction.agent=amy
refused BAD_STATE field=offer_id
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE cancelled.0=ef_1
done presence.work.0.phase=WORK_PHASE_ACTIVE

# And who is busy does not take it.
as pbx
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
+31s
as amy
amy: login agent=amy ready=true -> presence.state
as pbx
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
+1s
ring: lease_effects connector=pbx -> items.0.kind items.0.payload.offer_id
reject_offer offer_id=$ring.items.0.payload.offer_id -> presence.state presence.reason
reject_offer offer_id=$ring.items.0.payload.offer_id
accept_offer offer_id=of_99
----
done state=INTERACTION_STATE_WRAP
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.offer_id=of_2
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona
refused BAD_STATE field=offer_id
refused BAD_STATE field=offer_id
