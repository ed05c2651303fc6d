# Whoever does not want to be told any more says so; nobody waits longer than
# four hours.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 -> state expires_ms
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 -> state
cancel_availability_subscription subscription_id=$ben.subscription_id
cancel_availability_subscription subscription_id=$ben.subscription_id
+239m
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
+1m
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
cancel_availability_subscription subscription_id=$ann.subscription_id
amy: login agent=amy ready=true -> presence.state
+1m
list_availability_subscriptions -> items.0.state items.1.state
list_effects
----
done state=SUBSCRIPTION_STATE_WAITING expires_ms=14:00:00
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_CANCELLED
done state=SUBSCRIPTION_STATE_CANCELLED
done subscription.state=SUBSCRIPTION_STATE_WAITING
done subscription.state=SUBSCRIPTION_STATE_EXPIRED
refused BAD_STATE
done presence.state=PRESENCE_STATE_READY
done items.0.state=SUBSCRIPTION_STATE_EXPIRED items.1.state=SUBSCRIPTION_STATE_CANCELLED
done

# The visit may ask anew; told, it may cancel, too. After thirty days nobody
# knows.
again: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 visit_token=$ann.visit_token
+1s
cancel_availability_subscription subscription_id=$again.subscription_id
+30d
get_availability_subscription subscription_id=$ben.subscription_id
get_availability_subscription subscription_id=$ann.subscription_id
+4h
get_availability_subscription subscription_id=$ann.subscription_id
get_availability_subscription subscription_id=$again.subscription_id
list_availability_subscriptions
----
done subscription_id=av_1 state=SUBSCRIPTION_STATE_WAITING expires_ms=18:01:00 visit_token=token_1
done state=SUBSCRIPTION_STATE_CANCELLED
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
done
