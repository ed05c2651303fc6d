# A minute is the least; what is no call has a time of its own.
include agents
put_tenant tenant.key=shop tenant.orphan_ms=59999
put_tenant tenant.key=shop tenant.orphan_offered_ms=1
put_tenant tenant.key=shop tenant.orphan_other_ms=1
put_tenant tenant.key=shop tenant.orphan_ms=600000 tenant.orphan_other_ms=1200000 -> tenant.orphan_ms tenant.orphan_offered_ms tenant.orphan_other_ms
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
mail: enqueue_interaction subject=sales media=MEDIA_EMAIL connector=mail ext_ref=m1 -> state
+10m
one: lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.payload.ext_ref
ack_effect effect_id=$one.items.0.effect_id token=$one.items.0.token -> state
lease_effects connector=mail
+9m
lease_effects connector=mail
+1m
two: lease_effects connector=mail -> items.0.kind items.0.payload.ext_ref
one: lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.payload.ext_ref
ack_effect effect_id=$one.items.0.effect_id token=$one.items.0.token -> state
# Not to be able to tell is no answer.
nack_effect effect_id=$two.items.0.effect_id token=$two.items.0.token -> state
+1m
get_interaction interaction_id=$mail.interaction_id -> interaction.state interaction.end_reason
get_interaction interaction_id=$call.interaction_id -> interaction.state
----
refused INVALID field=tenant.orphan_ms
refused INVALID field=tenant.orphan_offered_ms
refused INVALID field=tenant.orphan_other_ms
done tenant.orphan_ms=600000 tenant.orphan_offered_ms=300000 tenant.orphan_other_ms=1200000
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_QUEUED
done items.0.payload.ext_ref=c1
done state=EFFECT_STATE_DONE
done
done
done items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.ext_ref=m1
done items.0.payload.ext_ref=c1
done state=EFFECT_STATE_DONE
done state=EFFECT_STATE_DEAD
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CONNECTOR_LOST
done interaction.state=INTERACTION_STATE_QUEUED

# Of what is offered for long it is asked after five minutes.
put_tenant tenant.key=shop -> tenant.orphan_ms
put_subject subject.key=sales subject.queue=sales subject.offer_timeout_ms=600000 -> subject.key
amy: login agent=amy ready=true -> presence.work.0.phase
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+19s
lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS
+1s
lease_effects connector=pbx kinds=EFFECT_KIND_QUERY_STATUS -> items.0.payload.ext_ref
+20s
heartbeat session_id=$amy.session_id -> presence.state
+40s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason
get_desktop agent=amy -> presence.state presence.work
----
done tenant.orphan_ms=14400000
done subject.key=sales
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done
done items.0.payload.ext_ref=c1
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CONNECTOR_LOST
done presence.state=PRESENCE_STATE_READY
