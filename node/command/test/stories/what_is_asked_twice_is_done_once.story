# The same request id: the same answer, and one number gone.
include shop
put_number number.number=+442079460002 number.pool=visitors -> number.state
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB request_id=r1 -> number allocation_id
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB request_id=r1 -> number allocation_id
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB request_id=r1
get_pool key=visitors -> pool.gauges
----
done number.state=NUMBER_STATE_FREE
done allocation_id=al_1 number=+442079460001
again done allocation_id=al_1 number=+442079460001
refused IDEMPOTENCY_KEY_REUSED field=request_id
done pool.gauges.total=2 pool.gauges.free=1 pool.gauges.reserved=1

# The same call, asked under another request id: the same interaction.
one: match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx2 -> interaction_id redial
----
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1
done interaction_id=ix_2 redial=true

# Events are counted by their sequence; after the end they come late.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=5
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=5
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED event_seq=6
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx -> interaction_id result
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED late=true
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED
