# Amy passes it on to support, and wraps up what she had; Bob takes it.
include agents
put_subject subject.key=support subject.queue=support subject.no_acw=true
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+60s
transfer_interaction interaction_id=$call.interaction_id subject=support -> interaction.state interaction.subject interaction.queue interaction.enqueued_ms interaction.segments
get_desktop agent=amy -> presence.work.0.phase
bob: login agent=bob ready=true -> presence.work.0.phase
desk: get_desktop agent=bob -> presence.work.0.segment
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=resolved -> segment.n segment.disposition state
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id -> segment.n segment.acw_state state
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
+30s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
----
done subject.key=support subject.queue=support subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200 subject.no_acw=true
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.subject=support interaction.queue=support interaction.state=INTERACTION_STATE_QUEUED interaction.enqueued_ms=10:00:00 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.agent=amy interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.answered_ms=10:00:00 interaction.segments.0.ended_ms=10:01:00 interaction.segments.0.talk_ms=60000 interaction.segments.0.acw_state=ACW_STATE_ACW interaction.segments.0.result=SEGMENT_RESULT_TRANSFERRED interaction.segments.0.step=1 interaction.segments.1.n=2 interaction.segments.1.queue=support interaction.segments.1.subject=support interaction.segments.1.enqueued_ms=10:01:00 interaction.segments.1.step=1
done presence.work.0.phase=WORK_PHASE_ACW
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.work.0.segment=2
done segment.n=1 segment.disposition=resolved state=INTERACTION_STATE_OFFERED
done segment.n=1 segment.acw_state=ACW_STATE_DONE state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_WRAP

# Without time to wrap up there is half a minute for the outcome.
+10s
set_disposition interaction_id=$call.interaction_id session_id=$bob.session_id code=resolved -> segment state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.segments
transfer_interaction interaction_id=$call.interaction_id subject=support
----
done segment.n=2 segment.queue=support segment.subject=support segment.agent=bob segment.enqueued_ms=10:01:00 segment.offered_ms=10:01:00 segment.answered_ms=10:01:00 segment.ended_ms=10:01:30 segment.talk_ms=30000 segment.acw_ms=10000 segment.acw_state=ACW_STATE_DONE segment.disposition=resolved segment.result=SEGMENT_RESULT_HANDLED segment.step=1 state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.agent=amy interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.answered_ms=10:00:00 interaction.segments.0.ended_ms=10:01:00 interaction.segments.0.talk_ms=60000 interaction.segments.0.acw_state=ACW_STATE_DONE interaction.segments.0.disposition=resolved interaction.segments.0.result=SEGMENT_RESULT_TRANSFERRED interaction.segments.0.step=1 interaction.segments.1.n=2 interaction.segments.1.queue=support interaction.segments.1.subject=support interaction.segments.1.agent=bob interaction.segments.1.enqueued_ms=10:01:00 interaction.segments.1.offered_ms=10:01:00 interaction.segments.1.answered_ms=10:01:00 interaction.segments.1.ended_ms=10:01:30 interaction.segments.1.talk_ms=30000 interaction.segments.1.acw_ms=10000 interaction.segments.1.acw_state=ACW_STATE_DONE interaction.segments.1.disposition=resolved interaction.segments.1.result=SEGMENT_RESULT_HANDLED interaction.segments.1.step=1
refused BAD_STATE

# Out of the house: it is over for us, but for its wrap-up.
amy: login agent=amy ready=true -> presence.state
out: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
transfer_external interaction_id=$out.interaction_id number=+442079460070
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
transfer_external interaction_id=$out.interaction_id number=+442079460070 -> interaction.state interaction.transferred_to interaction.end_reason
+31s
get_interaction interaction_id=$out.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.disposition
get_desktop agent=amy -> presence.state presence.work
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
refused BAD_STATE
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_WRAP interaction.end_reason=END_REASON_TRANSFERRED_EXTERNAL interaction.transferred_to=+442079460070
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_TRANSFERRED_EXTERNAL interaction.segments.0.disposition=UNSET
done presence.state=PRESENCE_STATE_READY
