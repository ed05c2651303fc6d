# The provider does not know the device any more.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=gone -> state
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 -> state
amy: login agent=amy ready=true -> presence.state
+1s
push: lease_effects connector=fcm -> items.0.payload
nack_effect effect_id=$push.items.0.effect_id token=$push.items.0.token retryable=true -> state
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
+5s
push2: lease_effects connector=fcm -> items.0.payload.token_ref
nack_effect effect_id=$push2.items.0.effect_id token=$push2.items.0.token -> state
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
+1s
get_availability_subscription subscription_id=$ben.subscription_id -> subscription.state
----
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done items.0.payload.claim_until_ms=10:02:00.001 items.0.payload.subject=sales items.0.payload.subscription_id=av_1 items.0.payload.token_ref=gone
done state=EFFECT_STATE_PENDING
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED
done items.0.payload.token_ref=gone
done state=EFFECT_STATE_DEAD
done subscription.state=SUBSCRIPTION_STATE_FAILED
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED

# An operator takes a push back: it is not sent either.
effects: list_effects state=EFFECT_STATE_PENDING -> items.0.source
cancel_effect effect_id=$effects.items.0.effect_id -> state
get_availability_subscription subscription_id=$ben.subscription_id -> subscription.state
claim_availability subscription_id=$ben.subscription_id
----
done items.0.source=av_2
done state=EFFECT_STATE_CANCELLED
done subscription.state=SUBSCRIPTION_STATE_FAILED
refused BAD_STATE
