# Ann is cut off, and dials again within the grace of two minutes.
include shop
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB
match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx -> result redial
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED event_seq=1
+119s
again: match_call dnis=$ann.number ani=+447700900001 ext_ref=c2 connector=pbx
get_interaction interaction_id=$again.interaction_id -> interaction.attached interaction.redial
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.live_calls allocation.interaction_id
get_number number=+442079460001 -> number.state
----
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:10:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done result=MATCH_RESULT_MATCHED
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_2 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 redial=true
done interaction.redial=true interaction.attached.basket=42
done allocation.state=ALLOCATION_STATE_MATCHED allocation.interaction_id=ix_1 allocation.live_calls=1
done number.state=NUMBER_STATE_IN_CALL

# Two calls of hers at once: the visit ends with the last of them.
match_call dnis=$ann.number ani=+447700900001 ext_ref=c3 connector=pbx -> result redial
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_ENDED event_seq=1
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.live_calls
+10s
report_call_event connector=pbx ext_ref=c3 event=CALL_EVENT_ENDED event_seq=1
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
----
done result=MATCH_RESULT_MATCHED redial=true
done interaction_id=ix_2 state=INTERACTION_STATE_CLOSED
done allocation.state=ALLOCATION_STATE_MATCHED allocation.live_calls=1
done interaction_id=ix_3 state=INTERACTION_STATE_CLOSED
done allocation.state=ALLOCATION_STATE_RELEASED allocation.grace_until_ms=10:04:09

# After the grace she is a caller like any other.
+2m
match_call dnis=$ann.number ani=+447700900001 ext_ref=c4 connector=pbx
----
done interaction_id=ix_4 result=MATCH_RESULT_STATIC subject=sales
