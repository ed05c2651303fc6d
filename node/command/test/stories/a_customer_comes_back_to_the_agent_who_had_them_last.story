# Bob has had the customer; he gets them again, though Amy is better, has waited
# longer, and Bob is not meant yet. A stranger comes to Amy.
include agents
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_PREFER -> queue.last_agent_mode
bob: login agent=bob ready=true -> presence.state
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=7 subject.steps.0.timeout_ms=30000 subject.steps.1.requirements.0.skill=english -> subject.key
amy: login agent=amy ready=true -> presence.state
again: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c2 connector=pbx -> result
get_interaction interaction_id=$again.interaction_id -> interaction.state interaction.agent
other: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c3 connector=pbx -> result
get_interaction interaction_id=$other.interaction_id -> interaction.state interaction.agent
----
done queue.last_agent_mode=LAST_AGENT_MODE_PREFER
done presence.state=PRESENCE_STATE_READY
done subject.key=sales
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy

# Who does not take it is not the one any more; nor who is at something else.
reject: get_desktop agent=bob -> presence.work.0.phase
reject_offer offer_id=$reject.presence.work.0.offer_id session_id=$bob.session_id -> presence.reason
get_interaction interaction_id=$again.interaction_id -> interaction.state interaction.status
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
report_call_event connector=pbx ext_ref=c3 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
third: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c4 connector=pbx -> result
get_interaction interaction_id=$third.interaction_id -> interaction.state interaction.agent
report_call_event connector=pbx ext_ref=c4 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
----
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.reason=rona
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_CLOSED
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
done state=INTERACTION_STATE_CLOSED

# It is remembered for 72 hours, to the millisecond; the queue asks for it, and
# the customer has a name.
put_queue queue.key=sales -> queue.last_agent_mode
set_ready session_id=$bob.session_id -> presence.state
off: enqueue_interaction subject=sales connector=pbx ext_ref=c5 customer.phone=+447700900001 -> state agent
report_call_event connector=pbx ext_ref=c5 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_PREFER -> queue.last_agent_mode
named: enqueue_interaction subject=sales connector=pbx ext_ref=c6 customer.customer_id=+447700900001 -> state agent
report_call_event connector=pbx ext_ref=c6 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
+259200s
bob: login agent=bob ready=true -> presence.state
amy: login agent=amy ready=true -> presence.state
within: enqueue_interaction subject=sales connector=pbx ext_ref=c7 customer.phone=+447700900001 -> state agent
report_call_event connector=pbx ext_ref=c7 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
+1ms
after: enqueue_interaction subject=sales connector=pbx ext_ref=c8 customer.phone=+447700900001 -> state agent
----
done queue.last_agent_mode=LAST_AGENT_MODE_OFF
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=amy
done state=INTERACTION_STATE_CLOSED
done queue.last_agent_mode=LAST_AGENT_MODE_PREFER
done state=INTERACTION_STATE_OFFERED agent=amy
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=bob
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_OFFERED agent=amy
