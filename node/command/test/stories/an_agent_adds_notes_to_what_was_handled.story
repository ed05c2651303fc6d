# Notes are added below each other, before and after the outcome is told.
include agents
put_disposition_set disposition_set.key=default disposition_set.dispositions.0.code=sold disposition_set.dispositions.0.requires_note=true -> disposition_set.key
amy: login agent=amy ready=true -> presence.state
call: enqueue_interaction connector=pbx ext_ref=c1 subject=sales -> offer_id
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=early
accept_offer offer_id=$call.offer_id session_id=$amy.session_id -> interaction.state
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=sold
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=first -> segment.note state
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=second -> segment.note
set_disposition interaction_id=$call.interaction_id session_id=$amy.session_id code=sold -> segment.note segment.disposition
add_note interaction_id=$call.interaction_id session_id=nobody note=x
add_note interaction_id=ix_0000000000000 session_id=$amy.session_id note=x
bob: login agent=bob -> presence.state
add_note interaction_id=$call.interaction_id session_id=$bob.session_id note=x
----
done disposition_set.key=default
done presence.state=PRESENCE_STATE_READY
done offer_id=of_1
refused NOT_FOUND field=interaction_id
done interaction.state=INTERACTION_STATE_CONNECTED
refused INVALID field=note
done segment.note=first state=INTERACTION_STATE_CONNECTED
done segment.note=first
second
done segment.disposition=sold segment.note=first
second
refused SESSION_REPLACED field=session_id
refused NOT_FOUND field=interaction_id
done presence.state=PRESENCE_STATE_NOT_READY
refused NOT_FOUND field=interaction_id

# The whole is bounded, and so is the time.
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
wrap_up_done interaction_id=$call.interaction_id session_id=$amy.session_id -> state
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=third -> segment.note state
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
+25h
amy: login agent=amy -> presence.state
add_note interaction_id=$call.interaction_id session_id=$amy.session_id note=late
----
done state=INTERACTION_STATE_WRAP
done state=INTERACTION_STATE_CLOSED
done segment.note=first
second
third state=INTERACTION_STATE_CLOSED
refused INVALID field=note
done presence.state=PRESENCE_STATE_NOT_READY
refused BAD_STATE field=interaction_id
