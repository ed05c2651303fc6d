# Three is the limit of a phone.
include shop
put_number number.number=+442079460002 number.pool=visitors -> number.state
put_number number.number=+442079460003 number.pool=visitors -> number.state
put_number number.number=+442079460004 number.pool=visitors -> number.state
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB
----
done number.state=NUMBER_STATE_FREE
done number.state=NUMBER_STATE_FREE
done number.state=NUMBER_STATE_FREE
done number=+442079460001
done number=+442079460002
done number=+442079460003
refused PHONE_LIMIT field=customer_phone

# Whoever types a stranger's phone cannot shut him out, if the pool has a number
# that all share.
put_number number.number=+442079460080 number.kind=NUMBER_KIND_STATIC number.subject=sales -> number.kind
put_pool pool.key=visitors pool.subject=sales pool.static_numbers=+442079460080 -> pool.static_numbers
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx
----
done number.kind=NUMBER_KIND_STATIC
done pool.static_numbers.0=+442079460080
done number=+442079460080 tel_uri=tel:+442079460080 subject=sales fallback=true
done interaction_id=ix_1 result=MATCH_RESULT_STATIC subject=sales
