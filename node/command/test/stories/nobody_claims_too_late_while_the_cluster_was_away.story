# Two minutes without quorum: Ann could not be heard, so her time begins anew,
# once.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 -> state
amy: login agent=amy ready=true -> presence.state
+1s
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.claim_until_ms
outage 125s
heartbeat session_id=$amy.session_id -> presence.state
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.claim_until_ms
+119s
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
+1s
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
claim_availability subscription_id=$ann.subscription_id
----
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED subscription.claim_until_ms=10:02:00.001
done presence.state=PRESENCE_STATE_READY
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED subscription.claim_until_ms=10:04:06
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED
done subscription.state=SUBSCRIPTION_STATE_EXPIRED
refused BAD_STATE
