# Ten wrong codes from one phone within an hour: then none of its codes counts
# for an hour, right ones included. Other phones are not touched.
include codes
ann: allocate_number subject=sales customer_phone=+447700900001 ttl_ms=900000 origin=ORIGIN_WEB -> access_code
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w1 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w2 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w3 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w4 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w5 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w6 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w7 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w8 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w9 connector=pbx code=000001 -> attempts_left
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=w10 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c1 connector=pbx code=$ann.access_code -> result attempts_left
match_call dnis=+442079460090 ani=+442079460998 ext_ref=c2 connector=pbx code=$ann.access_code -> result
----
done access_code=880138
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done attempts_left=2
done result=MATCH_RESULT_NEED_CODE attempts_left=2
done result=MATCH_RESULT_MATCHED

+59m
ben: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> access_code
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c3 connector=pbx code=$ben.access_code -> result attempts_left
+1m
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c4 connector=pbx code=$ben.access_code -> result
----
done access_code=605384
done result=MATCH_RESULT_NEED_CODE attempts_left=2
done result=MATCH_RESULT_MATCHED
