# A call that no agent can take waits, until one can.
include agents
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_interaction interaction_id=$call.interaction_id -> interaction.state
put_agent agent.key=bob agent.skills.0.skill=english agent.skills.0.level=7 -> agent.key
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.step interaction.agent
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED
done agent.key=bob
done interaction.state=INTERACTION_STATE_OFFERED interaction.step=1 interaction.agent=bob
