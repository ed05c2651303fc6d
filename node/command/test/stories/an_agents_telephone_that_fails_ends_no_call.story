# Amy passes the caller on before her telephone is connected; that it could not
# be is no news of the caller, who waits on. The caller's own failure is.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
transfer_interaction interaction_id=$call.interaction_id subject=sales -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED by=agent event_seq=1 -> state late
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_FAILED by=caller event_seq=2 -> state late
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED late=true
done state=INTERACTION_STATE_CLOSED
