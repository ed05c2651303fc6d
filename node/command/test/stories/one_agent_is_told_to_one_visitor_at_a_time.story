# Three wait, one agent comes: the first is told, and nobody else while she may
# claim.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 -> state
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 -> state
cay: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-3 -> state
amy: login agent=amy ready=true -> presence.state
+40s
list_availability_subscriptions -> items.0.state items.1.state items.2.state items.0.claim_until_ms
----
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done items.0.state=SUBSCRIPTION_STATE_NOTIFIED items.0.claim_until_ms=10:02:00.001 items.1.state=SUBSCRIPTION_STATE_WAITING items.2.state=SUBSCRIPTION_STATE_WAITING

# She declines: the next one.
decline_availability subscription_id=$ann.subscription_id
decline_availability subscription_id=$ann.subscription_id
claim_availability subscription_id=$ann.subscription_id
+1s
list_availability_subscriptions -> items.0.state items.1.state items.2.state
----
done state=SUBSCRIPTION_STATE_DECLINED
done state=SUBSCRIPTION_STATE_DECLINED
refused BAD_STATE
done items.0.state=SUBSCRIPTION_STATE_DECLINED items.1.state=SUBSCRIPTION_STATE_NOTIFIED items.2.state=SUBSCRIPTION_STATE_WAITING

# He does not answer: the last one, when his two minutes are over.
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+38s
list_availability_subscriptions -> items.0.state items.1.state items.2.state
+2s
list_availability_subscriptions -> items.0.state items.1.state items.2.state
list_effects -> items.0.state items.1.state items.2.state
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done items.0.state=SUBSCRIPTION_STATE_DECLINED items.1.state=SUBSCRIPTION_STATE_NOTIFIED items.2.state=SUBSCRIPTION_STATE_WAITING
done items.0.state=SUBSCRIPTION_STATE_DECLINED items.1.state=SUBSCRIPTION_STATE_EXPIRED items.2.state=SUBSCRIPTION_STATE_NOTIFIED
done items.0.state=EFFECT_STATE_CANCELLED items.1.state=EFFECT_STATE_CANCELLED items.2.state=EFFECT_STATE_PENDING

# Cay claims: as long as her call may come, nobody else is told; nor is anybody
# because of another subject that Amy serves, too.
claim_availability subscription_id=$cay.subscription_id
put_queue queue.key=service -> queue.key
put_subject subject.key=service subject.queue=service -> subject.key
dan: subscribe_agent_available subject=service push_provider=fcm token_ref=device-4 -> state
eve: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-5 -> state
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+39s
list_availability_subscriptions state=SUBSCRIPTION_STATE_WAITING -> items.0.token_ref items.1.token_ref items.2.token_ref
----
done state=SUBSCRIPTION_STATE_CLAIMED claim_until_ms=10:04:41
done queue.key=service
done subject.key=service
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done items.0.token_ref=device-4 items.1.token_ref=device-5

# Then the one who has waited longest, of whatever subject; Bob is one more.
+2s
list_availability_subscriptions state=SUBSCRIPTION_STATE_NOTIFIED -> items.0.token_ref items.1.token_ref
bob: login agent=bob ready=true -> presence.state
+1s
list_availability_subscriptions state=SUBSCRIPTION_STATE_NOTIFIED -> items.0.token_ref items.1.token_ref
get_availability_subscription subscription_id=$cay.subscription_id -> subscription.state
allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_MOBILE availability_claim=$cay.subscription_id visit_token=$cay.visit_token
----
done items.0.token_ref=device-4
done presence.state=PRESENCE_STATE_READY
done items.0.token_ref=device-4 items.1.token_ref=device-5
done subscription.state=SUBSCRIPTION_STATE_CLAIMED
refused BAD_STATE field=availability_claim
