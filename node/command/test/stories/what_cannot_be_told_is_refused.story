# What is not there, or leads to no agents.
include push
put_subject subject.key=plain -> subject.key
put_subject subject.key=shut subject.queue=sales subject.disabled=true -> subject.key
subscribe_agent_available subject=nothing push_provider=fcm token_ref=device-1
subscribe_agent_available subject=plain push_provider=fcm token_ref=device-1
subscribe_agent_available subject=shut push_provider=fcm token_ref=device-1
claim_availability subscription_id=av_0000000000000
claim_availability subscription_id=nonsense
decline_availability subscription_id=nonsense
cancel_availability_subscription subscription_id=nonsense
get_availability_subscription subscription_id=nonsense
list_availability_subscriptions state=8
list_availability_subscriptions page_token=nonsense
----
done subject.key=plain
done subject.key=shut
refused SUBJECT_UNKNOWN field=subject
refused BAD_STATE field=subject
refused BAD_STATE field=subject
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused NOT_FOUND field=subscription_id
refused INVALID field=state
refused PAGE_TOKEN field=page_token

# A token that nobody gave is not taken: it might be guessed.
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 visit_token=00000000000000000000000000000001 -> visit_token reused
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 visit_token=00000000000000000000000000000001 -> visit_token reused
----
done visit_token=token_1
done visit_token=token_2

# No more than the tenant may have, nor than one address may.
put_tenant tenant.key=shop tenant.default_country=GB tenant.quotas.subjects=16 tenant.quotas.subscriptions=4 tenant.max_live_per_ip=1 -> tenant.quotas.subscriptions
subscribe_agent_available subject=sales push_provider=fcm token_ref=device-3 ip_hash=00112233445566778899aabbccddeeff -> state
subscribe_agent_available subject=sales push_provider=fcm token_ref=device-4 ip_hash=00112233445566778899aabbccddeeff
subscribe_agent_available subject=sales push_provider=fcm token_ref=device-4 ip_hash=00112233445566778899aabbccddee00 -> state
subscribe_agent_available subject=sales push_provider=fcm token_ref=device-5
cancel_availability_subscription subscription_id=$ben.subscription_id -> state
subscribe_agent_available subject=sales push_provider=fcm token_ref=device-5 -> state
list_availability_subscriptions page_size=2 subject=sales -> items.0.token_ref items.1.token_ref next_token
list_availability_subscriptions subject=shut
----
done tenant.quotas.subscriptions=4
done state=SUBSCRIPTION_STATE_WAITING
refused IP_LIMIT
done state=SUBSCRIPTION_STATE_WAITING
refused QUOTA field=subject
done state=SUBSCRIPTION_STATE_CANCELLED
done state=SUBSCRIPTION_STATE_WAITING
done items.0.token_ref=device-1 items.1.token_ref=device-2 next_token=av_1
done
