include shop
put_number number.number=+442079460002 number.pool=visitors -> number.state
put_number number.number=+442079460003 number.pool=visitors -> number.state
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> allocation_id
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> allocation_id
allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> allocation_id
release_allocation allocation_id=$ann.allocation_id -> allocation.state
page: list_allocations page_size=2 -> items.0.allocation_id items.1.allocation_id items.2.allocation_id next_token
list_allocations page_size=2 page_token=$page.next_token -> items.0.allocation_id items.1.allocation_id next_token
list_allocations state=ALLOCATION_STATE_RELEASED -> items.0.allocation_id items.1.allocation_id
list_allocations customer_phone=+447700900003 -> items.0.allocation_id items.1.allocation_id
list_allocations number=+442079460009
----
done number.state=NUMBER_STATE_FREE
done number.state=NUMBER_STATE_FREE
done allocation_id=al_1
done allocation_id=al_2
done allocation_id=al_3
done allocation.state=ALLOCATION_STATE_RELEASED
done items.0.allocation_id=al_1 items.1.allocation_id=al_2 next_token=al_2
done items.0.allocation_id=al_3
done items.0.allocation_id=al_1
done items.0.allocation_id=al_3
done
