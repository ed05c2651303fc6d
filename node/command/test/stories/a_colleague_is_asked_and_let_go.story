# Amy asks whoever has good English; she is not asked herself, though she could
# take a second call. Bob can, after half a minute.
include agents
put_agent agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.contact=sip:amy agent.units=200 agent.media_caps.voice=2
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
old: lease_effects connector=pbx -> items.0.kind items.1
ack_effect effect_id=$old.items.0.effect_id token=$old.items.0.token -> state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id subject=sales -> consult.state consult.queue
explain_decision interaction_id=$asked.consult.interaction_id agent=amy -> about
consult interaction_id=$call.interaction_id session_id=$amy.session_id subject=sales
bob: login agent=bob ready=true -> presence.state
+31s
desk: get_desktop agent=bob -> presence.work
complete_consult interaction_id=$call.interaction_id session_id=$amy.session_id
conference interaction_id=$call.interaction_id session_id=$amy.session_id
get_rates queue=sales -> offered waiting
cancel_consult interaction_id=$call.interaction_id session_id=$amy.session_id -> state
get_desktop agent=bob -> presence.state presence.work presence.ronas
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result
cancel_consult interaction_id=$call.interaction_id session_id=$amy.session_id
----
done agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.units=200 agent.media_caps.voice=2 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10 agent.contact=sip:amy
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done state=EFFECT_STATE_DONE
done consult.queue=sales consult.state=INTERACTION_STATE_QUEUED
done about.agent=amy about.passed_over=PASSED_OVER_RONA_EXCLUDED about.step=1
refused BAD_STATE field=interaction_id
done presence.state=PRESENCE_STATE_READY
done presence.work.0.interaction_id=ix_1 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_OFFERED presence.work.0.since_ms=10:00:30 presence.work.0.offer_id=of_1
refused BAD_STATE field=interaction_id
refused BAD_STATE field=interaction_id
done offered=1
done state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CANCELLED interaction.segments.0.result=SEGMENT_RESULT_CANCELLED
refused BAD_STATE field=interaction_id

# He takes the next one, and they speak; then she goes back to the caller.
heartbeat session_id=$amy.session_id -> presence.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state consult.agent
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
talk: lease_effects connector=pbx -> items.0.kind
ack_effect effect_id=$talk.items.0.effect_id token=$talk.items.0.token -> state
+10s
cancel_consult interaction_id=$call.interaction_id session_id=$amy.session_id -> state
back: lease_effects connector=pbx -> items.0.kind items.0.payload.ext_ref items.1.kind items.1.payload.ext_ref
ack_effect effect_id=$back.items.0.effect_id token=$back.items.0.token -> state
ack_effect effect_id=$back.items.1.effect_id token=$back.items.1.token -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result interaction.segments.0.talk_ms
get_desktop agent=bob -> presence.state presence.work presence.handled
----
done presence.state=PRESENCE_STATE_READY
done consult.state=INTERACTION_STATE_OFFERED consult.agent=bob
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_CONSULT
done state=EFFECT_STATE_DONE
done state=INTERACTION_STATE_HELD
done items.0.kind=EFFECT_KIND_VOICE_DISCONNECT items.0.payload.ext_ref=ix_2 items.1.kind=EFFECT_KIND_VOICE_RETRIEVE items.1.payload.ext_ref=c1
done state=EFFECT_STATE_DONE
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED interaction.segments.0.talk_ms=10000 interaction.segments.0.result=SEGMENT_RESULT_CONSULTED
done presence.state=PRESENCE_STATE_READY

# A colleague who hangs up is gone; the caller is still on hold, and Amy speaks
# with him when she likes.
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
talk: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_CONSULT -> items.0.kind
ack_effect effect_id=$talk.items.0.effect_id token=$talk.items.0.token -> state
report_call_event connector=pbx ext_ref=$asked.consult.ext_ref event=CALL_EVENT_ENDED event_seq=1 -> state
get_desktop agent=bob -> presence.state presence.work
get_interaction interaction_id=$call.interaction_id -> interaction.state
retrieve interaction_id=$call.interaction_id session_id=$amy.session_id -> state
----
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_CONSULT
done state=EFFECT_STATE_DONE
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_HELD
done state=INTERACTION_STATE_HELD

# One who does not answer is not ready, as after any offer; nobody can be asked
# who is not there, or oneself, or nobody, or about another's call.
heartbeat session_id=$amy.session_id -> presence.state
heartbeat session_id=$bob.session_id -> presence.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_OFFER_AGENT -> items.0.payload.agent
+16s
get_desktop agent=bob -> presence.state presence.reason
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.status
cancel_consult interaction_id=$call.interaction_id session_id=$amy.session_id -> state
logout session_id=$bob.session_id -> presence.state
consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob
consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=amy
consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=zed
consult interaction_id=$call.interaction_id session_id=$amy.session_id
consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob subject=sales
consult interaction_id=$call.interaction_id session_id=$amy.session_id subject=nothing
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done consult.state=INTERACTION_STATE_OFFERED
done items.0.payload.agent=bob
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA
done state=INTERACTION_STATE_HELD
done presence.state=PRESENCE_STATE_LOGGED_OUT
refused BAD_STATE field=agent
refused INVALID field=agent
refused NOT_FOUND field=agent
refused INVALID field=agent
refused INVALID field=agent
refused SUBJECT_UNKNOWN field=subject
