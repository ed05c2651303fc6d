include routing
a: effect kind=EFFECT_KIND_SMS_SEND source=rc_1
b: effect kind=EFFECT_KIND_SMS_SEND source=rc_1
one: lease_effects connector=sms -> items.0.effect_id items.1
nack: nack_effect effect_id=$a.effect_id token=$one.items.0.token retryable=true result.error=busy
# It holds up what is behind it, and waits longer each time.
lease_effects connector=sms
+2s
two: lease_effects connector=sms -> items.0.effect_id items.0.attempt items.1
nack_effect effect_id=$a.effect_id token=$two.items.0.token retryable=true
+2s
lease_effects connector=sms
+2s
three: lease_effects connector=sms -> items.0.effect_id items.0.attempt
# For good.
nack_effect effect_id=$a.effect_id token=$three.items.0.token result.error=blocked
get_effect effect_id=$a.effect_id -> effect.state effect.result effect.attempts
lease_effects connector=sms -> items.0.effect_id
list_effects state=EFFECT_STATE_DEAD -> items.0.effect_id items.1
----
done items.0.effect_id=ef_1
done effect_id=ef_1 state=EFFECT_STATE_PENDING not_before_ms=10:00:01.068
done
done items.0.effect_id=ef_1 items.0.attempt=2
done effect_id=ef_1 state=EFFECT_STATE_PENDING not_before_ms=10:00:04.643
done
done items.0.effect_id=ef_1 items.0.attempt=3
done effect_id=ef_1 state=EFFECT_STATE_DEAD
done effect.state=EFFECT_STATE_DEAD effect.attempts=3 effect.result.error=blocked
done items.0.effect_id=ef_2
done items.0.effect_id=ef_1
