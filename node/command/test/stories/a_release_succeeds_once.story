include shop
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> allocation_id
release_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
release_allocation allocation_id=$ann.allocation_id
refresh_allocation allocation_id=$ann.allocation_id
----
done allocation_id=al_1
done allocation.state=ALLOCATION_STATE_RELEASED allocation.grace_until_ms=10:02:00
refused BAD_STATE
refused BAD_STATE

# Nor does one that is in a call: its call ends it.
+2m
ben: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> allocation_id
match_call dnis=+442079460001 ani=+447700900002 ext_ref=c1 connector=pbx -> result
release_allocation allocation_id=$ben.allocation_id
----
done allocation_id=al_2
done result=MATCH_RESULT_MATCHED
refused BAD_STATE
