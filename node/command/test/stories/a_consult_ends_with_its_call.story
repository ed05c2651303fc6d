# Amy asks Bob, who is asked when her call fails to be connected, is passed on,
# or is sent elsewhere: he is free again each time.
include agents
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED by=agent event_seq=1 -> state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.end_reason
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_NOT_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done consult.state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CANCELLED

set_ready session_id=$amy.session_id -> presence.state
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
set_ready session_id=$bob.session_id -> presence.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
transfer_interaction interaction_id=$asked.consult.interaction_id subject=sales
transfer_external interaction_id=$asked.consult.interaction_id number=+442079460777
consult interaction_id=$asked.consult.interaction_id session_id=$bob.session_id agent=amy
transfer_interaction interaction_id=$call.interaction_id subject=sales -> interaction.state interaction.agent
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.segments.0.result
get_desktop agent=bob -> presence.work
----
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
refused BAD_STATE
refused BAD_STATE
refused BAD_STATE field=interaction_id
done interaction.state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_CLOSED interaction.segments.0.result=SEGMENT_RESULT_CONSULTED
done

# Her desktop goes, and the two calls stay; she comes again, and ends them.
+31s
set_not_ready session_id=$bob.session_id reason=lunch -> presence.state
amy: login agent=amy ready=true -> presence.state
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
set_ready session_id=$bob.session_id -> presence.state
asked: consult interaction_id=$call.interaction_id session_id=$amy.session_id agent=bob -> consult.state
accept_offer offer_id=$asked.consult.offer_id session_id=$bob.session_id -> interaction.state
logout session_id=$amy.session_id force=true -> presence.state
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state
amy: login agent=amy -> presence.state presence.work
transfer_external interaction_id=$call.interaction_id number=+442079460777 -> interaction.state interaction.end_reason
get_interaction interaction_id=$asked.consult.interaction_id -> interaction.state interaction.segments.0.result
----
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done consult.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_LOGGED_OUT
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_NOT_READY presence.work.0.interaction_id=ix_1 presence.work.0.segment=2 presence.work.0.media=MEDIA_VOICE presence.work.0.phase=WORK_PHASE_ACTIVE presence.work.0.since_ms=10:00:31
done interaction.state=INTERACTION_STATE_WRAP interaction.end_reason=END_REASON_TRANSFERRED_EXTERNAL
done interaction.state=INTERACTION_STATE_CLOSED interaction.segments.0.result=SEGMENT_RESULT_CONSULTED
