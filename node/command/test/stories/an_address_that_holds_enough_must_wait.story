# Only requests of widgets carry a hash of their address. Here an
# address may hold one number.
include shop
put_number number.number=+442079460002 number.pool=visitors -> number.state
put_tenant tenant.key=shop tenant.quotas.subjects=16 tenant.max_live_per_ip=1 -> tenant.max_live_per_ip
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB ip_hash=00112233445566778899aabbccddeeff -> number
+4m
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB ip_hash=00112233445566778899aabbccddeeff
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB ip_hash=00112233445566778899aabbccddee00 -> number
----
done number.state=NUMBER_STATE_FREE
done tenant.max_live_per_ip=1
done number=+442079460001
refused IP_LIMIT retry_after_ms=360000
done number=+442079460002
