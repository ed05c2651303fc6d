# Three calls, of which Amy has the first, wait in two queues; another has ended.
include agents
put_queue queue.key=billing
put_subject subject.key=billing subject.queue=billing
amy: login agent=amy ready=true -> presence.state
one: enqueue_interaction connector=pbx ext_ref=c1 subject=sales -> state
two: enqueue_interaction connector=pbx ext_ref=c2 subject=sales -> state
chat: enqueue_interaction connector=web ext_ref=c3 subject=billing media=MEDIA_CHAT -> state
call: enqueue_interaction connector=pbx ext_ref=c4 subject=billing -> state
report_call_event connector=pbx ext_ref=c4 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
list_interactions -> items.0.ext_ref items.1.ext_ref items.2.ext_ref next_token
list_interactions queue=sales -> items.0.ext_ref items.1.ext_ref items.2
list_interactions state=INTERACTION_STATE_OFFERED -> items.0.ext_ref items.1
list_interactions state=INTERACTION_STATE_CLOSED -> items.0.ext_ref items.1
list_interactions media=MEDIA_CHAT -> items.0.ext_ref items.1
list_interactions subject=sales state=INTERACTION_STATE_QUEUED -> items.0.ext_ref items.1
list_interactions agent=amy -> items.0.ext_ref items.1
list_interactions agent=bob -> items.0
----
done queue.key=billing queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done subject.key=billing subject.queue=billing subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_CLOSED
done items.0.ext_ref=c3 items.1.ext_ref=c1 items.2.ext_ref=c2
done items.0.ext_ref=c1 items.1.ext_ref=c2
done items.0.ext_ref=c1
done items.0.ext_ref=c4
done items.0.ext_ref=c3
done items.0.ext_ref=c2
done items.0.ext_ref=c1
done

# Page by page; a page goes on behind what has left meanwhile.
page: list_interactions page_size=1 -> items.0.ext_ref items.1
page2: list_interactions page_size=1 page_token=$page.next_token -> items.0.ext_ref items.1
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
list_interactions page_size=1 page_token=$page2.next_token -> items.0.ext_ref next_token
list_interactions queue=billing page_token=$page2.next_token
list_interactions page_token=nonsense
list_interactions state=INTERACTION_STATE_CLOSED page_token=nonsense
list_interactions agent=amy page_token=nonsense
closed: list_interactions state=INTERACTION_STATE_CLOSED page_size=1 -> items.0.ext_ref items.1 next_token
list_interactions state=INTERACTION_STATE_CLOSED page_size=1 page_token=$closed.next_token -> items.0.ext_ref next_token
----
done items.0.ext_ref=c3
done items.0.ext_ref=c1
done state=INTERACTION_STATE_CLOSED
done items.0.ext_ref=c2
refused PAGE_TOKEN field=page_token
refused PAGE_TOKEN field=page_token
refused PAGE_TOKEN field=page_token
refused PAGE_TOKEN field=page_token
done items.0.ext_ref=c1 next_token=ix_1
done items.0.ext_ref=c4

# An agent lists what is hers; who leads others, what is of their line of
# business.
chat2: enqueue_interaction connector=web ext_ref=c5 subject=sales media=MEDIA_CHAT -> state agent
put_principal principal.key=amy principal.roles=ROLE_AGENT -> principal.key
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
put_principal principal.key=pbx principal.roles=ROLE_CONNECTOR -> principal.key
as amy
list_interactions
list_interactions agent=bob
list_interactions agent=amy -> items.0.ext_ref items.1.ext_ref
as sue
list_interactions -> items.0.ext_ref items.1
list_interactions queue=sales -> items.0
list_interactions state=INTERACTION_STATE_CLOSED -> items.0.ext_ref items.1
as pbx
list_interactions
----
done state=INTERACTION_STATE_QUEUED
done principal.key=amy
done principal.key=sue
done principal.key=pbx
refused ROLE field=agent
refused ROLE field=agent
done items.0.ext_ref=c2
done items.0.ext_ref=c3
done
done items.0.ext_ref=c4
refused ROLE
