include routing
a: effect kind=EFFECT_KIND_VOICE_PLAY connector=pbx source=ix_1
b: effect kind=EFFECT_KIND_VOICE_DISCONNECT connector=pbx source=ix_1
one: lease_effects connector=pbx -> items.0.effect_id items.1
cancel_effect effect_id=$b.effect_id
cancel_effect effect_id=$a.effect_id
cancel_effect effect_id=$a.effect_id
# Its connector is told until it is over.
lease_effects connector=ivr
lease_effects connector=pbx
renew_lease effect_id=$a.effect_id token=$one.items.0.token
lease_effects connector=pbx
nack_effect effect_id=$a.effect_id token=$one.items.0.token retryable=true
lease_effects connector=pbx
cancel_effect effect_id=$a.effect_id
----
done items.0.effect_id=ef_1
done effect_id=ef_2 state=EFFECT_STATE_CANCELLED
done effect_id=ef_1 state=EFFECT_STATE_CANCEL_REQUESTED
done effect_id=ef_1 state=EFFECT_STATE_CANCEL_REQUESTED
done
done cancelled.0=ef_1
done effect_id=ef_1 state=EFFECT_STATE_CANCEL_REQUESTED lease_until_ms=10:00:30
done cancelled.0=ef_1
done effect_id=ef_1 state=EFFECT_STATE_CANCELLED
done
done effect_id=ef_1 state=EFFECT_STATE_CANCELLED

# It may have been done; and nothing may be heard of it any more.
c: effect kind=EFFECT_KIND_VOICE_PLAY source=ix_2
d: effect kind=EFFECT_KIND_VOICE_PLAY source=ix_3
e: effect kind=EFFECT_KIND_VOICE_DIAL source=ix_4
two: lease_effects connector=pbx -> items.0.effect_id items.1.effect_id items.2.effect_id
cancel_effect effect_id=$c.effect_id -> state
cancel_effect effect_id=$d.effect_id -> state
cancel_effect effect_id=$e.effect_id -> state
ack_effect effect_id=$c.effect_id token=$two.items.0.token
cancel_effect effect_id=$c.effect_id
+30s
get_effect effect_id=$d.effect_id -> effect.state
get_effect effect_id=$e.effect_id -> effect.state
----
done items.0.effect_id=ef_3 items.1.effect_id=ef_4 items.2.effect_id=ef_5
done state=EFFECT_STATE_CANCEL_REQUESTED
done state=EFFECT_STATE_CANCEL_REQUESTED
done state=EFFECT_STATE_CANCEL_REQUESTED
done effect_id=ef_3 state=EFFECT_STATE_DONE
refused BAD_STATE field=effect_id
done effect.state=EFFECT_STATE_CANCELLED
done effect.state=EFFECT_STATE_UNKNOWN
