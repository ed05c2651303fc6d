# Nobody is there. Three calls wait for the same agents, one for others.
include agents
put_queue queue.key=billing
put_subject subject.key=billing subject.queue=billing
one: enqueue_interaction connector=pbx ext_ref=c1 subject=sales -> state
two: enqueue_interaction connector=pbx ext_ref=c2 subject=sales -> state
three: enqueue_interaction connector=pbx ext_ref=c3 subject=sales priority_delta=50 -> state
other: enqueue_interaction connector=pbx ext_ref=c4 subject=billing -> state
get_position interaction_id=$one.interaction_id
get_position interaction_id=$two.interaction_id
get_position interaction_id=$three.interaction_id
get_position interaction_id=$other.interaction_id
get_position interaction_id=ix_0000000000000
----
done queue.key=billing queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done subject.key=billing subject.queue=billing subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done interaction_id=ix_1 state=INTERACTION_STATE_QUEUED queue=sales position=2
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED queue=sales position=3
done interaction_id=ix_3 state=INTERACTION_STATE_QUEUED queue=sales position=1
done interaction_id=ix_4 state=INTERACTION_STATE_QUEUED queue=billing position=1
refused NOT_FOUND field=interaction_id

# Amy comes, and is asked for the most urgent one; the others move up.
login agent=amy ready=true -> presence.work.0.interaction_id
get_position interaction_id=$three.interaction_id
get_position interaction_id=$two.interaction_id -> position
set_routing interaction_id=$two.interaction_id age_adjust_ms=60000 -> interaction.age_adjust_ms
get_position interaction_id=$two.interaction_id -> position
get_position interaction_id=$one.interaction_id -> position
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
as sue
get_position interaction_id=$two.interaction_id
----
done presence.work.0.interaction_id=ix_3
done interaction_id=ix_3 state=INTERACTION_STATE_OFFERED queue=sales
done position=2
done interaction.age_adjust_ms=60000
done position=1
done position=2
done principal.key=sue
refused LOB field=interaction_id
