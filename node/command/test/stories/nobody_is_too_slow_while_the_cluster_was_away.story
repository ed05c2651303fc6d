# A caller is asked for a code, and the cluster has no quorum for five
# minutes. The timer is patient: it begins anew.
include codes
ann: allocate_number subject=sales customer_phone=+447700900001 ttl_ms=7200000 origin=ORIGIN_WEB -> access_code expires_ms
call: match_call dnis=+442079460090 ani=+447700900001 ext_ref=c1 connector=pbx -> result
outage 5m
submit_digits interaction_id=$call.interaction_id digits=000001 -> result attempts_left
submit_digits interaction_id=$call.interaction_id digits=$ann.access_code -> result
----
done access_code=880138 expires_ms=10:15:00
done result=MATCH_RESULT_NEED_CODE
done result=DIGITS_RESULT_RETRY attempts_left=2
done result=DIGITS_RESULT_OK
