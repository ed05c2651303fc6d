include routing
put_skill skill.key=sales skill.level_max=5
put_skill skill.key=spanish
put_agent agent.key=ann agent.skills.0.skill=sales agent.skills.0.level=5 agent.skills.1.skill=spanish agent.skills.1.level=10
put_agent agent.key=bob agent.skills.0.skill=sales agent.skills.0.level=6
put_agent agent.key=bob agent.skills.0.skill=sales agent.skills.1.skill=french
put_agent agent.key=bob agent.skills.0.skill=sales agent.skills.1.skill=sales
put_skill skill.key=sales skill.level_max=4
get_agent key=ann -> agent.skills.0.level
get_agent key=bob
get_skill key=french
----
done skill.key=sales skill.level_max=5
done skill.key=spanish skill.level_max=10
done agent.key=ann agent.skills.0.skill=sales agent.skills.0.level=5 agent.skills.1.skill=spanish agent.skills.1.level=10 agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10
refused INVALID field=agent.skills[0].level
refused SKILL_UNKNOWN field=agent.skills[1].skill
refused INVALID field=agent.skills[1].skill
refused IN_USE field=skill.level_max
done agent.skills.0.level=5
refused NOT_FOUND field=key
refused SKILL_UNKNOWN field=key
