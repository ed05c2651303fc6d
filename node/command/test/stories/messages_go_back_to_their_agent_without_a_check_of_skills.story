# Bob has had the customer, and has forgotten his English since.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.steps.0.requirements.0.skill=english -> subject.key
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_PREFER -> queue.last_agent_mode
bob: login agent=bob ready=true -> presence.state
enqueue_interaction media=MEDIA_MESSAGE subject=sales connector=web ext_ref=m1 customer.email=ann@example.org -> state agent
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
report_call_event connector=web ext_ref=m1 event=CALL_EVENT_ENDED event_seq=1 -> state
put_agent agent.key=bob agent.contact=sip:bob -> agent.key
enqueue_interaction media=MEDIA_MESSAGE subject=sales connector=web ext_ref=m2 customer.email=ann@example.org -> state agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w1 customer.email=ann@example.org -> state agent
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.steps.0.requirements.0.skill=english subject.last_agent_skill_check=true -> subject.key
enqueue_interaction media=MEDIA_MESSAGE subject=sales connector=web ext_ref=m3 customer.email=ann@example.org -> state agent
----
done subject.key=sales
done queue.last_agent_mode=LAST_AGENT_MODE_PREFER
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=bob
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done agent.key=bob
done state=INTERACTION_STATE_OFFERED agent=bob
done state=INTERACTION_STATE_QUEUED
done subject.key=sales
done state=INTERACTION_STATE_QUEUED
