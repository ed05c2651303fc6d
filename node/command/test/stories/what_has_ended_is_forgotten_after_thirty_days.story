include shop
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> allocation_id
call: match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx -> interaction_id
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
+29d
get_allocation allocation_id=$ann.allocation_id -> allocation.state
list_allocations -> items.0.allocation_id items.0.state
+1d
get_allocation allocation_id=$ann.allocation_id
get_interaction interaction_id=$call.interaction_id
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=2
----
done allocation_id=al_1
done interaction_id=ix_1
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done allocation.state=ALLOCATION_STATE_RELEASED
done items.0.allocation_id=al_1 items.0.state=ALLOCATION_STATE_RELEASED
refused NOT_FOUND field=allocation_id
refused NOT_FOUND field=interaction_id
refused NOT_FOUND field=ext_ref
