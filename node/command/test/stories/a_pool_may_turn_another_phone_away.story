# The stranger is served like anybody who dials the shop; Ann's visit waits on.
include shop
put_pool pool.key=visitors pool.subject=sales pool.ani_policy=ANI_POLICY_REJECT -> pool.ani_policy
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB -> allocation_id number expires_ms
call: match_call dnis=$ann.number ani=+442079460999 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id -> interaction.attached interaction.allocation_id interaction.state
get_allocation allocation_id=$ann.allocation_id -> allocation.state
match_call dnis=$ann.number ani=+447700900001 ext_ref=c2 connector=pbx -> result allocation_id
----
done pool.ani_policy=ANI_POLICY_REJECT
done allocation_id=al_1 number=+442079460001 expires_ms=10:10:00
done interaction_id=ix_1 result=MATCH_RESULT_STATIC subject=sales
done interaction.state=INTERACTION_STATE_QUEUED
done allocation.state=ALLOCATION_STATE_RESERVED
done result=MATCH_RESULT_MATCHED allocation_id=al_1
