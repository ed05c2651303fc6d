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

# Without time to wrap up there is half a minute for the outcome.
+10s
set_disposition interaction_id=$call.interaction_id session_id=$bob.session_id code=resolved -> segment state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.segments
transfer_interaction interaction_id=$call.interaction_id subject=support
----

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
