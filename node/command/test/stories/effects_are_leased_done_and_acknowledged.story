include routing
a: effect kind=EFFECT_KIND_VOICE_PLAY connector=pbx source=ix_1 payload.prompt=welcome
b: effect kind=EFFECT_KIND_VOICE_DISCONNECT connector=pbx source=ix_1
c: effect kind=EFFECT_KIND_SMS_SEND source=rc_1 payload.to=+447700900001 payload.text=hello
d: effect kind=EFFECT_KIND_VOICE_PLAY connector=ivr source=ix_2
# The earliest of each source; for this class of connectors, or for any.
one: lease_effects connector=pbx
lease_effects connector=pbx
ack_effect effect_id=$a.effect_id token=$one.items.0.token result.heard=all
# Nothing has overtaken the prompt.
two: lease_effects connector=pbx lease_ms=60000 -> items.0.kind items.0.lease_until_ms items.1
ack_effect effect_id=$b.effect_id token=$two.items.0.token
get_effect effect_id=$a.effect_id
# It says so again; it has not changed.
ack_effect effect_id=$a.effect_id token=$one.items.0.token result.heard=none
get_effect effect_id=$a.effect_id -> effect.result
----
done items.0.effect_id=ef_1 items.0.kind=EFFECT_KIND_VOICE_PLAY items.0.payload.prompt=welcome items.0.token=token_1 items.0.attempt=1 items.0.lease_until_ms=10:00:30 items.0.source=ix_1 items.1.effect_id=ef_2 items.1.kind=EFFECT_KIND_SMS_SEND items.1.payload.text=hello items.1.payload.to=+447700900001 items.1.token=token_2 items.1.attempt=1 items.1.lease_until_ms=10:00:30 items.1.source=rc_1
done
done effect_id=ef_1 state=EFFECT_STATE_DONE
done items.0.kind=EFFECT_KIND_VOICE_DISCONNECT items.0.lease_until_ms=10:01:00
done effect_id=ef_3 state=EFFECT_STATE_DONE
done effect.effect_id=ef_1 effect.kind=EFFECT_KIND_VOICE_PLAY effect.state=EFFECT_STATE_DONE effect.connector=pbx effect.source=ix_1 effect.payload.prompt=welcome effect.not_before_ms=10:00:00 effect.attempts=1 effect.leased_by=pbx effect.result.heard=all
done effect_id=ef_1 state=EFFECT_STATE_DONE
done effect.result.heard=all

# As many as are asked for, of the kinds that are asked for.
e: effect kind=EFFECT_KIND_WEBHOOK source=ix_3
f: effect kind=EFFECT_KIND_WEBHOOK source=ix_4
g: effect kind=EFFECT_KIND_PUSH_SEND source=ix_5
lease_effects connector=web kinds=EFFECT_KIND_PUSH_SEND,EFFECT_KIND_PUSH_SEND -> items.0.kind items.1
lease_effects connector=web kinds=EFFECT_KIND_WEBHOOK max=1 -> items.0.effect_id items.1
lease_effects connector=web -> items.0.effect_id items.1
lease_effects connector=web max=257
lease_effects connector=web lease_ms=999
lease_effects connector=web lease_ms=300001
ack_effect effect_id=ef_0000000000000 token=1
nack_effect effect_id=nonsense token=1
get_effect effect_id=$e.effect_id -> effect.state effect.leased_by effect.lease_until_ms effect.attempts
----
done items.0.kind=EFFECT_KIND_PUSH_SEND
done items.0.effect_id=ef_4
done items.0.effect_id=ef_5
refused INVALID field=max
refused INVALID field=lease_ms
refused INVALID field=lease_ms
refused NOT_FOUND field=effect_id
refused NOT_FOUND field=effect_id
done effect.state=EFFECT_STATE_LEASED effect.attempts=1 effect.leased_by=web effect.lease_until_ms=10:00:30

# What is over is remembered as long as interactions are.
list_effects state=EFFECT_STATE_DONE -> items.0.effect_id items.1.effect_id items.2
list_effects page_size=2 -> items.0.effect_id items.1.effect_id next_token
list_effects source=ix_1 kind=EFFECT_KIND_VOICE_DISCONNECT -> items.0.effect_id items.1
list_effects page_token=nonsense
+30d
+1s
get_effect effect_id=$a.effect_id
list_effects state=EFFECT_STATE_DONE
----
done items.0.effect_id=ef_1 items.1.effect_id=ef_3
done items.0.effect_id=ef_1 items.1.effect_id=ef_3 next_token=ef_3
done items.0.effect_id=ef_3
refused PAGE_TOKEN field=page_token
refused NOT_FOUND field=effect_id
done
