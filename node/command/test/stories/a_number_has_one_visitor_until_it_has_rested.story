# Ann gets the number, and is shown whole to whoever answers her call.
include shop
ann: allocate_number page_url=https://shop.example/sale/shoes?ref=mail customer_phone=+447700900001 first_name=Ann context.basket=42 origin=ORIGIN_WEB
get_number number=+442079460001 -> number.state number.allocation_id
----
done allocation_id=al_1 number=+442079460001 tel_uri=tel:+442079460001 expires_ms=10:10:00 subject=sales decision_id=dc_al_1.1 visit_token=token_1
done number.state=NUMBER_STATE_RESERVED number.allocation_id=al_1

# While she holds it, nobody else can have it.
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
----
refused POOL_EMPTY

+30s
call: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id
get_allocation allocation_id=$ann.allocation_id
get_number number=+442079460001 -> number.state
----
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1
done interaction.interaction_id=ix_1 interaction.subject=sales interaction.queue=sales interaction.allocation_id=al_1 interaction.connector=pbx interaction.ext_ref=c1 interaction.ani=+447700900001 interaction.dnis=+442079460001 interaction.state=INTERACTION_STATE_QUEUED interaction.attached.basket=42 interaction.attached.page_url=https://shop.example/sale/shoes?ref=mail interaction.enqueued_ms=10:00:30 interaction.media=MEDIA_VOICE interaction.status=INTERACTION_STATUS_INITIAL interaction.priority=100 interaction.step=1 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.enqueued_ms=10:00:30 interaction.segments.0.step=1
done allocation.allocation_id=al_1 allocation.pool=visitors allocation.subject=sales allocation.mode=MATCH_MODE_DNIS allocation.number=+442079460001 allocation.customer_phone=+447700900001 allocation.first_name=Ann allocation.context.basket=42 allocation.context.page_url=https://shop.example/sale/shoes?ref=mail allocation.origin=ORIGIN_WEB allocation.state=ALLOCATION_STATE_MATCHED allocation.expires_ms=10:10:00 allocation.matched_ms=10:00:30 allocation.interaction_id=ix_1 allocation.matched_ani=+447700900001 allocation.live_calls=1
done number.state=NUMBER_STATE_IN_CALL

# Nor while her call is up.
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
----
refused POOL_EMPTY

+2m
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.closed_ms
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.live_calls allocation.grace_until_ms
get_number number=+442079460001 -> number.state number.quarantine_until_ms
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_ABANDONED interaction.closed_ms=10:02:30
done allocation.state=ALLOCATION_STATE_RELEASED allocation.grace_until_ms=10:04:30
done number.state=NUMBER_STATE_QUARANTINED number.quarantine_until_ms=10:04:30

# It rests for two minutes from the end of the call, and not a millisecond less.
+119999ms
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB
+1ms
allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> number expires_ms
----
refused POOL_EMPTY
done number=+442079460001 expires_ms=10:14:30
