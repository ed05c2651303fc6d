# Amy asks her telephone to let the caller wait; he is on hold when it says so.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
ring: lease_effects connector=pbx -> items.0.kind
hold interaction_id=$call.interaction_id session_id=$amy.session_id
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
ack_effect effect_id=$ring.items.0.effect_id token=$ring.items.0.token
bridge: lease_effects connector=pbx -> items.0.kind
ack_effect effect_id=$bridge.items.0.effect_id token=$bridge.items.0.token
+10s
hold interaction_id=$call.interaction_id session_id=$amy.session_id -> state
held: lease_effects connector=pbx -> items.0.kind items.0.source items.0.payload items.0.deadline_ms
+1s
ack_effect effect_id=$held.items.0.effect_id token=$held.items.0.token -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state
get_desktop agent=amy -> screen_pops.0.held_since_ms
+20s
retrieve interaction_id=$call.interaction_id session_id=$amy.session_id -> state
back: lease_effects connector=pbx -> items.0.kind
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_RETRIEVED event_seq=1 -> state
ack_effect effect_id=$back.items.0.effect_id token=$back.items.0.token -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.segments.0.hold_ms
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
refused BAD_STATE field=interaction_id
done interaction.state=INTERACTION_STATE_CONNECTED
done effect_id=ef_1 state=EFFECT_STATE_DONE
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done effect_id=ef_2 state=EFFECT_STATE_DONE
done state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_HOLD items.0.payload.agent=amy items.0.payload.contact=sip:amy items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.deadline_ms=10:00:20 items.0.source=ix_1
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_HELD
done screen_pops.0.held_since_ms=10:00:11
done state=INTERACTION_STATE_HELD
done items.0.kind=EFFECT_KIND_VOICE_RETRIEVE
done state=INTERACTION_STATE_CONNECTED
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_CONNECTED interaction.segments.0.hold_ms=20000

# What the telephone cannot do changes nothing; what it does not do in time is
# not done later, and holds up nothing.
hold interaction_id=$call.interaction_id session_id=$amy.session_id -> state
held: lease_effects connector=pbx -> items.0.kind
nack_effect effect_id=$held.items.0.effect_id token=$held.items.0.token -> state
hold interaction_id=$call.interaction_id session_id=$amy.session_id -> state
+11s
list_effects state=EFFECT_STATE_EXPIRED -> items.0.kind items.1
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_HOLD
done state=EFFECT_STATE_DEAD
done state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_HOLD
done interaction.state=INTERACTION_STATE_CONNECTED

# Nobody else's call, and none that was passed on: what was asked of the
# telephone before means nothing of the next agent's.
bob: login agent=bob -> presence.state
hold interaction_id=$call.interaction_id session_id=$bob.session_id
hold interaction_id=$call.interaction_id session_id=$amy.session_id -> state
held: lease_effects connector=pbx lease_ms=300000 -> items.0.kind
transfer_interaction interaction_id=$call.interaction_id subject=sales -> interaction.state
retrieve interaction_id=$call.interaction_id session_id=$amy.session_id
set_ready session_id=$bob.session_id -> presence.state
+31s
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
ack_effect effect_id=$held.items.0.effect_id token=$held.items.0.token -> state late
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.agent
----
done presence.state=PRESENCE_STATE_NOT_READY
refused NOT_FOUND field=interaction_id
done state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_HOLD
done interaction.state=INTERACTION_STATE_QUEUED
refused BAD_STATE field=interaction_id
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_CONNECTED interaction.agent=bob
