include routing
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR,ROLE_ADMIN api_key_hash=0000000000000000000000000000000000000000000000000000000000000000 -> principal.key
as /ops for shop
put_principal principal.key=pbx principal.roles=ROLE_CONNECTOR api_key_hash=1111111111111111111111111111111111111111111111111111111111111111 -> principal.key
put_principal principal.key=ann principal.roles=ROLE_MONITOR api_key_hash=2222222222222222222222222222222222222222222222222222222222222222 -> principal.key
put_principal principal.key=bob principal.roles=ROLE_AGENT api_key_hash=3333333333333333333333333333333333333333333333333333333333333333 -> principal.key
a: effect kind=EFFECT_KIND_WEBHOOK source=ix_1
as pbx
one: lease_effects connector=web -> items.0.effect_id
get_effect effect_id=$a.effect_id -> effect.state
as ann
lease_effects connector=web
cancel_effect effect_id=$a.effect_id
ack_effect effect_id=$a.effect_id token=$one.items.0.token
list_effects -> items.0.effect_id
as bob
get_effect effect_id=$a.effect_id
----
done principal.key=ops
done principal.key=pbx
done principal.key=ann
done principal.key=bob
done items.0.effect_id=ef_1
done effect.state=EFFECT_STATE_LEASED
refused ROLE
refused ROLE
refused ROLE
done items.0.effect_id=ef_1
refused ROLE
