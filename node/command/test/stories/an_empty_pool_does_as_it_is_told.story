include shop
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
----
done number=+442079460001
refused POOL_EMPTY

# A number that all share.
put_pool pool.key=visitors pool.subject=sales pool.exhausted_policy=EXHAUSTED_POLICY_FALLBACK_STATIC pool.static_numbers=+442079460080 -> pool.exhausted_policy
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
----
done pool.exhausted_policy=EXHAUSTED_POLICY_FALLBACK_STATIC
done number=+442079460080 tel_uri=tel:+442079460080 subject=sales fallback=true

# A code of the same subject; asked again with its token, the same code.
put_tenant tenant.key=shop tenant.quotas.subjects=16 tenant.access_code_enabled=true -> tenant.access_code_enabled
put_pool pool.key=visitors pool.subject=sales pool.exhausted_policy=EXHAUSTED_POLICY_FALLBACK_CODE -> pool.exhausted_policy
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
put_pool pool.key=codes pool.subject=sales pool.match_mode=MATCH_MODE_ACCESS_CODE -> pool.match_mode
put_number number.number=+442079460090 number.kind=NUMBER_KIND_ACCESS number.pool=codes -> number.kind
ben: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB visit_token=$ben.visit_token -> access_code reused
----
done tenant.access_code_enabled=true
done pool.exhausted_policy=EXHAUSTED_POLICY_FALLBACK_CODE
refused POOL_EMPTY
done pool.match_mode=MATCH_MODE_ACCESS_CODE
done number.kind=NUMBER_KIND_ACCESS
done allocation_id=al_1 number=+442079460090 tel_uri=tel:+442079460090,,735657 access_code=735657 expires_ms=10:15:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done access_code=735657 reused=true
