# No entry for an hour: the first one after it finds the allocation expired.
# Its grace begins when that is found, so the visitor who calls now is late, and
# no stranger.
include shop
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB -> allocation_id number expires_ms
outage 1h
refresh_allocation allocation_id=$ann.allocation_id
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx -> result late allocation_id
----
done allocation_id=al_1 number=+442079460001 expires_ms=10:10:00
refused BAD_STATE
done allocation.state=ALLOCATION_STATE_EXPIRED allocation.grace_until_ms=11:02:00
refused POOL_EMPTY
done result=MATCH_RESULT_MATCHED allocation_id=al_1 late=true
