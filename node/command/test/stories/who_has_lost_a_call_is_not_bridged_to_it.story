# Amy's telephone is put down before it was bridged: nobody is to bridge it any
# more, and Bob's bridge does not wait for hers.
include agents
put_subject subject.key=sales subject.queue=sales
amy: login agent=amy ready=true -> presence.state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
ring: lease_effects connector=pbx -> items.0.kind items.0.payload.agent
accept_offer offer_id=$ring.items.0.payload.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED event_seq=1 -> state
list_effects kind=EFFECT_KIND_VOICE_BRIDGE -> items.0.state
bob: login agent=bob ready=true -> presence.state
ring: lease_effects connector=pbx -> items.0.kind items.0.payload.agent items.1
accept_offer offer_id=$ring.items.0.payload.offer_id session_id=$bob.session_id -> interaction.state
lease_effects connector=pbx -> items.0.kind items.0.payload.agent items.1
----
done subject.key=sales subject.queue=sales subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=amy
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_QUEUED
done items.0.state=EFFECT_STATE_CANCELLED
done presence.state=PRESENCE_STATE_READY
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=bob
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE items.0.payload.agent=bob
