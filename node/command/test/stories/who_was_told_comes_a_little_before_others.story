# Ann was told, and has a number for that; her call comes before one that waits.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 -> state
amy: login agent=amy ready=true -> presence.state
+1s
got: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE availability_claim=$ann.subscription_id visit_token=$ann.visit_token -> number
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.allocation_id subscription.claim_until_ms
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
bob: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c2 -> state
call: match_call dnis=$got.number ani=+447700900001 ext_ref=c3 connector=sip -> result
get_interaction interaction_id=$call.interaction_id -> interaction.priority interaction.priority_delta
get_position interaction_id=$call.interaction_id
get_position interaction_id=$bob.interaction_id
----
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done number=+442079460001
done subscription.state=SUBSCRIPTION_STATE_CLAIMED subscription.claim_until_ms=10:02:01 subscription.allocation_id=al_1
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_QUEUED
done result=MATCH_RESULT_MATCHED
done interaction.priority=150 interaction.priority_delta=50
done interaction_id=ix_1 state=INTERACTION_STATE_QUEUED queue=sales position=1 wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED queue=sales position=2 wait.ewt_ms=180000 wait.shown_ms=180000 wait.position=2 wait.agents_active=1

# Her call has come: nobody is counted on for her any more, and she stays as she
# is.
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.allocation_id
+3m
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.allocation_id
claim_availability subscription_id=$ann.subscription_id -> state
decline_availability subscription_id=$ann.subscription_id
cancel_availability_subscription subscription_id=$ann.subscription_id
----
done subscription.state=SUBSCRIPTION_STATE_CLAIMED subscription.allocation_id=al_1
done subscription.state=SUBSCRIPTION_STATE_CLAIMED subscription.allocation_id=al_1
done state=SUBSCRIPTION_STATE_CLAIMED
refused BAD_STATE
refused BAD_STATE
