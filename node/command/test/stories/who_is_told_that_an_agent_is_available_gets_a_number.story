# Nobody is there. Ann wants to be told; asked again, it is the same.
include push
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 customer_id=4711 customer_phone=+447700900001
+1m
again: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 visit_token=$ann.visit_token
get_availability_subscription subscription_id=$ann.subscription_id
claim_availability subscription_id=$ann.subscription_id
decline_availability subscription_id=$ann.subscription_id
----
refused NO_AGENTS field=subject
done subscription_id=av_1 state=SUBSCRIPTION_STATE_WAITING expires_ms=14:00:00 visit_token=token_1
done subscription_id=av_1 state=SUBSCRIPTION_STATE_WAITING expires_ms=14:00:00 visit_token=token_1 reused=true
done subscription.subscription_id=av_1 subscription.subject=sales subscription.push_provider=fcm subscription.token_ref=device-2 subscription.state=SUBSCRIPTION_STATE_WAITING subscription.expires_ms=14:00:00
refused BAD_STATE
refused BAD_STATE

# Amy is there: she is told, and nobody is held back for her.
amy: login agent=amy ready=true -> presence.state
+1s
get_availability_subscription subscription_id=$ann.subscription_id
push: lease_effects connector=fcm
ack_effect effect_id=$push.items.0.effect_id token=$push.items.0.token -> state
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
get_channel_availability subject=sales -> channels.0.enabled channels.0.reason
----
done presence.state=PRESENCE_STATE_READY
done subscription.subscription_id=av_1 subscription.subject=sales subscription.push_provider=fcm subscription.token_ref=device-2 subscription.state=SUBSCRIPTION_STATE_NOTIFIED subscription.expires_ms=14:00:00 subscription.notified_ms=10:01:00.001 subscription.claim_until_ms=10:03:00.001
done items.0.effect_id=ef_1 items.0.kind=EFFECT_KIND_PUSH_SEND items.0.payload.claim_until_ms=10:03:00.001 items.0.payload.subject=sales items.0.payload.subscription_id=av_1 items.0.payload.token_ref=device-2 items.0.token=token_2 items.0.attempt=1 items.0.deadline_ms=10:03:00.001 items.0.lease_until_ms=10:01:31 items.0.source=av_1
done state=EFFECT_STATE_DONE
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED
done state=INTERACTION_STATE_OFFERED
done channels.0.reason=UNAVAILABLE_EWT_ABOVE_THRESHOLD

# She claims. The gate is shut by now; for her it opens, once, for her token.
claim_availability subscription_id=$ann.subscription_id
+10s
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=av_0000000000000 visit_token=$ann.visit_token
allocate_number subject=subject1 customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id visit_token=$ann.visit_token
got: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id visit_token=$ann.visit_token
get_availability_subscription subscription_id=$ann.subscription_id
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id visit_token=$ann.visit_token -> allocation_id reused
release_allocation allocation_id=$got.allocation_id -> allocation.state
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id visit_token=$ann.visit_token
----
done state=SUBSCRIPTION_STATE_CLAIMED claim_until_ms=10:03:01
refused EWT_ABOVE_THRESHOLD field=subject
refused NOT_FOUND field=availability_claim
refused NOT_FOUND field=availability_claim
refused NOT_FOUND field=availability_claim
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:11:11 subject=sales decision_id=dc_al_1.1 visit_token=token_1 wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1
done subscription.subscription_id=av_1 subscription.subject=sales subscription.push_provider=fcm subscription.token_ref=device-2 subscription.state=SUBSCRIPTION_STATE_CLAIMED subscription.expires_ms=14:00:00 subscription.notified_ms=10:01:00.001 subscription.claim_until_ms=10:03:11 subscription.allocation_id=al_1
done allocation_id=al_1 reused=true
done allocation.state=ALLOCATION_STATE_RELEASED
refused BAD_STATE field=availability_claim
