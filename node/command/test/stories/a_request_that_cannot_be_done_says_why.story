include shop
allocate_number customer_phone=+447700900001 origin=ORIGIN_WEB
allocate_number subject=sales customer_phone=+447700900001
allocate_number subject=nothing customer_phone=+447700900001 origin=ORIGIN_WEB
allocate_number subject=subject2 customer_phone=+447700900001 origin=ORIGIN_WEB
allocate_number subject=sales mode=MATCH_MODE_ACCESS_CODE customer_phone=+447700900001 origin=ORIGIN_WEB
put_subject subject.key=sales subject.queue=sales subject.disabled=true -> subject.disabled
allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB
get_allocation allocation_id=nonsense
submit_digits interaction_id=ix_0000000000000 digits=1
report_call_event connector=pbx ext_ref=c9 event=CALL_EVENT_ENDED event_seq=1
report_call_event connector=pbx ext_ref=c9 event_seq=1
list_allocations page_token=nonsense
----
refused INVALID field=subject
refused INVALID field=origin
refused SUBJECT_UNKNOWN field=subject
refused POOL_UNKNOWN field=mode
refused POOL_UNKNOWN field=mode
done subject.disabled=true
refused BAD_STATE field=subject
refused NOT_FOUND field=allocation_id
refused NOT_FOUND field=interaction_id
refused NOT_FOUND field=ext_ref
refused INVALID field=event
refused PAGE_TOKEN field=page_token

# A pool of codes, in a tenant that has codes no more.
put_subject subject.key=sales subject.queue=sales -> subject.key
put_tenant tenant.key=shop tenant.quotas.subjects=16 tenant.access_code_enabled=true -> tenant.key
put_pool pool.key=codes pool.subject=sales pool.match_mode=MATCH_MODE_ACCESS_CODE -> pool.key
put_tenant tenant.key=shop tenant.quotas.subjects=16 -> tenant.key
allocate_number subject=sales mode=MATCH_MODE_ACCESS_CODE customer_phone=+447700900001 origin=ORIGIN_WEB
----
done subject.key=sales
done tenant.key=shop
done pool.key=codes
done tenant.key=shop
refused FEATURE_OFF field=mode
