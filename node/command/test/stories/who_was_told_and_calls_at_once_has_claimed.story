# Told, Ann just calls. The push that nobody needs is taken back.
include push
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 customer_phone=+447700900001 -> state
amy: login agent=amy ready=true -> presence.state
+1s
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
list_effects -> items.0.state items.0.source
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=sip -> result
get_interaction interaction_id=$call.interaction_id -> interaction.priority interaction.priority_delta interaction.state
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state subscription.allocation_id
list_effects -> items.0.state items.0.source
----
done state=SUBSCRIPTION_STATE_WAITING
done presence.state=PRESENCE_STATE_READY
done subscription.state=SUBSCRIPTION_STATE_NOTIFIED
done items.0.state=EFFECT_STATE_PENDING items.0.source=av_1
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.priority=150 interaction.priority_delta=50
done subscription.state=SUBSCRIPTION_STATE_CLAIMED
done items.0.state=EFFECT_STATE_CANCELLED items.0.source=av_1
