# The pool lets numbers rest for less time than redials have; so Ben can hold
# the number while Ann's visit is still within its grace. But after a call it
# rests as long as the grace: so hers ends without one.
include shop
put_pool pool.key=visitors pool.subject=sales pool.quarantine_ms=1000 pool.grace_ms=120000 -> pool.grace_ms
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=ann origin=ORIGIN_WEB
release_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
+1s
ben: allocate_number subject=sales customer_phone=+447700900002 context.basket=ben origin=ORIGIN_WEB
----
done pool.grace_ms=120000
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:10:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done allocation.state=ALLOCATION_STATE_RELEASED allocation.grace_until_ms=10:02:00
done allocation_id=al_2 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:10:01 subject=sales decision_id=dc_al_2.1 visit_token=token_2

# Her late call is hers, and leaves the number to Ben.
late: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$late.interaction_id -> interaction.attached
get_number number=+442079460001 -> number.state number.allocation_id
own: match_call dnis=$ben.number ani=+447700900002 ext_ref=c2 connector=pbx
get_interaction interaction_id=$own.interaction_id -> interaction.attached
----
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 late=true
done interaction.attached.basket=ann
done number.state=NUMBER_STATE_RESERVED number.allocation_id=al_2
done interaction_id=ix_2 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_2
done interaction.attached.basket=ben

# The end of her call is not the end of his.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
get_number number=+442079460001 -> number.state number.allocation_id
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done number.state=NUMBER_STATE_IN_CALL number.allocation_id=al_2
