include shop
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=1 context.color=red origin=ORIGIN_WEB -> allocation_id
got: attach_context allocation_id=$ann.allocation_id context.basket=2 context.color= context.size=L mobile.os=android -> allocation.context allocation.mobile
attach_context allocation_id=$ann.allocation_id context.size=XL if_rev=1
attach_context allocation_id=$ann.allocation_id context.size=XL if_rev=$got.allocation.rev -> allocation.context
attach_context allocation_id=al_0000000000000 context.size=XL
release_allocation allocation_id=$ann.allocation_id -> allocation.state
attach_context allocation_id=$ann.allocation_id context.size=S
----
done allocation_id=al_1
done allocation.context.basket=2 allocation.context.size=L allocation.mobile.os=android
refused REV_MISMATCH field=if_rev
done allocation.context.basket=2 allocation.context.size=XL
refused NOT_FOUND field=allocation_id
done allocation.state=ALLOCATION_STATE_RELEASED
refused BAD_STATE
