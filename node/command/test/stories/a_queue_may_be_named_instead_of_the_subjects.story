# Carol serves the queue of important customers alone, Amy that of sales. A chat
# that is to wait in the former is for Carol, though its subject is sales.
include agents
put_queue queue.key=vip
put_agent agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.queues=sales
put_agent agent.key=carol agent.skills.0.skill=english agent.skills.0.level=5 agent.queues=vip
amy: login agent=amy ready=true -> presence.state
carol: login agent=carol ready=true -> presence.state
chat: enqueue_interaction media=MEDIA_CHAT subject=sales queue=vip connector=web ext_ref=c1 -> state
get_interaction interaction_id=$chat.interaction_id -> interaction.subject interaction.queue interaction.step interaction.segments
+31s
get_interaction interaction_id=$chat.interaction_id -> interaction.queue interaction.step interaction.state interaction.agent
----
done queue.key=vip queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.queues.0=sales agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10
done agent.key=carol agent.skills.0.skill=english agent.skills.0.level=5 agent.queues.0=vip agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=4 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_QUEUED
done interaction.subject=sales interaction.queue=vip interaction.step=1 interaction.segments.0.n=1 interaction.segments.0.queue=vip interaction.segments.0.subject=sales interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.step=1
done interaction.queue=vip interaction.state=INTERACTION_STATE_OFFERED interaction.step=2 interaction.agent=carol

# She does not take it: it waits where it waited, and so it does when half a
# minute later it is hers again.
desk: get_desktop agent=carol -> presence.work.0.phase
reject_offer offer_id=$desk.presence.work.0.offer_id session_id=$carol.session_id -> presence.state
get_interaction interaction_id=$chat.interaction_id -> interaction.queue interaction.status interaction.state
set_ready session_id=$carol.session_id -> presence.state
heartbeat session_id=$carol.session_id -> presence.state
+30s
desk: get_desktop agent=carol -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$carol.session_id -> interaction.state interaction.queue
----
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.state=PRESENCE_STATE_NOT_READY
done interaction.queue=vip interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.queue=vip interaction.state=INTERACTION_STATE_CONNECTED

# Passed on with the subject alone it goes to the subject's queue; with a queue,
# there.
amy: login agent=amy ready=true -> presence.state
transfer_interaction interaction_id=$chat.interaction_id subject=sales -> interaction.state interaction.queue interaction.agent
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
transfer_interaction interaction_id=$chat.interaction_id subject=sales queue=vip -> interaction.state interaction.queue interaction.segments.2.queue interaction.segments.2.subject
heartbeat session_id=$carol.session_id -> presence.state
+30s
get_interaction interaction_id=$chat.interaction_id -> interaction.queue interaction.step interaction.state interaction.agent
----
done presence.state=PRESENCE_STATE_READY
done interaction.queue=sales interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done interaction.queue=vip interaction.state=INTERACTION_STATE_QUEUED interaction.segments.2.queue=vip interaction.segments.2.subject=sales
done presence.state=PRESENCE_STATE_READY
done interaction.queue=vip interaction.state=INTERACTION_STATE_OFFERED interaction.step=2 interaction.agent=carol

# It must be there, in use, open, and have room.
put_hours hours.key=office hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
put_queue queue.key=shut queue.hours=office
put_queue queue.key=gone queue.disabled=true
put_queue queue.key=small queue.max_waiting=1
enqueue_interaction media=MEDIA_CHAT subject=sales queue=nowhere connector=web ext_ref=c2
enqueue_interaction media=MEDIA_CHAT subject=sales queue=gone connector=web ext_ref=c2
enqueue_interaction media=MEDIA_CHAT subject=sales queue=shut connector=web ext_ref=c2
enqueue_interaction media=MEDIA_CHAT subject=nothing queue=vip connector=web ext_ref=c2
enqueue_interaction media=MEDIA_CHAT subject=sales queue=small connector=web ext_ref=c2 -> state
enqueue_interaction media=MEDIA_CHAT subject=sales queue=small connector=web ext_ref=c3
desk: get_desktop agent=carol -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$carol.session_id -> interaction.state
transfer_interaction interaction_id=$chat.interaction_id subject=sales queue=nowhere
transfer_interaction interaction_id=$chat.interaction_id subject=sales queue=gone
transfer_interaction interaction_id=$chat.interaction_id subject=sales queue=small
transfer_interaction interaction_id=$chat.interaction_id subject=nothing queue=vip
get_interaction interaction_id=$chat.interaction_id -> interaction.state interaction.queue interaction.agent
----
done hours.key=office hours.time_zone=UTC hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
done queue.key=shut queue.hours=office queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done queue.key=gone queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE queue.disabled=true
done queue.key=small queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=1 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
refused QUEUE_UNKNOWN field=queue
refused QUEUE_UNKNOWN field=queue
refused OUT_OF_HOURS field=queue
refused SUBJECT_UNKNOWN field=subject
done state=INTERACTION_STATE_QUEUED
refused QUEUE_FULL field=queue
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
refused QUEUE_UNKNOWN field=queue
refused QUEUE_UNKNOWN field=queue
refused QUEUE_FULL field=queue
refused SUBJECT_UNKNOWN field=subject
done interaction.queue=vip interaction.state=INTERACTION_STATE_CONNECTED interaction.agent=carol
