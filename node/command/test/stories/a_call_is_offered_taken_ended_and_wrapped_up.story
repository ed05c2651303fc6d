# The visit's call goes to Amy, who has the skill; what she is shown is what the
# visitor told.
include agents
ann: allocate_number subject=sales customer_phone=+447700900001 first_name=Ann customer_id=c77 origin=ORIGIN_WEB context.page_url=/sale/1 -> number
amy: login agent=amy device=desk-1 ready=true
call: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work interactions.0.state interactions.0.priority
+3s
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id
----
done number=+442079460001
done session_id=se_1 presence.agent=amy presence.state=PRESENCE_STATE_READY presence.since_ms=10:00:00 presence.ready_since_ms=10:00:00 presence.device=desk-1 presence.login_ms=10:00:00 presence.heartbeat_ms=10:00:00 heartbeat_ms=45000
done result=MATCH_RESULT_MATCHED
done presence.work.0.interaction_id=ix_1 presence.work.0.segment=1 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_OFFERED presence.work.0.since_ms=10:00:00 presence.work.0.offer_id=of_1 interactions.0.state=INTERACTION_STATE_OFFERED interactions.0.priority=100
done interaction.interaction_id=ix_1 interaction.subject=sales interaction.queue=sales interaction.allocation_id=al_1 interaction.connector=pbx interaction.ext_ref=c1 interaction.ani=+447700900001 interaction.dnis=+442079460001 interaction.state=INTERACTION_STATE_CONNECTED interaction.attached.page_url=/sale/1 interaction.enqueued_ms=10:00:00 interaction.media=MEDIA_VOICE interaction.status=INTERACTION_STATUS_INITIAL interaction.priority=100 interaction.step=1 interaction.agent=amy interaction.answered_ms=10:00:03 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.agent=amy interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.answered_ms=10:00:03 interaction.segments.0.step=1 customer.customer_id=c77 customer.first_name=Ann customer.phone=+447700900001 wait_ms=3000

# They speak for a minute, half of it on hold, and she wraps up.
+20s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_HELD event_seq=1 -> state late
+30s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_RETRIEVED event_seq=2 -> state
+10s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=3 -> state
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=nonsense
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=resolved note=Sold. -> segment.disposition state
+5s
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id -> segment state
get_desktop agent=amy -> presence.state presence.work presence.handled
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.answered_ms interaction.ended_ms
----
done state=INTERACTION_STATE_HELD
done state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_WRAP
refused BAD_STATE field=disposition
refused INVALID field=code
done segment.disposition=resolved state=INTERACTION_STATE_WRAP
done segment.n=1 segment.queue=sales segment.subject=sales segment.agent=amy segment.enqueued_ms=10:00:00 segment.offered_ms=10:00:00 segment.answered_ms=10:00:03 segment.ended_ms=10:01:03 segment.hold_ms=30000 segment.talk_ms=30000 segment.acw_ms=5000 segment.acw_state=ACW_STATE_DONE segment.disposition=resolved segment.note=Sold. segment.result=SEGMENT_RESULT_HANDLED segment.step=1 state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_NOT_READY presence.handled=1
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED interaction.answered_ms=10:00:03 interaction.ended_ms=10:01:03

# What is told twice, or too late, is acknowledged and changes nothing.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=3
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_HELD event_seq=4
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_RECORDED event_seq=5 recording_ref=s3://1 -> late
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id
+23h
amy: login agent=amy -> presence.state
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=unresolved -> segment.disposition state
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=callback -> segment.disposition
+2h
amy: login agent=amy -> presence.state
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=resolved
----
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED
done interaction_id=ix_1 state=INTERACTION_STATE_CLOSED late=true
done
refused BAD_STATE field=interaction_id
done presence.state=PRESENCE_STATE_NOT_READY
done segment.disposition=unresolved state=INTERACTION_STATE_CLOSED
done segment.disposition=callback
done presence.state=PRESENCE_STATE_NOT_READY
refused BAD_STATE field=interaction_id
