include routing
list_reasons page_size=3 -> items.0.key items.1.key items.2.key next_token
list_reasons page_size=3 page_token=connection_lost -> items.0.key items.1.key items.2.key next_token
put_reason reason.key=rona reason.label=Gone
put_reason reason.key=rona reason.disabled=true
put_reason reason.key=mine reason.kind=REASON_KIND_SYSTEM
get_reason key=nobody
list_disposition_sets -> items.0.key items.0.dispositions.0.code items.0.dispositions.5.code next_token
put_disposition_set disposition_set.key=sales disposition_set.dispositions.0.code=sold disposition_set.dispositions.0.category=DISPOSITION_CATEGORY_SUCCESS disposition_set.dispositions.1.code=hm
put_disposition_set disposition_set.key=sales disposition_set.dispositions.0.code=sold disposition_set.dispositions.1.code=sold
get_disposition_set key=nobody
list_skills page_token=?
list_agents -> next_token
----
done items.0.key=admin_work items.1.key=connect_failed items.2.key=connection_lost next_token=connection_lost
done items.0.key=login items.1.key=logout_pending items.2.key=lunch next_token=lunch
done reason.key=rona reason.label=Gone reason.kind=REASON_KIND_RONA
refused BAD_STATE field=reason.disabled
refused BAD_STATE field=reason.kind
refused REASON_UNKNOWN field=key
done items.0.key=default items.0.dispositions.0.code=resolved items.0.dispositions.5.code=other
done disposition_set.key=sales disposition_set.dispositions.0.code=sold disposition_set.dispositions.0.category=DISPOSITION_CATEGORY_SUCCESS disposition_set.dispositions.1.code=hm disposition_set.dispositions.1.category=DISPOSITION_CATEGORY_OTHER
refused INVALID field=disposition_set.dispositions[1].code
refused DISPOSITIONS_UNKNOWN field=key
refused PAGE_TOKEN field=page_token
done
