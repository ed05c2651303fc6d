# Amy takes the call, and before the two are connected the caller hangs up: nobody is
# to connect them any more.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
amy: login agent=amy ready=true -> presence.state
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
ring: lease_effects connector=pbx -> items.0.kind
accept_offer offer_id=$ring.items.0.payload.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
list_effects kind=EFFECT_KIND_VOICE_BRIDGE -> items.0.state items.0.attempts
lease_effects connector=pbx
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done items.0.state=EFFECT_STATE_CANCELLED
done cancelled.0=ef_1

# A connector that is just about it is told, and says what it came to.
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
ring: lease_effects connector=pbx -> items.0.kind
accept_offer offer_id=$ring.items.0.payload.offer_id session_id=$amy.session_id -> interaction.state
bridge: lease_effects connector=pbx -> items.0.kind
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
get_effect effect_id=$bridge.items.0.effect_id -> effect.state
ack_effect effect_id=$bridge.items.0.effect_id token=$bridge.items.0.token -> state
----
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
done interaction.state=INTERACTION_STATE_CONNECTED
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
done state=INTERACTION_STATE_CLOSED
done effect.state=EFFECT_STATE_CANCEL_REQUESTED
done state=EFFECT_STATE_DONE
