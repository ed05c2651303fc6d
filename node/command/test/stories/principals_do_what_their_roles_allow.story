include keys
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR api_key_hash=0000000000000000000000000000000000000000000000000000000000000000 -> principal.key
as /ops
put_branch branch.key=soho
list_principals -> items.0.key
----
done principal.key=ops
refused ROLE
done items.0.key=ops

# An operator makes the first of the tenant's own; they make the others.
as /ops
put_principal principal.key=root principal.roles=ROLE_OPERATOR,ROLE_ADMIN api_key_hash=1111111111111111111111111111111111111111111111111111111111111111 -> principal.key
as /root for shop
put_principal principal.key=ann principal.roles=ROLE_ADMIN,ROLE_DEVELOPER,ROLE_ADMIN api_key_hash=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
as ann
put_principal principal.key=bob principal.roles=ROLE_DEVELOPER api_key_hash=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb -> principal.kind principal.roles
put_principal principal.key=eve principal.roles=ROLE_OPERATOR
put_principal principal.key=eve principal.roles=ROLE_WIDGET
put_principal principal.key=eve principal.kind=PRINCIPAL_KIND_WIDGET principal.roles=ROLE_WIDGET
put_principal principal.key=eve principal.kind=PRINCIPAL_KIND_WIDGET principal.roles=ROLE_WIDGET principal.origins=*
put_principal principal.key=eve principal.roles=ROLE_MONITOR api_key_hash=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
put_principal principal.key=local principal.roles=ROLE_MONITOR
put_branch branch.key=soho -> branch.key
list_tenants
as bob
put_branch branch.key=bow -> branch.key
put_principal principal.key=bob principal.roles=ROLE_ADMIN
put_cors_origins origins=https://www.example.com,https://*.example.org -> cors.origins
as eve
get_branch key=soho
----
done principal.key=root
done principal.key=ann principal.kind=PRINCIPAL_KIND_USER principal.roles.0=ROLE_ADMIN principal.roles.1=ROLE_DEVELOPER principal.state=PRINCIPAL_STATE_ACTIVE principal.key_since_ms=10:00:00
done principal.kind=PRINCIPAL_KIND_USER principal.roles.0=ROLE_DEVELOPER
refused INVALID field=principal.roles
refused INVALID field=principal.roles
refused INVALID field=principal.origins
refused INVALID field=principal.origins
refused DUPLICATE field=api_key_hash
refused INVALID field=principal.key
done branch.key=soho
refused UNAUTHENTICATED
done branch.key=bow
refused ROLE
done cors.origins.0=https://www.example.com cors.origins.1=https://*.example.org
refused UNAUTHENTICATED

# What is disabled is as good as not there; its key is its own still.
as ann
put_principal principal.key=bob principal.roles=ROLE_DEVELOPER principal.state=PRINCIPAL_STATE_DISABLED -> principal.key_since_ms
put_principal principal.key=cat principal.roles=ROLE_DEVELOPER api_key_hash=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
as bob
get_branch key=soho
put_branch branch.key=bow
----
done principal.key_since_ms=10:00:00
refused DUPLICATE field=api_key_hash
refused UNAUTHENTICATED
refused UNAUTHENTICATED
