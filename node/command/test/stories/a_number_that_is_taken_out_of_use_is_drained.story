# The visit goes on; the next one finds nothing.
include shop
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
put_number number.number=$ann.number number.pool=visitors number.disabled=true -> number.state
match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_pool key=visitors -> pool.gauges.total pool.gauges.in_call
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_number number=$ann.number -> number.state
+1h
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
----
done number=+442079460001
done number.state=NUMBER_STATE_RESERVED
done result=MATCH_RESULT_MATCHED
done pool.gauges.total=1 pool.gauges.in_call=1
done state=INTERACTION_STATE_CLOSED
done number.state=NUMBER_STATE_DISABLED
refused POOL_EMPTY

# Back in use, it is given out again.
put_number number.number=+442079460001 number.pool=visitors -> number.state
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> number
put_number number.number=+442079460001 number.kind=NUMBER_KIND_STATIC number.subject=sales
----
done number.state=NUMBER_STATE_FREE
done number=+442079460001
refused NUMBER_TAKEN field=number.pool
