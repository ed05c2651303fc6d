# Mode DNIS_ANI: two numbers, and each visitor on the one with fewer.
include shop
put_pool pool.key=shared pool.subject=sales pool.match_mode=MATCH_MODE_DNIS_ANI -> pool.match_mode
put_number number.number=+442079460011 number.pool=shared -> number.state
put_number number.number=+442079460012 number.pool=shared -> number.state
ann: allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900001 context.basket=ann origin=ORIGIN_WEB -> number
ben: allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900002 context.basket=ben origin=ORIGIN_WEB -> number
cat: allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900003 context.basket=cat origin=ORIGIN_WEB -> number
get_number number=+442079460011 -> number.state number.live
----
done pool.match_mode=MATCH_MODE_DNIS_ANI
done number.state=NUMBER_STATE_FREE
done number.state=NUMBER_STATE_FREE
done number=+442079460011
done number=+442079460012
done number=+442079460011
done number.state=NUMBER_STATE_FREE number.live=2

# Ann's second visit goes where she has none, and a third has nowhere to go.
ann2: allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900001 context.basket=ann2 origin=ORIGIN_WEB -> number
allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900001 origin=ORIGIN_WEB
----
done number=+442079460012
refused POOL_EMPTY

# Each call finds its own visit; a stranger's finds none.
one: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx -> result interaction_id
get_interaction interaction_id=$one.interaction_id -> interaction.attached
two: match_call dnis=$cat.number ani=+447700900003 ext_ref=c2 connector=pbx -> result interaction_id
get_interaction interaction_id=$two.interaction_id -> interaction.attached
match_call dnis=$ann.number ani=+447700900009 ext_ref=c3 connector=pbx -> result
----
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED
done interaction.attached.basket=ann
done interaction_id=ix_2 result=MATCH_RESULT_MATCHED
done interaction.attached.basket=cat
done result=MATCH_RESULT_STATIC

# When Ann's call ends, the number is free for all but her: the pair rests.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
get_number number=+442079460011 -> number.state number.live
allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900001 origin=ORIGIN_WEB
match_call dnis=$ann.number ani=+447700900001 ext_ref=c4 connector=pbx -> result redial
report_call_event connector=pbx ext_ref=c4 event=CALL_EVENT_ENDED event_seq=1
+2m
allocate_number subject=sales mode=MATCH_MODE_DNIS_ANI customer_phone=+447700900001 origin=ORIGIN_WEB -> number
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done number.state=NUMBER_STATE_FREE number.live=1
refused POOL_EMPTY
done result=MATCH_RESULT_MATCHED redial=true
done interaction_id=ix_3 state=INTERACTION_STATE_CLOSED
done number=+442079460011
