# Amy's telephone rings, and then caller and agent are connected.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
ring: lease_effects connector=pbx -> items.0.effect_id items.0.kind items.0.payload items.1
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
bridge: lease_effects connector=pbx -> items.0.effect_id items.0.kind items.0.payload items.1
ack_effect effect_id=$bridge.items.0.effect_id token=$bridge.items.0.token
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done items.0.effect_id=ef_1 items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=amy items.0.payload.contact=sip:amy items.0.payload.deadline_ms=10:00:15 items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.payload.offer_id=of_1
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.effect_id=ef_2 items.0.kind=EFFECT_KIND_VOICE_BRIDGE items.0.payload.agent=amy items.0.payload.contact=sip:amy items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1
done effect_id=ef_2 state=EFFECT_STATE_DONE
done state=INTERACTION_STATE_WRAP

# Who is not answered is rung no more; who hangs up is not played anything.
+31s
amy: login agent=amy ready=true -> presence.state
next: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
list_effects state=EFFECT_STATE_CANCELLED -> items.0.kind items.0.source items.1
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_CLOSED
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.source=of_1 items.1.effect_id=ef_3 items.1.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.1.state=EFFECT_STATE_CANCELLED items.1.connector=pbx items.1.source=of_2 items.1.payload.agent=amy items.1.payload.contact=sip:amy items.1.payload.deadline_ms=10:00:46 items.1.payload.ext_ref=c2 items.1.payload.interaction_id=ix_2 items.1.payload.offer_id=of_2 items.1.not_before_ms=10:00:31 items.1.rev=26214402 items.1.created_ms=10:00:31 items.1.updated_ms=10:00:31

# What ends by itself says goodbye.
put_subject subject.key=sales subject.queue=sales subject.steps.0.agents=bob subject.max_wait_ms=10000 -> subject.key
long: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
+11s
end: lease_effects connector=pbx -> items.0.kind items.0.payload
ack_effect effect_id=$end.items.0.effect_id token=$end.items.0.token
end: lease_effects connector=pbx -> items.0.kind
----
done subject.key=sales
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_PLAY items.0.payload.ext_ref=c3 items.0.payload.interaction_id=ix_3 items.0.payload.prompt=busy
done effect_id=ef_4 state=EFFECT_STATE_DONE
done items.0.kind=EFFECT_KIND_VOICE_DISCONNECT
