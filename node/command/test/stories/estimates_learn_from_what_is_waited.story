# Amy alone handles calls of sales, each for a minute: so the next one, while she
# is asked, is estimated to wait a minute and not the 90 seconds of before.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.display_granularity_ms=1000 -> subject.key
amy: login agent=amy ready=true -> presence.state
c1: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
c2: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c2 -> state wait
accept_offer offer_id=$c1.offer_id session_id=$amy.session_id -> interaction.state
+30s
heartbeat session_id=$amy.session_id -> presence.state
+30s
report_call_event connector=sip ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_estimated_wait subject=sales -> wait
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_QUEUED wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_CLOSED
done wait.ewt_ms=60000 wait.shown_ms=60000 wait.position=1 wait.agents_active=1

# The second, who was told 90 seconds, has waited 60: what is estimated next is a
# little less than the handling alone would say.
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
get_estimated_wait subject=sales -> wait
----
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done wait.ewt_ms=47880 wait.shown_ms=48000 wait.position=1 wait.agents_active=1

# Half of Amy's time goes to another queue: what waits in this one takes twice as
# long.
put_queue queue.key=other -> queue.key
heartbeat session_id=$amy.session_id -> presence.state
+30s
heartbeat session_id=$amy.session_id -> presence.state
+30s
report_call_event connector=sip ext_ref=c2 event=CALL_EVENT_ENDED event_seq=1 -> state
heartbeat session_id=$amy.session_id -> presence.state
o1: enqueue_interaction media=MEDIA_VOICE subject=sales queue=other connector=sip ext_ref=o1 -> state
accept_offer offer_id=$o1.offer_id session_id=$amy.session_id -> interaction.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
heartbeat session_id=$amy.session_id -> presence.state
+40s
report_call_event connector=sip ext_ref=o1 event=CALL_EVENT_ENDED event_seq=1 -> state
c3: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c3 -> state
get_estimated_wait subject=sales -> wait
----
done queue.key=other
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_OFFERED
done wait.ewt_ms=95760 wait.shown_ms=96000 wait.position=1 wait.agents_active=1
