# The button is pressed twice: the same number, held longer, the context as it
# is now.
include shop
put_number number.number=+442079460002 number.pool=visitors -> number.state
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=1 context.color=red origin=ORIGIN_WEB
+5m
allocate_number subject=sales customer_phone=+447700900001 context.basket=2 origin=ORIGIN_WEB visit_token=$ann.visit_token
get_allocation allocation_id=$ann.allocation_id -> allocation.context allocation.expires_ms
----
done number.state=NUMBER_STATE_FREE
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:10:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:15:00 subject=sales reused=true decision_id=dc_al_1.1 visit_token=token_1
done allocation.context.basket=2 allocation.expires_ms=10:15:00

# But in all no longer than four times the ten minutes.
+9m
refresh_allocation allocation_id=$ann.allocation_id -> allocation.expires_ms
+9m
refresh_allocation allocation_id=$ann.allocation_id -> allocation.expires_ms
+9m
refresh_allocation allocation_id=$ann.allocation_id -> allocation.expires_ms
+8m
refresh_allocation allocation_id=$ann.allocation_id
----
done allocation.expires_ms=10:24:00
done allocation.expires_ms=10:33:00
done allocation.expires_ms=10:40:00
refused BAD_STATE

# The phone alone proves nothing, nor does another visit's token.
+2m
bob: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> number allocation_id
cat: allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> number allocation_id
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB visit_token=$cat.visit_token
----
done allocation_id=al_2 number=+442079460002
done allocation_id=al_3 number=+442079460001
refused POOL_EMPTY
refused POOL_EMPTY
