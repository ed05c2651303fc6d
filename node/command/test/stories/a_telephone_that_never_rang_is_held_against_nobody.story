# Nobody takes up that Amy's telephone should ring. When her time is over she is as
# ready as before, the call has lost nothing, and for half a minute another agent is
# looked for.
include agents
amy: login agent=amy ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
+15s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.priority interaction.enqueued_ms interaction.segments.0.ronas
get_desktop agent=amy -> presence.state presence.ronas presence.work
list_effects state=EFFECT_STATE_CANCELLED -> items.0.kind items.0.attempts
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_QUEUED interaction.enqueued_ms=10:00:00 interaction.status=INTERACTION_STATUS_INITIAL interaction.priority=100
done presence.state=PRESENCE_STATE_READY
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
refused BAD_STATE field=offer_id

# Another call may be hers at once; it is of a connector that is there, and she lets
# it ring.
other: match_call dnis=+442079460080 ani=+447700900002 ext_ref=o1 connector=other -> result
ring: lease_effects connector=other -> items.0.kind items.0.payload.agent items.0.payload.ext_ref
+15s
get_interaction interaction_id=$other.interaction_id -> interaction.state interaction.status interaction.segments.0.ronas
get_desktop agent=amy -> presence.state presence.reason presence.ronas presence.work
----
done result=MATCH_RESULT_STATIC
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=amy items.0.payload.ext_ref=o1
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA interaction.segments.0.ronas=1
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona presence.ronas=1

# When the half minute is over, the first call may be hers again.
set_ready session_id=$amy.session_id -> presence.work
heartbeat session_id=$amy.session_id -> presence.work
+14s
get_interaction interaction_id=$call.interaction_id -> interaction.state
+1s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.agent
ring: lease_effects connector=pbx -> items.0.kind items.0.payload.agent items.0.payload.ext_ref
+14s
get_interaction interaction_id=$call.interaction_id -> interaction.state
+1s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status
----
done
done
done interaction.state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_OFFERED interaction.status=INTERACTION_STATUS_OVERFLOW interaction.agent=amy
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT items.0.payload.agent=amy items.0.payload.ext_ref=c1
done interaction.state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA

# Who has no telephone has a desk, and has noticed.
+31s
put_agent agent.key=eve agent.skills.0.skill=english agent.skills.0.level=9 -> agent.contact
eve: login agent=eve ready=true -> presence.state
+15s
get_desktop agent=eve -> presence.state presence.reason
----
done
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona

# A chat rings nowhere: it is the desk that tells.
put_subject subject.key=sales subject.queue=sales -> subject.key
+31s
bob: login agent=bob ready=true -> presence.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
report_call_event connector=other ext_ref=o1 event=CALL_EVENT_ENDED event_seq=1 -> state
chat: enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w1 -> state
+31s
heartbeat session_id=$bob.session_id -> presence.state presence.work.0.phase
+29s
get_desktop agent=bob -> presence.state presence.reason
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_OFFERED
done presence.state=PRESENCE_STATE_READY presence.work.0.phase=WORK_PHASE_OFFERED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona
