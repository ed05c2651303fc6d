include shop
put_branch branch.key=c -> branch.key
put_branch branch.key=a -> branch.key
put_branch branch.key=b -> branch.key
list_branches page_size=2 -> items.0.key items.1.key next_token
list_branches page_size=2 page_token=b -> items.0.key items.1.key next_token
list_branches page_token=not/a/key
list_subjects page_size=1 page_token=subject3 -> items.0.key next_token
list_subjects page_token=?
list_pools -> items.0.key items.0.match_mode items.0.gauges.total items.0.gauges.free next_token
list_pools page_token=?
list_numbers -> items.0.number items.0.state next_token
list_numbers page_token=visitors
list_numbers state=NUMBER_STATE_RESERVED -> next_token
list_tenants -> items.0.key next_token
list_tenants page_token=?
----
done branch.key=c
done branch.key=a
done branch.key=b
done items.0.key=a items.1.key=b next_token=b
done items.0.key=c
refused PAGE_TOKEN field=page_token
done items.0.key=subject4
refused PAGE_TOKEN field=page_token
done items.0.key=visitors items.0.match_mode=MATCH_MODE_DNIS items.0.gauges.total=1 items.0.gauges.free=1
refused PAGE_TOKEN field=page_token
done items.0.number=+442079460001 items.0.state=NUMBER_STATE_FREE
refused PAGE_TOKEN field=page_token
done
done items.0.key=shop
refused PAGE_TOKEN field=page_token
