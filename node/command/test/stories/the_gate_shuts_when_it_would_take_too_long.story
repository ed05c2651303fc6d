# Without a threshold numbers are given out, whoever is there.
include agents
put_number number.number=+442079460002 number.pool=visitors -> number.number
put_number number.number=+442079460003 number.pool=visitors -> number.number
put_number number.number=+442079460004 number.pool=visitors -> number.number
put_number number.number=+442079460005 number.pool=visitors -> number.number
put_number number.number=+442079460006 number.pool=visitors -> number.number
get_channel_availability subject=sales
allocate_number subject=sales customer_phone=+442079460001 origin=ORIGIN_WEB -> number wait
----
done number.number=+442079460002
done number.number=+442079460003
done number.number=+442079460004
done number.number=+442079460005
done number.number=+442079460006
done subject=sales channels.0.channel=MEDIA_VOICE channels.0.enabled=true
done number=+442079460001

# With one, somebody must be there.
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=60000 -> subject.thresholds
get_channel_availability subject=sales channels=MEDIA_VOICE,MEDIA_CHAT
allocate_number subject=sales customer_phone=+442079460002 origin=ORIGIN_WEB
amy: login agent=amy ready=true -> presence.state
get_channel_availability subject=sales
allocate_number subject=sales customer_phone=+442079460003 origin=ORIGIN_WEB -> number wait
----
done subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=60000
done subject=sales channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_NO_AGENTS channels.1.channel=MEDIA_CHAT channels.1.enabled=true
refused NO_AGENTS field=subject
done presence.state=PRESENCE_STATE_READY
done subject=sales channels.0.channel=MEDIA_VOICE channels.0.enabled=true channels.0.wait.position=1 channels.0.wait.agents_ready=1 channels.0.wait.agents_active=1
done number=+442079460002 wait.position=1 wait.agents_ready=1 wait.agents_active=1

# Amy is asked, and nothing was ever handled: the next waits 90 seconds, and the
# button is gone. A page cannot say that its visitor wants to wait all the same,
# an app can, until the subject says otherwise.
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c1 -> state
get_channel_availability subject=sales
allocate_number subject=sales customer_phone=+442079460004 origin=ORIGIN_WEB
allocate_number subject=sales customer_phone=+442079460004 origin=ORIGIN_WEB override_threshold=true
allocate_number subject=sales customer_phone=+442079460004 origin=ORIGIN_MOBILE override_threshold=true -> number wait
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=60000 subject.web_override=true subject.no_other_override=true -> subject.web_override
allocate_number subject=sales customer_phone=+442079460005 origin=ORIGIN_WEB override_threshold=true -> number
allocate_number subject=sales customer_phone=+442079460006 origin=ORIGIN_MOBILE override_threshold=true
----
done state=INTERACTION_STATE_OFFERED
done subject=sales channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_EWT_ABOVE_THRESHOLD channels.0.wait.ewt_ms=90000 channels.0.wait.shown_ms=90000 channels.0.wait.position=1 channels.0.wait.agents_active=1
refused EWT_ABOVE_THRESHOLD field=subject
refused EWT_ABOVE_THRESHOLD field=subject
done number=+442079460003 wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=1 wait.agents_active=1
done subject.web_override=true
done number=+442079460004
refused EWT_ABOVE_THRESHOLD field=subject

# At 90 seconds allowed it is open; but a page that shows it as shut goes on to,
# until it is at nine tenths of that.
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=90000 -> subject.key
get_channel_availability subject=sales -> channels
get_channel_availability subject=sales was_disabled=MEDIA_VOICE -> channels
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=100000 subject.display_granularity_ms=60000 -> subject.key
get_channel_availability subject=sales was_disabled=MEDIA_VOICE -> channels
allocate_number subject=sales customer_phone=+442079460006 origin=ORIGIN_WEB -> number wait
----
done subject.key=sales
done channels.0.channel=MEDIA_VOICE channels.0.enabled=true channels.0.wait.ewt_ms=90000 channels.0.wait.shown_ms=90000 channels.0.wait.position=1 channels.0.wait.agents_active=1
done channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_EWT_ABOVE_THRESHOLD channels.0.wait.ewt_ms=90000 channels.0.wait.shown_ms=90000 channels.0.wait.position=1 channels.0.wait.agents_active=1
done subject.key=sales
done channels.0.channel=MEDIA_VOICE channels.0.enabled=true channels.0.wait.ewt_ms=90000 channels.0.wait.shown_ms=120000 channels.0.wait.position=1 channels.0.wait.agents_active=1
done number=+442079460005 wait.ewt_ms=90000 wait.shown_ms=120000 wait.position=1 wait.agents_active=1

# A queue that is closed, full, or not there.
put_hours hours.key=office hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020 -> hours.key
put_queue queue.key=sales queue.hours=office -> queue.key
get_channel_availability subject=sales -> channels
allocate_number subject=sales customer_phone=+442079460007 origin=ORIGIN_WEB
put_queue queue.key=sales queue.max_waiting=1 -> queue.key
enqueue_interaction media=MEDIA_VOICE subject=sales connector=sip ext_ref=c2 -> state wait
get_channel_availability subject=sales -> channels
allocate_number subject=sales customer_phone=+442079460007 origin=ORIGIN_WEB
put_queue queue.key=sales queue.disabled=true -> queue.key
get_channel_availability subject=sales -> channels
allocate_number subject=sales customer_phone=+442079460007 origin=ORIGIN_WEB
----
done hours.key=office
done queue.key=sales
done channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_OUT_OF_HOURS channels.0.wait.ewt_ms=90000 channels.0.wait.shown_ms=120000 channels.0.wait.position=1 channels.0.wait.agents_active=1 channels.0.open_until_ms=+4d 09:00:00
refused OUT_OF_HOURS field=subject
done queue.key=sales
done state=INTERACTION_STATE_QUEUED wait.ewt_ms=90000 wait.shown_ms=120000 wait.position=1 wait.agents_active=1
done channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_QUEUE_FULL channels.0.wait.ewt_ms=180000 channels.0.wait.shown_ms=180000 channels.0.wait.position=2 channels.0.wait.agents_active=1
refused QUEUE_FULL field=subject
done queue.key=sales
done channels.0.channel=MEDIA_VOICE channels.0.reason=UNAVAILABLE_NO_ROUTE
refused BAD_STATE field=subject

# What cannot be meant is refused by name.
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.ewt_ms=90000
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=17
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.1.media=MEDIA_VOICE
get_channel_availability
get_channel_availability subject=nothing
get_channel_availability subject=sales channels=17
get_channel_availability subject=sales was_disabled=17
----
refused INVALID field=subject.thresholds.media
refused INVALID field=subject.thresholds.media
refused INVALID field=subject.thresholds.media
refused INVALID field=subject
refused SUBJECT_UNKNOWN field=subject
refused INVALID field=channels
refused INVALID field=was_disabled
