# Amy has passed it on, and the caller hangs up before anybody else has it: it is
# over, and Amy still wraps up what she had.
include agents
put_tenant tenant.key=shop tenant.default_country=GB tenant.quotas.subjects=16 tenant.runtime_retention_ms=10000 -> tenant.runtime_retention_ms
put_subject subject.key=support subject.queue=support
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
transfer_interaction interaction_id=$call.interaction_id subject=support -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
get_desktop agent=amy -> presence.work.0.phase
----
done tenant.runtime_retention_ms=10000
done subject.key=support subject.queue=support subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_CLOSED
done presence.work.0.phase=WORK_PHASE_ACW

# Nor is it forgotten before she has done.
+20s
get_desktop agent=amy -> presence.work.0.phase
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=resolved -> segment.n segment.disposition state
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id -> segment.n segment.acw_state state
get_desktop agent=amy -> presence.state presence.work
+61s
get_interaction interaction_id=$call.interaction_id
----
done presence.work.0.phase=WORK_PHASE_ACW
done segment.n=1 segment.disposition=resolved state=INTERACTION_STATE_CLOSED
done segment.n=1 segment.acw_state=ACW_STATE_DONE state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
refused NOT_FOUND field=interaction_id
