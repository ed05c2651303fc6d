include routing
a: effect kind=EFFECT_KIND_WEBHOOK source=ix_1
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
lease_effects connector=web lease_ms=1000 -> items.0.attempt
+1s
get_effect effect_id=$a.effect_id -> effect.state effect.attempts
lease_effects connector=web
----
done items.0.attempt=1
done items.0.attempt=2
done items.0.attempt=3
done items.0.attempt=4
done items.0.attempt=5
done items.0.attempt=6
done items.0.attempt=7
done items.0.attempt=8
done items.0.attempt=9
done items.0.attempt=10
done items.0.attempt=11
done items.0.attempt=12
done items.0.attempt=13
done items.0.attempt=14
done items.0.attempt=15
done items.0.attempt=16
done items.0.attempt=17
done items.0.attempt=18
done items.0.attempt=19
done items.0.attempt=20
done effect.state=EFFECT_STATE_DEAD effect.attempts=20
done
