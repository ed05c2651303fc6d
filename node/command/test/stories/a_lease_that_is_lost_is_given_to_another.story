include routing
a: effect kind=EFFECT_KIND_VOICE_PLAY source=ix_1
one: lease_effects connector=pbx -> items.0.effect_id items.0.lease_until_ms
+29s
renew_lease effect_id=$a.effect_id token=$one.items.0.token
+29s
get_effect effect_id=$a.effect_id -> effect.state
+1s
get_effect effect_id=$a.effect_id -> effect.state
two: lease_effects connector=pbx -> items.0.effect_id items.0.attempt
# Who had it learns that it is too late; what it says is kept, and changes nothing.
ack_effect effect_id=$a.effect_id token=$one.items.0.token result.heard=all
renew_lease effect_id=$a.effect_id token=$one.items.0.token
get_effect effect_id=$a.effect_id -> effect.state effect.result effect.late_result
# A number that was no token is no word at all.
ack_effect effect_id=$a.effect_id token=1
ack_effect effect_id=$a.effect_id token=$two.items.0.token -> state late
----
done items.0.effect_id=ef_1 items.0.lease_until_ms=10:00:30
done effect_id=ef_1 state=EFFECT_STATE_LEASED lease_until_ms=10:00:59
done effect.state=EFFECT_STATE_LEASED
done effect.state=EFFECT_STATE_PENDING
done items.0.effect_id=ef_1 items.0.attempt=2
done effect_id=ef_1 state=EFFECT_STATE_LEASED late=true
refused LEASE_LOST field=token
done effect.state=EFFECT_STATE_LEASED effect.late_result.heard=all
refused LEASE_LOST field=token
done state=EFFECT_STATE_DONE
