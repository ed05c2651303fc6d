# Thirty wrong codes within a minute are only wrong. With the thirty-first the
# number is on its guard: a code is taken from its visitor's own phone alone.
include codes
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> access_code
ben: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> access_code
cat: allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> access_code
----
done access_code=880138
done access_code=113702
done access_code=414668

match_call dnis=+442079460090 ani=+442079461101 ext_ref=w1 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461102 ext_ref=w2 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461103 ext_ref=w3 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461104 ext_ref=w4 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461105 ext_ref=w5 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461106 ext_ref=w6 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461107 ext_ref=w7 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461108 ext_ref=w8 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461109 ext_ref=w9 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461110 ext_ref=w10 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461111 ext_ref=w11 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461112 ext_ref=w12 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461113 ext_ref=w13 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461114 ext_ref=w14 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461115 ext_ref=w15 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461116 ext_ref=w16 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461117 ext_ref=w17 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461118 ext_ref=w18 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461119 ext_ref=w19 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461120 ext_ref=w20 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461121 ext_ref=w21 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461122 ext_ref=w22 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461123 ext_ref=w23 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461124 ext_ref=w24 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461125 ext_ref=w25 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461126 ext_ref=w26 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461127 ext_ref=w27 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461128 ext_ref=w28 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461129 ext_ref=w29 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079461130 ext_ref=w30 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c1 connector=pbx code=$ann.access_code -> result
----
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
done result=MATCH_RESULT_MATCHED

match_call dnis=+442079460090 ani=+442079461131 ext_ref=w31 connector=pbx code=000001 -> attempts_left
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c2 connector=pbx code=$ben.access_code -> result attempts_left
match_call dnis=+442079460090 ani=+447700900002 ext_ref=c3 connector=pbx code=$ben.access_code -> result
----
done attempts_left=2
done result=MATCH_RESULT_NEED_CODE attempts_left=2
done result=MATCH_RESULT_MATCHED

# A minute later all is as before.
+70s
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c4 connector=pbx code=$cat.access_code -> result
----
done result=MATCH_RESULT_MATCHED
