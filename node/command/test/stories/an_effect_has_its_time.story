include routing
a: effect kind=EFFECT_KIND_PUSH_SEND source=ix_1 not_before_ms=+10s deadline_ms=+60s
b: effect kind=EFFECT_KIND_PUSH_SEND source=ix_2 deadline_ms=+60s
lease_effects connector=push -> items.0.effect_id items.0.deadline_ms items.1
+10s
lease_effects connector=push lease_ms=30000 -> items.0.effect_id items.1
# The lease of both is lost, that of one for ever.
+29s
+1s
lease_effects connector=push max=1 -> items.0.effect_id
+20s
get_effect effect_id=$a.effect_id -> effect.state effect.lease_until_ms
get_effect effect_id=$b.effect_id -> effect.state effect.lease_until_ms
+10s
get_effect effect_id=$b.effect_id -> effect.state
# After an outage what is too late is not begun.
c: effect kind=EFFECT_KIND_PUSH_SEND source=ix_3 deadline_ms=+60s
outage 2m
lease_effects connector=push
get_effect effect_id=$c.effect_id -> effect.state
----
done items.0.effect_id=ef_1 items.0.deadline_ms=10:01:00
done items.0.effect_id=ef_2
done items.0.effect_id=ef_1
done effect.state=EFFECT_STATE_EXPIRED
done effect.state=EFFECT_STATE_LEASED effect.lease_until_ms=10:01:10
done effect.state=EFFECT_STATE_EXPIRED
done
done effect.state=EFFECT_STATE_EXPIRED
