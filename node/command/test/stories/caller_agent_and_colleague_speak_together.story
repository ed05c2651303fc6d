# Amy asks Bob, and then takes the caller in; the caller waits no more.
include agents
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
conference interaction_id=$call.interaction_id session_id=$bob.session_id
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_HELD event_seq=1 -> state
talk: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_CONSULT -> items.0.kind
ack_effect effect_id=$talk.items.0.effect_id token=$talk.items.0.token -> state
conference interaction_id=$call.interaction_id session_id=$amy.session_id -> state
both: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_CONFERENCE -> items.0.payload
ack_effect effect_id=$both.items.0.effect_id token=$both.items.0.token -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.conference
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
refused NOT_FOUND field=interaction_id
done state=INTERACTION_STATE_HELD
done items.0.kind=EFFECT_KIND_VOICE_CONSULT
done state=EFFECT_STATE_DONE
done state=INTERACTION_STATE_HELD
done items.0.payload.agent=bob items.0.payload.contact=sip:bob items.0.payload.ext_ref=ix_1 items.0.payload.from_agent=amy items.0.payload.from_contact=sip:amy items.0.payload.interaction_id=ix_1 items.0.payload.parent_ext_ref=c1 items.0.payload.parent_interaction_id=ix_2
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_CONNECTED interaction.conference=true

# When the caller hangs up it is over for all.
+5s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=2 -> state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.segments.0.result
get_desktop agent=amy -> presence.work
get_desktop agent=bob -> presence.work
list_effects state=EFFECT_STATE_PENDING -> items.0.kind items.0.payload items.1
----
done state=INTERACTION_STATE_WRAP
done interaction.state=INTERACTION_STATE_CLOSED interaction.segments.0.result=SEGMENT_RESULT_CONSULTED
done presence.work.0.interaction_id=ix_2 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_ACW presence.work.0.since_ms=10:00:05
done
done items.0.kind=EFFECT_KIND_VOICE_DISCONNECT items.0.payload.ext_ref=ix_1 items.0.payload.interaction_id=ix_1 items.0.payload.parent_ext_ref=c1 items.0.payload.parent_interaction_id=ix_2
