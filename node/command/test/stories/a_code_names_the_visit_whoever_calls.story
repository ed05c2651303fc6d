include codes
ann: allocate_number subject=sales customer_phone=+447700900001 context.basket=42 origin=ORIGIN_WEB
desk: match_call dnis=$ann.number ani=+442079460999 ext_ref=c1 connector=pbx
submit_digits interaction_id=$desk.interaction_id digits=$ann.access_code
get_interaction interaction_id=$desk.interaction_id -> interaction.state interaction.attached interaction.ani_mismatch interaction.withheld
----
done allocation_id=al_1 number=+442079460090 tel_uri=tel:+442079460090,,880138 access_code=880138 expires_ms=10:15:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done interaction_id=ix_1 result=MATCH_RESULT_NEED_CODE subject=sales attempts_left=3 prompts.0.action=PROMPT_ACTION_COLLECT prompts.0.name=code prompts.0.digits=6 prompts.0.timeout_ms=10000
done result=DIGITS_RESULT_OK allocation_id=al_1 subject=sales
done interaction.state=INTERACTION_STATE_QUEUED interaction.attached.basket=42

# It has been used: now it is for those who have called with it, and for Ann.
other: match_call dnis=$ann.number ani=+442079460888 ext_ref=c2 connector=pbx code=$ann.access_code -> interaction_id result attempts_left
match_call dnis=$ann.number ani=+447700900001 ext_ref=c3 connector=pbx code=$ann.access_code
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
report_call_event connector=pbx ext_ref=c3 event=CALL_EVENT_ENDED event_seq=1
+1m
match_call dnis=$ann.number ani=+442079460999 ext_ref=c4 connector=pbx code=$ann.access_code -> result redial
report_call_event connector=pbx ext_ref=c4 event=CALL_EVENT_ENDED event_seq=1
----
done interaction_id=ix_2 result=MATCH_RESULT_NEED_CODE attempts_left=2
done interaction_id=ix_3 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 redial=true
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_3 state=INTERACTION_STATE_CLOSED
done result=MATCH_RESULT_MATCHED redial=true
done interaction_id=ix_4 state=INTERACTION_STATE_CLOSED

# Two minutes later it is nobody's.
+2m
match_call dnis=$ann.number ani=+442079460999 ext_ref=c5 connector=pbx code=$ann.access_code -> result attempts_left
----
done result=MATCH_RESULT_NEED_CODE attempts_left=2
