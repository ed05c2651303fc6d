# A page speaks for one visitor, with the token that it got.
include push
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR api_key_hash=0000000000000000000000000000000000000000000000000000000000000000 -> principal.key
as /ops for shop
put_principal principal.key=web principal.kind=PRINCIPAL_KIND_WIDGET principal.roles=ROLE_WIDGET principal.origins=https://www.example.com api_key_hash=1111111111111111111111111111111111111111111111111111111111111111 -> principal.key
put_principal principal.key=amy principal.roles=ROLE_AGENT api_key_hash=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> principal.key
put_principal principal.key=bob principal.roles=ROLE_ADMIN api_key_hash=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb -> principal.key
as web
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 -> state
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 -> state
get_availability_subscription subscription_id=$ann.subscription_id
get_availability_subscription subscription_id=$ann.subscription_id visit_token=$ben.visit_token
get_availability_subscription subscription_id=$ann.subscription_id visit_token=$ann.visit_token -> subscription.state
list_availability_subscriptions
as amy
login agent=amy ready=true -> presence.state
list_availability_subscriptions
+1s
as web
claim_availability subscription_id=$ann.subscription_id
decline_availability subscription_id=$ann.subscription_id visit_token=$ben.visit_token
cancel_availability_subscription subscription_id=$ann.subscription_id visit_token=$ben.visit_token
claim_availability subscription_id=$ann.subscription_id visit_token=$ann.visit_token -> state
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB availability_claim=$ann.subscription_id visit_token=$ben.visit_token
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB availability_claim=$ann.subscription_id visit_token=$ann.visit_token -> number
cancel_availability_subscription subscription_id=$ben.subscription_id visit_token=$ben.visit_token
as bob
list_availability_subscriptions -> items.0.state items.1.state
----
done principal.key=ops
done principal.key=web
done principal.key=amy
done principal.key=bob
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
done subscription.state=SUBSCRIPTION_STATE_WAITING
refused ROLE
done presence.state=PRESENCE_STATE_READY
refused ROLE
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
done state=SUBSCRIPTION_STATE_CLAIMED
refused NOT_FOUND field=availability_claim
done number=+442079460001
done state=SUBSCRIPTION_STATE_CANCELLED
done items.0.state=SUBSCRIPTION_STATE_CLAIMED items.1.state=SUBSCRIPTION_STATE_CANCELLED
