# Until the cluster keeps to version 3 nothing is.
configure 1 2 3
report_node node_id=1 version_max=3
report_node node_id=2 version_max=3
report_node node_id=3 version_max=2
include shop
get_audit
put_principal principal.key=ann principal.roles=ROLE_ADMIN
report_node node_id=3 version_max=3
finalize_version
get_audit
as /local
get_audit -> items.0.audit_id items.0.principal items.0.method items.0.object
----
done
done
done
done
refused CLUSTER_VERSION
done
done cluster_version=3
done
done items.0.audit_id=au_1 items.0.principal=local items.0.method=FinalizeVersion items.0.object=0

# Then all that is done; not what is refused, nor what happens by itself.
as local
put_pool pool.key=visitors pool.subject=sales pool.grace_ms=60000 -> pool.grace_ms
put_pool pool.key=visitors pool.subject=none
put_number number.number=+442079460001 number.pool=visitors -> number.number
put_branch branch.key=soho -> branch.key
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> subject
get_audit page_size=2 -> items.0.method items.0.object items.1.method items.1.object items.1.principal
get_audit -> items.2.method items.2.object items.3.method
verify_audit
page: verify_audit page_size=2
verify_audit page_token=$page.next_token
verify_audit page_token=au_0000000000001
----
done pool.grace_ms=60000
refused SUBJECT_UNKNOWN field=pool.subject
done number.number=+442079460001
done branch.key=soho
done subject=sales
done items.0.method=PutPool items.0.object=visitors items.1.principal=local items.1.method=PutNumber items.1.object=+442079460001
done items.2.method=PutBranch items.2.object=soho
done items.0.first=au_2 items.0.last=au_3 items.0.records=3
done items.0.first=au_2 items.0.last=au_4 items.0.records=2 next_token=au_4
done items.0.first=au_3 items.0.last=au_3 items.0.records=1
refused PAGE_TOKEN field=page_token

# The cluster's own things stand in the cluster's own chain, as does what an
# operator does for the cluster; what it does for a tenant stands in the tenant's.
as /local
put_principal principal.key=ops principal.roles=ROLE_OPERATOR,ROLE_ADMIN api_key_hash=0000000000000000000000000000000000000000000000000000000000000000 -> principal.key
add_member address=node4:7400 -> member.node_id
raise_alarm kind=ALARM_KIND_NOSPACE node_id=1
as /ops
disarm_alarm kind=ALARM_KIND_NOSPACE node_id=1
put_branch branch.key=bow -> branch.key
get_audit -> items.1.method items.2.method items.2.object items.3.method items.3.object items.4.method
verify_audit -> items.0.records
----
done principal.key=ops
refused UNAUTHENTICATED
done
done
done branch.key=bow
done items.1.method=PutPrincipal items.2.method=DisarmAlarm items.2.object="ALARM_KIND_NOSPACE 1"
done items.0.records=3
