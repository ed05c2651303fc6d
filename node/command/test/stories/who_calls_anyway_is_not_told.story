# Ann did not wait to be told: she called, from the phone that she named. Ben has
# named none, Cay called for something else.
include push
put_subject subject.key=service subject.queue=service
put_number number.number=+442079460081 number.kind=NUMBER_KIND_STATIC number.subject=service
ann: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-1 customer_phone=+447700900001 -> state
ben: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-2 -> state
cay: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-3 customer_phone=+447700900003 -> state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=sip -> result
match_call dnis=+442079460081 ani=+447700900003 ext_ref=c2 connector=sip -> result
match_call dnis=+442079460080 ext_ref=c3 connector=sip -> result
get_interaction interaction_id=$call.interaction_id -> interaction.priority interaction.priority_delta
get_availability_subscription subscription_id=$ann.subscription_id -> subscription.state
get_availability_subscription subscription_id=$ben.subscription_id -> subscription.state
get_availability_subscription subscription_id=$cay.subscription_id -> subscription.state
----
done subject.key=service subject.queue=service subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200
done number.number=+442079460081 number.kind=NUMBER_KIND_STATIC number.subject=service number.state=NUMBER_STATE_FREE number.free_since_ms=10:00:00
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done state=SUBSCRIPTION_STATE_WAITING
done result=MATCH_RESULT_STATIC
done result=MATCH_RESULT_STATIC
done result=MATCH_RESULT_STATIC
done interaction.priority=100
done subscription.state=SUBSCRIPTION_STATE_CLAIMED
done subscription.state=SUBSCRIPTION_STATE_WAITING
done subscription.state=SUBSCRIPTION_STATE_WAITING

# Dan has a number, by being bold, and wants to be told all the same; the call of
# that visit is his, whatever phone it comes from.
amy: login agent=amy ready=true -> presence.state
dan: allocate_number subject=sales customer_phone=+447700900004 origin=ORIGIN_MOBILE override_threshold=true -> number
sub: subscribe_agent_available subject=sales push_provider=fcm token_ref=device-4 visit_token=$dan.visit_token
match_call dnis=$dan.number ani=+447700900009 ext_ref=c4 connector=sip -> result
get_availability_subscription subscription_id=$sub.subscription_id -> subscription.state subscription.notified_ms
lease_effects connector=fcm
----
done presence.state=PRESENCE_STATE_READY
done number=+442079460001
done subscription_id=av_1 state=SUBSCRIPTION_STATE_WAITING expires_ms=14:00:00 visit_token=token_1
done result=MATCH_RESULT_MATCHED
done subscription.state=SUBSCRIPTION_STATE_CLAIMED
done
