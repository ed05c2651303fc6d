# Amy has a caller, and asks Bob: his telephone rings, then hers and his are
# connected, and the caller waits.
include agents
put_agent agent.key=bob agent.queues=backoffice agent.contact=sip:bob
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx sip.plan=gold -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
old: lease_effects connector=pbx -> items.0.kind items.1
ack_effect effect_id=$old.items.0.effect_id token=$old.items.0.token -> state
consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.interaction_id consult.parent_id consult.ext_ref consult.state consult.agent consult.queue consult.subject consult.attached consult.max_wait_deadline_ms
ring: lease_effects connector=pbx -> items.0.kind items.0.payload items.1.kind
desk: get_desktop agent=amy -> presence.work screen_pops.0.consult_id screen_pops.0.consult_state screen_pops.0.consult_agent
desk: get_desktop agent=bob -> presence.work interactions.0.attached screen_pops.0
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state customer wait_ms
talk: lease_effects connector=pbx -> items.0.kind items.0.source items.0.payload items.0.deadline_ms items.1
get_interaction interaction_id=$call.interaction_id -> interaction.state
ack_effect effect_id=$talk.items.0.effect_id token=$talk.items.0.token -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.agent
----
done agent.key=bob agent.queues.0=backoffice agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10 agent.contact=sip:bob
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done state=EFFECT_STATE_DONE
done consult.interaction_id=ix_1 consult.subject=sales consult.queue=backoffice consult.ext_ref=ix_1 consult.state=INTERACTION_STATE_OFFERED consult.attached.plan=gold consult.agent=bob consult.parent_id=ix_2
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=bob items.0.payload.contact=sip:bob items.0.payload.deadline_ms=10:00:15 items.0.payload.ext_ref=ix_1 items.0.payload.interaction_id=ix_1 items.0.payload.offer_id=of_1 items.0.payload.parent_ext_ref=c1 items.0.payload.parent_interaction_id=ix_2
done presence.work.0.interaction_id=ix_2 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_ACTIVE presence.work.0.since_ms=10:00:00 screen_pops.0.consult_id=ix_1 screen_pops.0.consult_state=INTERACTION_STATE_OFFERED screen_pops.0.consult_agent=bob
done presence.work.0.interaction_id=ix_1 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_OFFERED presence.work.0.since_ms=10:00:00 presence.work.0.offer_id=of_1 interactions.0.attached.plan=gold screen_pops.0.interaction_id=ix_1 screen_pops.0.customer.phone=+447700900001 screen_pops.0.until_ms=10:00:15
done interaction.state=INTERACTION_STATE_CONNECTED customer.phone=+447700900001
done items.0.kind=EFFECT_KIND_VOICE_CONSULT items.0.payload.agent=bob items.0.payload.contact=sip:bob items.0.payload.ext_ref=ix_1 items.0.payload.from_agent=amy items.0.payload.from_contact=sip:amy items.0.payload.interaction_id=ix_1 items.0.payload.parent_ext_ref=c1 items.0.payload.parent_interaction_id=ix_2 items.0.deadline_ms=10:00:10 items.0.source=ix_1
done interaction.state=INTERACTION_STATE_CONNECTED
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_HELD interaction.agent=amy

# She leaves the call to him: he was at the consult, and is at the call, without
# a moment between; she wraps up. What was a consult is nobody's contact.
+30s
complete_consult interaction_id=$call.interaction_id session_id=$amy.session_id -> interaction.state interaction.agent interaction.queue interaction.enqueued_ms interaction.answered_ms interaction.segments
bridge: lease_effects connector=pbx -> items.0.kind items.0.payload items.1
ack_effect effect_id=$bridge.items.0.effect_id token=$bridge.items.0.token -> state
get_desktop agent=amy -> presence.work screen_pops.0.consult_id
get_desktop agent=bob -> presence.work
list_interactions state=INTERACTION_STATE_CLOSED -> items.0.interaction_id items.0.end_reason items.0.segments items.1
get_rates queue=backoffice -> offered answered transferred_in handled
+20s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
set_disposition interaction_id=$call.interaction_id session_id=$bob.session_id code=resolved -> segment.n segment.talk_ms segment.result
wrap_up_done interaction_id=$call.interaction_id session_id=$bob.session_id -> state
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=resolved -> segment.n segment.talk_ms segment.hold_ms segment.result
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason
get_rates queue=backoffice -> offered answered transferred_in handled
get_rates queue=sales -> offered answered transferred_in handled
get_customer_history phone=+447700900001 -> items.0.ext_ref items.1
----
done interaction.queue=backoffice interaction.state=INTERACTION_STATE_CONNECTED interaction.enqueued_ms=10:00:00 interaction.agent=bob interaction.answered_ms=10:00:00 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.agent=amy interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.answered_ms=10:00:00 interaction.segments.0.ended_ms=10:00:30 interaction.segments.0.hold_ms=30000 interaction.segments.0.acw_state=ACW_STATE_ACW interaction.segments.0.result=SEGMENT_RESULT_TRANSFERRED interaction.segments.0.step=1 interaction.segments.1.n=2 interaction.segments.1.queue=backoffice interaction.segments.1.subject=sales interaction.segments.1.agent=bob interaction.segments.1.enqueued_ms=10:00:30 interaction.segments.1.answered_ms=10:00:30 interaction.segments.1.step=1
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE items.0.payload.agent=bob items.0.payload.consult_ext_ref=ix_1 items.0.payload.contact=sip:bob items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_2
done state=EFFECT_STATE_DONE
done presence.work.0.interaction_id=ix_2 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_ACW presence.work.0.since_ms=10:00:30
done presence.work.0.interaction_id=ix_2 presence.work.0.segment=2 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_ACTIVE presence.work.0.since_ms=10:00:30
done items.0.interaction_id=ix_1 items.0.end_reason=END_REASON_HANDLED items.0.segments.0.n=1 items.0.segments.0.queue=backoffice items.0.segments.0.subject=sales items.0.segments.0.agent=bob items.0.segments.0.enqueued_ms=10:00:00 items.0.segments.0.offered_ms=10:00:00 items.0.segments.0.answered_ms=10:00:00 items.0.segments.0.ended_ms=10:00:30 items.0.segments.0.talk_ms=30000 items.0.segments.0.acw_state=ACW_STATE_DONE items.0.segments.0.result=SEGMENT_RESULT_CONSULTED items.0.segments.0.step=1
done transferred_in=1
done state=INTERACTION_STATE_WRAP
done segment.n=2 segment.talk_ms=20000 segment.result=SEGMENT_RESULT_HANDLED
done state=INTERACTION_STATE_WRAP
done segment.n=1 segment.hold_ms=30000 segment.result=SEGMENT_RESULT_TRANSFERRED
done state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED
done transferred_in=1 handled=1
done offered=1 answered=1 handled=1
done items.0.ext_ref=c1
