include shop
put_pool pool.key=visitors pool.subject=sales pool.ani_policy=ANI_POLICY_FLAG -> pool.ani_policy
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB -> number
call: match_call dnis=$ann.number ani=+442079460999 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id -> interaction.attached interaction.ani_mismatch
----
done pool.ani_policy=ANI_POLICY_FLAG
done number=+442079460001
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 ani_mismatch=true
done interaction.ani_mismatch=true interaction.attached.basket=42
