# It is asked of a call, and then there is no quorum for two minutes: it is asked anew,
# and has its minute.
include agents
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
+4h
outage 2m
get_interaction interaction_id=$call.interaction_id -> interaction.state
query: lease_effects connector=pbx -> items.0.kind items.0.payload.ext_ref items.0.deadline_ms items.1
+29s
ack_effect effect_id=$query.items.0.effect_id token=$query.items.0.token result.outcome=live -> state late
+2m
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED
done items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.ext_ref=c1 items.0.deadline_ms=14:03:00
done state=EFFECT_STATE_DONE
done interaction.state=INTERACTION_STATE_QUEUED

# It is asked anew once, and no more.
+4h
outage 2m
+1m
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason
----
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CONNECTOR_LOST
