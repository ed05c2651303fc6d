# Amy talks, and Bob is asked: Bob leaves at once, and what he was asked for waits
# again; Amy leaves when she has done.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
amy: login agent=amy ready=true -> presence.state
first: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
bob: login agent=bob ready=true -> presence.state
second: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
get_interaction interaction_id=$second.interaction_id -> interaction.state interaction.agent
put_agent agent.key=bob agent.disabled=true -> agent.disabled
get_desktop agent=bob -> presence.state presence.work
get_interaction interaction_id=$second.interaction_id -> interaction.state interaction.status
import_config items.0.agent.key=amy items.0.agent.disabled=true
get_desktop agent=amy -> presence.state presence.reason presence.logout_pending presence.work.0.phase
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_desktop agent=amy -> presence.state presence.work
login agent=amy
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
done agent.disabled=true
done presence.state=PRESENCE_STATE_LOGGED_OUT
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_INITIAL
done updated=1
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=logout_pending presence.work.0.phase=WORK_PHASE_ACTIVE presence.logout_pending=true
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_LOGGED_OUT
refused BAD_STATE field=agent
