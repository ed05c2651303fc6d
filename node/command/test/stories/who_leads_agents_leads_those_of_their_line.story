# Sue leads who serves billing, and Bob, who serves every queue; not Amy, who
# serves sales alone. Nor does she touch what waits for sales, unless it is hers.
include agents
put_queue queue.key=billing -> queue.key
put_agent agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.queues=sales -> agent.key
put_agent agent.key=sue -> agent.key
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
put_principal principal.key=sam principal.roles=ROLE_SUPERVISOR principal.lob=sales -> principal.key
amy: login agent=amy -> presence.state
bob: login agent=bob -> presence.state
call: enqueue_interaction connector=pbx ext_ref=c1 subject=sales -> state
as sue
list_presences -> items.0.agent items.1.agent
login agent=amy
set_ready session_id=$amy.session_id
set_agent_state agent=amy state=PRESENCE_STATE_READY
set_agent_state agent=bob state=PRESENCE_STATE_NOT_READY reason=meeting -> presence.state
put_agent agent.key=amy agent.queues=billing
put_agent agent.key=eve agent.queues=sales
put_agent agent.key=eve agent.queues=sales,billing -> agent.key
set_routing interaction_id=$call.interaction_id priority_delta=100
cancel_interaction interaction_id=$call.interaction_id
as sam
list_presences -> items.0.agent items.1.agent
set_agent_state agent=amy state=PRESENCE_STATE_READY -> presence.state
cancel_interaction interaction_id=$call.interaction_id -> interaction.state
----
done queue.key=billing
done agent.key=amy
done agent.key=sue
done principal.key=sue
done principal.key=sam
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_NOT_READY
done state=INTERACTION_STATE_QUEUED
done items.0.agent=bob
refused LOB field=agent
refused LOB field=session_id
refused LOB field=agent
done presence.state=PRESENCE_STATE_NOT_READY
refused LOB field=agent.key
refused LOB field=agent.queues
done agent.key=eve
refused LOB field=interaction_id
refused LOB field=interaction_id
done items.0.agent=amy items.1.agent=bob
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_CLOSED
