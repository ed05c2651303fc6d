# Amy may have one chat. The one that she passes on waits as if it had just come,
# and she serves where it goes: who has waited for her meanwhile comes first.
include agents
put_subject subject.key=support subject.queue=support subject.no_acw=true subject.disposition_optional=true subject.transfer_resets_age=true
put_agent agent.key=amy agent.media_caps.chat=1
amy: login agent=amy ready=true -> presence.state
first: enqueue_interaction media=MEDIA_CHAT subject=support connector=web ext_ref=e1 -> agent
accept_offer offer_id=$first.offer_id session_id=$amy.session_id -> interaction.state
+10s
second: enqueue_interaction media=MEDIA_CHAT subject=support connector=web ext_ref=e2 -> state
+10s
transfer_interaction interaction_id=$first.interaction_id subject=support -> interaction.state
get_interaction interaction_id=$second.interaction_id -> interaction.state interaction.agent
----
done subject.key=support subject.queue=support subject.priorities.initial=100 subject.priorities.overflow=150 subject.priorities.rona=200 subject.disposition_optional=true subject.no_acw=true subject.transfer_resets_age=true
done agent.key=amy agent.units=100 agent.media_caps.voice=1 agent.media_caps.chat=1 agent.media_caps.message=6 agent.media_caps.email=5 agent.media_caps.sms=6 agent.media_caps.outbound_voice=1 agent.media_caps.callback_voice=1 agent.media_caps.workitem=10
done presence.state=PRESENCE_STATE_READY
done agent=amy
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
