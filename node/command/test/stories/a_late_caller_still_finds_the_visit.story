# The number was held for ten minutes; Ann calls a minute too late.
include shop
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB -> allocation_id number expires_ms
+11m
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
late: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$late.interaction_id -> interaction.attached interaction.late
----
done allocation_id=al_1 number=+442079460001 expires_ms=10:10:00
done allocation.state=ALLOCATION_STATE_EXPIRED allocation.grace_until_ms=10:12:00
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 late=true
done interaction.late=true interaction.attached.basket=42

# Ben, from another phone, is no visitor of that number any more.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
match_call dnis=$ann.number ani=+447700900002 ext_ref=c2 connector=pbx
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_2 result=MATCH_RESULT_STATIC subject=sales
