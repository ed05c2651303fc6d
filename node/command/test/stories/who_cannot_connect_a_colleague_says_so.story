# This connector rings no colleagues, and says so: Bob has done nothing wrong.
include agents
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
old: lease_effects connector=pbx -> items.0.kind items.1
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
ring: lease_effects connector=pbx -> items.0.kind
nack_effect effect_id=$ring.items.0.effect_id token=$ring.items.0.token -> state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.end_reason
get_desktop agent=bob -> presence.state presence.work
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done consult.state=INTERACTION_STATE_OFFERED
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
done state=EFFECT_STATE_DEAD
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CANCELLED
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_CONNECTED

# This one rings, and cannot connect; and if it does not even say so, the time
# that an agent would wait for it ends.
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
talk: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_CONSULT -> items.0.kind
nack_effect effect_id=$talk.items.0.effect_id token=$talk.items.0.token -> state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result
get_desktop agent=bob -> presence.state presence.work
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
+11s
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.segments.0.result
get_desktop agent=bob -> presence.state presence.work
get_interaction interaction_id=$call.interaction_id -> interaction.state
end: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_DISCONNECT -> items.0.payload.ext_ref items.1.payload.ext_ref
----
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_CONSULT
done state=EFFECT_STATE_DEAD
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CANCELLED interaction.segments.0.result=SEGMENT_RESULT_FAILED
done presence.state=PRESENCE_STATE_READY
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_CLOSED interaction.segments.0.result=SEGMENT_RESULT_FAILED
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.payload.ext_ref=ix_1 items.1.payload.ext_ref=ix_2

# Bob's telephone cannot be reached: he is not asked again before he says that
# it works. The caller of the other call has noticed nothing.
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
report_call_event connector=pbx ext_ref=$asked.consult.ext_ref event=CALL_EVENT_FAILED by=agent event_seq=1 -> state
get_desktop agent=bob -> presence.state presence.reason presence.work
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connect_failed
done interaction.state=INTERACTION_STATE_CONNECTED
