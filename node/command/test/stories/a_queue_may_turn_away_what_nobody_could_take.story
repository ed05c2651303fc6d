# Nobody is there: the call is turned away, and so is what would be passed on
# there. What waits waits on.
include agents
put_queue queue.key=sales queue.accept_when_no_agents=WHEN_NO_AGENTS_CALLBACK
put_queue queue.key=sales queue.accept_when_no_agents=WHEN_NO_AGENTS_REJECT -> queue.accept_when_no_agents
put_queue queue.key=other -> queue.accept_when_no_agents
put_subject subject.key=other subject.queue=other -> subject.key
visit: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
get_channel_availability subject=sales -> channels.0.enabled channels.0.reason
call: match_call dnis=+442079460001 ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id -> interaction.end_reason
get_allocation allocation_id=$visit.allocation_id -> allocation.state
enqueue_interaction connector=pbx ext_ref=c2 subject=sales
enqueue_interaction connector=pbx ext_ref=c3 subject=other queue=sales
simulate_route subject=sales -> state end_reason
amy: login agent=amy -> presence.state
enqueue_interaction connector=pbx ext_ref=c4 subject=sales
----
refused INVALID field=queue.accept_when_no_agents
done queue.accept_when_no_agents=WHEN_NO_AGENTS_REJECT
done queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done subject.key=other
done number=+442079460001
done channels.0.reason=UNAVAILABLE_NO_AGENTS
done interaction_id=ix_1 result=MATCH_RESULT_NO_AGENTS subject=sales prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=closed prompts.1.action=PROMPT_ACTION_DISCONNECT
done interaction.end_reason=END_REASON_NO_AGENTS
done allocation.state=ALLOCATION_STATE_RESERVED
refused NO_AGENTS field=subject
refused NO_AGENTS field=queue
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_NO_AGENTS
done presence.state=PRESENCE_STATE_NOT_READY
refused NO_AGENTS field=subject

# Who is ready, and be it with a call, is there; and who could take it at the last
# step is enough.
bob: login agent=bob ready=true -> presence.state
get_channel_availability subject=sales -> channels.0.enabled channels.0.reason
busy: enqueue_interaction connector=pbx ext_ref=c5 subject=other -> state agent
waits: enqueue_interaction connector=pbx ext_ref=c6 subject=sales -> state
logout session_id=$bob.session_id force=true -> presence.state
get_interaction interaction_id=$waits.interaction_id -> interaction.state
enqueue_interaction connector=pbx ext_ref=c7 subject=sales
----
done presence.state=PRESENCE_STATE_READY
done channels.0.enabled=true
done state=INTERACTION_STATE_OFFERED agent=bob
done state=INTERACTION_STATE_QUEUED
done presence.state=PRESENCE_STATE_LOGGED_OUT
done interaction.state=INTERACTION_STATE_QUEUED
refused NO_AGENTS field=subject

# It is the same for what is passed on; and with a number outside, calls go there.
amy: login agent=amy ready=true -> presence.state
desk: get_desktop agent=amy -> interactions.0.ext_ref
accept_offer session_id=$amy.session_id offer_id=$desk.interactions.0.offer_id -> interaction.state
put_subject subject.key=bob subject.queue=sales subject.steps.0.agents=bob -> subject.key
transfer_interaction interaction_id=$desk.interactions.0.interaction_id subject=bob
put_subject subject.key=bob subject.queue=sales subject.steps.0.agents=bob subject.overflow_number=+442079460070 -> subject.key
put_number number.number=+442079460081 number.kind=NUMBER_KIND_STATIC number.subject=bob -> number.number
match_call dnis=+442079460081 ani=+447700900009 ext_ref=c8 connector=pbx
simulate_route subject=bob -> state end_reason overflow_number
----
done presence.state=PRESENCE_STATE_READY
done interactions.0.ext_ref=c5
done interaction.state=INTERACTION_STATE_CONNECTED
done subject.key=bob
refused NO_AGENTS field=subject
done subject.key=bob
done number.number=+442079460081
done interaction_id=ix_2 result=MATCH_RESULT_REJECTED_FULL subject=bob prompts.0.action=PROMPT_ACTION_TRANSFER_EXTERNAL prompts.0.number=+442079460070
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_OVERFLOW_EXTERNAL overflow_number=+442079460070
