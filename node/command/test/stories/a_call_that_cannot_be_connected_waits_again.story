# Amy's telephone does not answer the bridge: the call keeps its age, and she is
# not asked before she says that it works.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
+1s
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED event_seq=1 -> state
get_interaction interaction_id=$call.interaction_id -> interaction.status interaction.answered_ms interaction.enqueued_ms interaction.segments
get_desktop agent=amy -> presence.state presence.reason presence.work presence.handled
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_QUEUED
done interaction.enqueued_ms=10:00:00 interaction.status=INTERACTION_STATUS_INITIAL interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.step=1
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=connect_failed

# The caller hangs up while an agent is asked.
set_ready session_id=$amy.session_id -> presence.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=2 -> state
get_interaction interaction_id=$call.interaction_id -> interaction.end_reason interaction.segments.0.result
get_desktop agent=amy -> presence.state presence.work
----
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_CLOSED
done interaction.end_reason=END_REASON_ABANDONED_RINGING interaction.segments.0.result=SEGMENT_RESULT_ABANDONED
done presence.state=PRESENCE_STATE_READY

# An agent whose outcome is missing when the time to wrap up ends.
put_tenant tenant.key=shop tenant.default_country=GB tenant.quotas.subjects=16 tenant.unready_after_unset=true -> tenant.unready_after_unset
next: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_ENDED event_seq=1 -> state
+31s
get_interaction interaction_id=$next.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.disposition
get_desktop agent=amy -> presence.state presence.reason
set_not_ready session_id=$amy.session_id reason=rona
set_not_ready session_id=$amy.session_id reason=lunch -> presence.state presence.reason
set_agent_state agent=amy state=PRESENCE_STATE_LOGGED_OUT -> presence.state
----
done tenant.unready_after_unset=true
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_WRAP
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_HANDLED interaction.segments.0.disposition=UNSET
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=wrap_unset
refused REASON_UNKNOWN field=reason
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=lunch
done presence.state=PRESENCE_STATE_LOGGED_OUT
