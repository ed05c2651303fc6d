# Amy has a call. The second may go to Bob alone, who is not there: nothing is
# estimated, though Amy will be free some time.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true -> subject.key
amy: login agent=amy ready=true -> presence.state
c1: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
accept_offer offer_id=$c1.offer_id session_id=$amy.session_id -> interaction.state
c2: enqueue_interaction media=MEDIA_VOICE subject=sales steps.0.agents=bob connector=sip ext_ref=c2 -> state wait
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_QUEUED

# So what it has waited, when Bob takes it, corrects no estimate: with both
# at a call the next one is half of the 90 seconds away.
+10s
bob: login agent=bob ready=true -> presence.state
desk: get_desktop agent=bob -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$bob.session_id -> interaction.state
get_estimated_wait subject=sales -> wait
----
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done wait.ewt_ms=45000 wait.shown_ms=60000 wait.position=1 wait.agents_active=2
