# Amy is free, so the call does not wait: the caller is told that the code was
# right all the same.
include routing
include codes
put_queue queue.key=sales
put_agent agent.key=amy
login agent=amy ready=true -> presence.state
ann: allocate_number subject=sales customer_phone=+447700900001 mode=MATCH_MODE_ACCESS_CODE origin=ORIGIN_WEB -> number access_code
call: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx -> result
submit_digits interaction_id=$call.interaction_id digits=$ann.access_code -> result allocation_id
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.agent
----
done queue.key=sales queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done agent.key=amy agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10
done presence.state=PRESENCE_STATE_READY
done number=+442079460090 access_code=966714
done result=MATCH_RESULT_NEED_CODE
done result=DIGITS_RESULT_OK allocation_id=al_1
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
