include keys
visit: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
call: match_call connector=pbx ext_ref=c1 dnis=+442079460001 ani=+447700900001 -> result
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.lob
put_principal principal.key=sam principal.roles=ROLE_MONITOR principal.lob=billing,sales -> principal.lob
put_principal principal.key=max principal.roles=ROLE_MANAGER -> principal.key
put_principal principal.key=ann principal.roles=ROLE_ADMIN,ROLE_SUPERVISOR principal.lob=billing -> principal.key
as sue
get_interaction interaction_id=$call.interaction_id
get_interaction interaction_id=ix_0000000000000
as sam
get_interaction interaction_id=$call.interaction_id -> interaction.queue
as max
get_interaction interaction_id=$call.interaction_id -> interaction.queue
as ann
get_interaction interaction_id=$call.interaction_id -> interaction.queue
----
done number=+442079460001
done result=MATCH_RESULT_MATCHED
done principal.lob.0=billing
done principal.lob.0=billing principal.lob.1=sales
done principal.key=max
done principal.key=ann
refused LOB field=interaction_id
refused NOT_FOUND field=interaction_id
done interaction.queue=sales
done interaction.queue=sales
done interaction.queue=sales
