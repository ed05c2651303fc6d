# Somebody else calls Ann's number: it may be Ann from her desk. By default he
# is shown as a visitor of the page, and nothing else of hers.
include shop
ann: allocate_number subject=sales page_url=https://shop.example/sale?mail=ann@example.org#top customer_phone=+447700900001 email=ann@example.org context.basket=42 origin=ORIGIN_WEB -> allocation_id number expires_ms
desk: match_call dnis=$ann.number ani=+442079460999 ext_ref=c1 connector=pbx sip.trunk=west
get_interaction interaction_id=$desk.interaction_id
----
done allocation_id=al_1 number=+442079460001 expires_ms=10:10:00
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 ani_mismatch=true withheld=true
done interaction.interaction_id=ix_1 interaction.subject=sales interaction.queue=sales interaction.allocation_id=al_1 interaction.connector=pbx interaction.ext_ref=c1 interaction.ani=+442079460999 interaction.dnis=+442079460001 interaction.state=INTERACTION_STATE_QUEUED interaction.ani_mismatch=true interaction.withheld=true interaction.attached.page_url=https://shop.example/sale interaction.attached.trunk=west interaction.enqueued_ms=10:00:00 interaction.media=MEDIA_VOICE interaction.status=INTERACTION_STATUS_INITIAL interaction.priority=100 interaction.step=1 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.step=1

# He redials, and is shown what he was shown; Ann redials, and is shown all.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1
+1m
desk2: match_call dnis=$ann.number ani=+442079460999 ext_ref=c2 connector=pbx
get_interaction interaction_id=$desk2.interaction_id -> interaction.attached
own: match_call dnis=$ann.number ani=+447700900001 ext_ref=c3 connector=pbx
get_interaction interaction_id=$own.interaction_id -> interaction.attached
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_2 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 ani_mismatch=true redial=true withheld=true
done interaction.attached.page_url=https://shop.example/sale
done interaction_id=ix_3 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 redial=true
done interaction.attached.basket=42 interaction.attached.page_url=https://shop.example/sale?mail=ann@example.org#top

# After a withheld call neither grace nor quarantine ends before Ann's own call
# would have been too late, ten minutes after she asked.
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_ENDED event_seq=1
report_call_event connector=pbx ext_ref=c3 event=CALL_EVENT_ENDED event_seq=1
get_allocation allocation_id=$ann.allocation_id -> allocation.state allocation.grace_until_ms
get_number number=+442079460001 -> number.state number.quarantine_until_ms
----
done interaction_id=ix_2 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_3 state=INTERACTION_STATE_CLOSED
done allocation.state=ALLOCATION_STATE_RELEASED allocation.grace_until_ms=10:10:00
done number.state=NUMBER_STATE_QUARANTINED number.quarantine_until_ms=10:10:00

# A caller who hides his number is another one, too.
+10m
bob: allocate_number subject=sales customer_phone=+447700900004 context.basket=9 origin=ORIGIN_WEB -> number
match_call dnis=$bob.number ext_ref=c4 connector=pbx
----
done number=+442079460001
done interaction_id=ix_4 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_2 ani_mismatch=true withheld=true
