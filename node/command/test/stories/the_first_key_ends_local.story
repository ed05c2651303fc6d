include keys
# Before there is a key whoever is on the machine may do everything, but for
# leaving the cluster without an operator who could go on.
put_principal principal.key=ann principal.roles=ROLE_ADMIN api_key_hash=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR,ROLE_ADMIN api_key_hash=0000000000000000000000000000000000000000000000000000000000000000
put_principal principal.key=ops principal.roles=ROLE_OPERATOR,ROLE_ADMIN
as local
put_principal principal.key=ann principal.roles=ROLE_ADMIN
list_principals
as /ops
put_principal principal.key=two principal.roles=ROLE_OPERATOR api_key_hash=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> principal.key
list_principals -> items.0.key items.1.key
put_branch branch.key=soho -> branch.key
list_members -> cluster_version
----
refused LAST_OPERATOR field=principal.key
done principal.key=ops principal.kind=PRINCIPAL_KIND_USER principal.roles.0=ROLE_ADMIN principal.roles.1=ROLE_OPERATOR principal.state=PRINCIPAL_STATE_ACTIVE principal.key_since_ms=10:00:00
refused UNAUTHENTICATED
refused UNAUTHENTICATED
refused UNAUTHENTICATED
done principal.key=two
done items.0.key=ops items.1.key=two
done branch.key=soho
done cluster_version=3

# Nobody takes the last operator's key away while others hold one.
as /two
put_principal principal.key=ops principal.roles=ROLE_OPERATOR remove_key=true -> principal.key_since_ms
put_principal principal.key=two principal.roles=ROLE_OPERATOR principal.state=PRINCIPAL_STATE_DISABLED
put_principal principal.key=two principal.roles=ROLE_ADMIN
put_principal principal.key=two principal.roles=ROLE_OPERATOR remove_key=true -> principal.roles
list_members
as /local
list_members -> cluster_version
----
done
refused LAST_OPERATOR field=principal.key
refused LAST_OPERATOR field=principal.key
done principal.roles.0=ROLE_OPERATOR
done members.0.node_id=1 members.0.address=node1:7400 members.0.role=MEMBER_ROLE_VOTER members.0.wanted=MEMBER_ROLE_VOTER members.0.version_max=3 members.0.release=0.3.0 members.1.node_id=2 members.1.address=node2:7400 members.1.role=MEMBER_ROLE_VOTER members.1.wanted=MEMBER_ROLE_VOTER members.1.version_max=3 members.1.release=0.3.0 members.2.node_id=3 members.2.address=node3:7400 members.2.role=MEMBER_ROLE_VOTER members.2.wanted=MEMBER_ROLE_VOTER members.2.version_max=3 members.2.release=0.3.0 cluster_version=3
done cluster_version=3
