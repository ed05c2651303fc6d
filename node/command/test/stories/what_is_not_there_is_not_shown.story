include shop
get_tenant key=nobody
get_subject key=nobody
get_pool key=nobody
get_number number=+442079460099
get_branch key=nobody
get_tenant key=shop -> tenant.key tenant.default_country tenant.quotas.subjects tenant.quotas.pools
get_subject key=sales -> subject.queue subject.priorities.initial
get_pool key=visitors -> pool.subject pool.reserve_ttl_ms pool.quarantine_ms pool.grace_ms
----
refused NOT_FOUND field=key
refused SUBJECT_UNKNOWN field=key
refused POOL_UNKNOWN field=key
refused NUMBER_UNKNOWN field=number
refused NOT_FOUND field=key
done tenant.key=shop tenant.default_country=GB tenant.quotas.subjects=16 tenant.quotas.pools=1000
done subject.queue=sales subject.priorities.initial=100
done pool.subject=sales pool.reserve_ttl_ms=600000 pool.quarantine_ms=120000 pool.grace_ms=120000
