# Of Amy, Bob and Cat one is kept for those who call: a campaign's third call waits.
include agents
put_queue queue.key=out queue.reserved_inbound_agents=1 -> queue.reserved_inbound_agents
put_subject subject.key=out subject.queue=out -> subject.key
put_agent agent.key=cat agent.skills.0.skill=english agent.skills.0.level=9 -> agent.key
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
cat: login agent=cat ready=true -> presence.state
enqueue_interaction connector=dialer ext_ref=o1 subject=out media=MEDIA_OUTBOUND_VOICE -> state agent
enqueue_interaction connector=dialer ext_ref=o2 subject=out media=MEDIA_OUTBOUND_VOICE -> state agent
third: enqueue_interaction connector=dialer ext_ref=o3 subject=out media=MEDIA_OUTBOUND_VOICE -> state
explain_decision interaction_id=$third.interaction_id agent=cat -> now.candidates about
list_interactions state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1
----
done queue.reserved_inbound_agents=1
done subject.key=out
done agent.key=cat
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=amy
done state=INTERACTION_STATE_OFFERED agent=bob
done state=INTERACTION_STATE_QUEUED
done now.candidates.0.agent=cat now.candidates.0.passed_over=PASSED_OVER_RESERVED_INBOUND now.candidates.0.step=1 now.candidates.1.agent=amy now.candidates.1.passed_over=PASSED_OVER_NO_CAPACITY now.candidates.1.step=1 now.candidates.2.agent=bob now.candidates.2.passed_over=PASSED_OVER_NO_CAPACITY now.candidates.2.step=1 about.agent=cat about.passed_over=PASSED_OVER_RESERVED_INBOUND about.step=1
done items.0.ext_ref=o3

# Cat takes a chat and is kept as before; who calls gets her.
enqueue_interaction connector=pbx ext_ref=m1 subject=sales media=MEDIA_CHAT -> state agent
enqueue_interaction connector=pbx ext_ref=c1 subject=sales -> state agent
list_interactions state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1
----
done state=INTERACTION_STATE_OFFERED agent=cat
done state=INTERACTION_STATE_OFFERED agent=cat
done items.0.ext_ref=o3

# Bob comes back: he is the one who is kept. Amy, too: one of them has the call.
desk: get_desktop agent=bob -> interactions.0.ext_ref
reject_offer session_id=$bob.session_id offer_id=$desk.interactions.0.offer_id -> presence.state
set_ready session_id=$bob.session_id -> presence.state
list_interactions state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1.ext_ref items.2
desk: get_desktop agent=amy -> interactions.0.ext_ref
reject_offer session_id=$amy.session_id offer_id=$desk.interactions.0.offer_id -> presence.state
set_ready session_id=$amy.session_id -> presence.state
list_interactions state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1.ext_ref items.2
----
done interactions.0.ext_ref=o2
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_READY
done items.0.ext_ref=o2 items.1.ext_ref=o3
done interactions.0.ext_ref=o1
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_READY
done items.0.ext_ref=o1 items.1.ext_ref=o3

# Nobody need be kept: the others are asked at once.
put_queue queue.key=out -> queue.key
list_interactions state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1
----
done queue.key=out
done items.0.ext_ref=o3
