# Amy does not take it within fifteen seconds: she is not ready any more, and the
# call is more urgent than before. After half a minute Bob may be asked, too.
include agents
amy: login agent=amy ready=true -> presence.state
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase presence.work.0.offer_id
lease_effects connector=pbx -> items.0.kind
+16s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.priority interaction.step interaction.segments
get_desktop agent=amy -> presence.state presence.reason presence.work presence.ronas
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id
+15s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.step interaction.agent interaction.offer_id
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED presence.work.0.offer_id=of_1
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_RONA interaction.priority=200 interaction.step=1 interaction.segments.0.n=1 interaction.segments.0.queue=sales interaction.segments.0.subject=sales interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.offered_ms=10:00:00 interaction.segments.0.step=1 interaction.segments.0.ronas=1
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona presence.ronas=1
refused BAD_STATE field=offer_id
done interaction.state=INTERACTION_STATE_OFFERED interaction.status=INTERACTION_STATUS_RONA interaction.step=2 interaction.agent=bob interaction.offer_id=of_2

# Whoever comes first has it; the other one is told.
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state interaction.agent wait_ms
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id
----
done presence.work.0.phase=WORK_PHASE_OFFERED
refused BAD_STATE field=offer_id
done interaction.state=INTERACTION_STATE_CONNECTED interaction.agent=bob wait_ms=31000
refused BAD_STATE field=offer_id

# Amy comes back, and may be asked for the next one at once.
heartbeat session_id=$amy.session_id -> presence.state
set_ready session_id=$amy.session_id -> presence.state
next: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
desk: get_desktop agent=amy -> presence.work.0.phase
reject_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> presence.state presence.reason presence.ronas
set_ready session_id=$amy.session_id -> presence.state presence.work
+29s
get_desktop agent=amy -> presence.work
+2s
get_desktop agent=amy -> presence.work.0.phase presence.work.0.interaction_id
----
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.work.0.phase=WORK_PHASE_OFFERED
done presence.state=PRESENCE_STATE_NOT_READY presence.reason=rona presence.ronas=2
done presence.state=PRESENCE_STATE_READY
done
done presence.work.0.interaction_id=ix_1 presence.work.0.phase=WORK_PHASE_OFFERED
