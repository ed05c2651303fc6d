# Of five calls Amy takes two, one of them too late for the service level; one caller
# hangs up after a while, one at once, which does not count, and one waits still.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.sl_threshold_ms=10000 -> subject.sl_threshold_ms
put_subject subject.key=support subject.queue=support subject.no_acw=true subject.disposition_optional=true -> subject.key
put_tenant tenant.key=shop tenant.default_country=GB tenant.quotas.subjects=16 tenant.short_abandon_ms=5000 -> tenant.short_abandon_ms
get_rates queue=sales
amy: login agent=amy ready=true -> presence.state
c1: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
c2: enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c2 -> state
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c3 -> state
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c4 -> state
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c5 -> state
+4s
accept_offer offer_id=$c1.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=sip ext_ref=c3 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
+26s
report_call_event connector=sip ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
heartbeat session_id=$amy.session_id -> presence.state
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=sip ext_ref=c4 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
get_rates queue=sales
get_rates subject=sales
----
done subject.sl_threshold_ms=10000
done subject.key=support
done tenant.short_abandon_ms=5000
done from_ms=09:05:00 to_ms=10:00:00
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_CLOSED
done from_ms=09:05:00 to_ms=10:00:30 offered=5 answered=2 answered_in_time=1 abandoned=2 short_abandoned=1 handled=1 service_level.ppm=333333 abandon_rate.ppm=250000 asa_ms=17000 aht_ms=26000 waiting=1
done from_ms=09:05:00 to_ms=10:00:30 offered=5 answered=2 answered_in_time=1 abandoned=2 short_abandoned=1 handled=1 service_level.ppm=333333 abandon_rate.ppm=250000 asa_ms=17000 aht_ms=26000

# Passed on it counts where it came from, and apart where it goes to. An answer that
# came to nothing is taken back.
transfer_interaction interaction_id=$c2.interaction_id subject=support -> interaction.state
get_rates queue=support
get_rates queue=sales -> offered answered handled
amy: login agent=amy ready=true -> presence.state
desk: get_desktop agent=amy -> presence.work.0.phase
accept_offer offer_id=$desk.presence.work.0.offer_id session_id=$amy.session_id -> interaction.ext_ref
get_rates queue=sales -> answered
report_call_event connector=sip ext_ref=c5 event=CALL_EVENT_FAILED event_seq=1 -> state
get_rates queue=sales -> answered answered_in_time
get_rates queue=support
----
done interaction.state=INTERACTION_STATE_QUEUED
done from_ms=09:05:00 to_ms=10:00:30 transferred_in=1 waiting=1
done offered=5 answered=2 handled=2
done presence.state=PRESENCE_STATE_READY
done presence.work.0.phase=WORK_PHASE_OFFERED
done interaction.ext_ref=c5
done answered=3
done state=INTERACTION_STATE_QUEUED
done answered=2 answered_in_time=1
done from_ms=09:05:00 to_ms=10:00:30 transferred_in=1 waiting=1

# An hour later nothing of it is left but what waits.
+1h
put_skill skill.key=french -> skill.key
get_rates queue=sales
----
done skill.key=french
done from_ms=10:05:00 to_ms=11:00:30 waiting=1

# One of the two is asked for.
get_rates
get_rates queue=sales subject=sales
get_rates subject=nothing
get_rates queue=sales media=17
----
refused INVALID field=queue
refused INVALID field=subject
refused SUBJECT_UNKNOWN field=subject
refused INVALID field=media
