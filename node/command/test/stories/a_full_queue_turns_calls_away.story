# One may wait. The next one is turned away; its visit is as if it had not
# called.
include shop
put_tenant tenant.key=shop tenant.quotas.subjects=16 tenant.quotas.waiting_interactions=1 -> tenant.quotas.waiting_interactions
put_number number.number=+442079460080 number.kind=NUMBER_KIND_STATIC number.subject=sales -> number.kind
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> allocation_id
first: match_call dnis=+442079460080 ani=+447700900009 ext_ref=c1 connector=pbx
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c2 connector=pbx
get_allocation allocation_id=$ann.allocation_id -> allocation.state
----
done tenant.quotas.waiting_interactions=1
done number.kind=NUMBER_KIND_STATIC
done allocation_id=al_1
done interaction_id=ix_1 result=MATCH_RESULT_STATIC subject=sales
done interaction_id=ix_2 result=MATCH_RESULT_REJECTED_FULL subject=sales prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=busy prompts.1.action=PROMPT_ACTION_DISCONNECT
done allocation.state=ALLOCATION_STATE_RESERVED

# With a number outside, it goes there.
put_subject subject.key=sales subject.queue=sales subject.overflow_number=+442079460070 -> subject.overflow_number
match_call dnis=+442079460001 ani=+447700900001 ext_ref=c3 connector=pbx
----
done subject.overflow_number=+442079460070
done interaction_id=ix_3 result=MATCH_RESULT_REJECTED_FULL subject=sales prompts.0.action=PROMPT_ACTION_TRANSFER_EXTERNAL prompts.0.number=+442079460070

# Who hangs up within five seconds hardly waited. Now there is room.
+4s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1
get_interaction interaction_id=$first.interaction_id -> interaction.end_reason
own: match_call dnis=+442079460001 ani=+447700900001 ext_ref=c4 connector=pbx -> result interaction_id
+5s
report_call_event connector=pbx ext_ref=c4 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1
get_interaction interaction_id=$own.interaction_id -> interaction.end_reason
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction.end_reason=END_REASON_SHORT_ABANDON
done interaction_id=ix_4 result=MATCH_RESULT_MATCHED
done interaction_id=ix_4 state=INTERACTION_STATE_CLOSED
done interaction.end_reason=END_REASON_ABANDONED

# Numbers that lead nowhere, and a subject without a queue.
match_call dnis=+442079461234 ani=+447700900001 ext_ref=c5 connector=pbx
put_subject subject.key=sales -> subject.key
match_call dnis=+442079460080 ani=+447700900001 ext_ref=c6 connector=pbx
----
done interaction_id=ix_5 result=MATCH_RESULT_NO_ROUTE prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=closed prompts.1.action=PROMPT_ACTION_DISCONNECT
done subject.key=sales
done interaction_id=ix_6 result=MATCH_RESULT_NO_ROUTE subject=sales prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=closed prompts.1.action=PROMPT_ACTION_DISCONNECT
