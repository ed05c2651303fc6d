include routing
dial: effect kind=EFFECT_KIND_VOICE_DIAL source=cb_1 payload.to=+447700900001
sms: effect kind=EFFECT_KIND_SMS_SEND source=cb_2
mail: effect kind=EFFECT_KIND_EMAIL_SEND source=cb_3
msg: effect kind=EFFECT_KIND_MSG_SEND source=cb_4
one: lease_effects connector=carrier -> items.0.kind items.1.kind items.2.kind items.3.kind
+30s
list_effects state=EFFECT_STATE_UNKNOWN -> items.0.kind items.1.kind items.2.kind items.3.kind
# Its connector is asked what became of each.
query: lease_effects connector=carrier
ack_effect effect_id=$query.items.0.effect_id token=$query.items.0.token result.outcome=answered
get_effect effect_id=$dial.effect_id -> effect.state effect.late_result
# One that speaks late is heard, too.
ack_effect effect_id=$sms.effect_id token=$one.items.1.token result.outcome=sent
get_effect effect_id=$sms.effect_id -> effect.state effect.result effect.late_result
lease_effects connector=carrier
----
done items.0.kind=EFFECT_KIND_VOICE_DIAL items.1.kind=EFFECT_KIND_SMS_SEND items.2.kind=EFFECT_KIND_EMAIL_SEND items.3.kind=EFFECT_KIND_MSG_SEND
done items.0.kind=EFFECT_KIND_VOICE_DIAL items.1.kind=EFFECT_KIND_SMS_SEND items.2.kind=EFFECT_KIND_EMAIL_SEND items.3.kind=EFFECT_KIND_MSG_SEND
done items.0.effect_id=ef_1 items.0.kind=EFFECT_KIND_QUERY_STATUS items.0.payload.effect_id=ef_2 items.0.token=token_1 items.0.attempt=1 items.0.deadline_ms=11:00:30 items.0.lease_until_ms=10:01:00 items.0.source=cb_1 items.1.effect_id=ef_3 items.1.kind=EFFECT_KIND_QUERY_STATUS items.1.payload.effect_id=ef_4 items.1.token=token_2 items.1.attempt=1 items.1.deadline_ms=11:00:30 items.1.lease_until_ms=10:01:00 items.1.source=cb_2 items.2.effect_id=ef_5 items.2.kind=EFFECT_KIND_QUERY_STATUS items.2.payload.effect_id=ef_6 items.2.token=token_3 items.2.attempt=1 items.2.deadline_ms=11:00:30 items.2.lease_until_ms=10:01:00 items.2.source=cb_3 items.3.effect_id=ef_7 items.3.kind=EFFECT_KIND_QUERY_STATUS items.3.payload.effect_id=ef_8 items.3.token=token_4 items.3.attempt=1 items.3.deadline_ms=11:00:30 items.3.lease_until_ms=10:01:00 items.3.source=cb_4
done effect_id=ef_1 state=EFFECT_STATE_DONE
done effect.state=EFFECT_STATE_UNKNOWN effect.late_result.outcome=answered
done effect_id=ef_4 state=EFFECT_STATE_UNKNOWN late=true
done effect.state=EFFECT_STATE_UNKNOWN effect.late_result.outcome=sent
done
