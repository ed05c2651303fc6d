include shop
+1s
put_number number.number=+442079460002 number.pool=visitors -> number.state
+1s
put_number number.number=+442079460003 number.pool=visitors -> number.state
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number allocation_id
ben: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> number allocation_id
release_allocation allocation_id=$ben.allocation_id -> allocation.state
+1s
release_allocation allocation_id=$ann.allocation_id -> allocation.state
+3m
allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> number
----
done number.state=NUMBER_STATE_FREE
done number.state=NUMBER_STATE_FREE
done allocation_id=al_1 number=+442079460001
done allocation_id=al_2 number=+442079460002
done allocation.state=ALLOCATION_STATE_RELEASED
done allocation.state=ALLOCATION_STATE_RELEASED
done number=+442079460003
done number=+442079460002
done number=+442079460001
