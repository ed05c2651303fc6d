# Amy and Bob have chats, and so no room for a call. After 20 seconds Bob, who
# has less to do, gets no more chats; as soon as he has little enough, he gets
# the call, and chats again.
include agents
put_subject subject.key=sales subject.queue=sales subject.no_acw=true subject.disposition_optional=true subject.offer_timeout_ms=600000 -> subject.key
amy: login agent=amy ready=true -> presence.state
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w1 -> agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w2 -> agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w3 -> agent
bob: login agent=bob ready=true -> presence.state
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w4 -> agent
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w5 -> agent
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_interaction interaction_id=$call.interaction_id -> interaction.state
+19999ms
get_desktop agent=bob -> presence.draining_for
+1ms
get_desktop agent=bob -> presence.draining_for
enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w6 -> agent
more: enqueue_interaction media=MEDIA_CHAT subject=sales connector=web ext_ref=w7 -> state
report_call_event connector=web ext_ref=w5 event=CALL_EVENT_ENDED event_seq=1 -> state
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.agent
get_interaction interaction_id=$more.interaction_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
get_interaction interaction_id=$more.interaction_id -> interaction.state interaction.agent
get_desktop agent=bob -> presence.draining_for presence.state
----
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done agent=amy
done agent=amy
done agent=amy
done presence.state=PRESENCE_STATE_READY
done agent=bob
done agent=bob
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED
done
done presence.draining_for=ix_1
done agent=amy
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
done interaction.state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_CLOSED
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=bob
done presence.state=PRESENCE_STATE_READY

# If he is no longer ready, another is kept free; if nobody can be, the next one
# who becomes ready is.
second: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
+20s
get_desktop agent=bob -> presence.draining_for
set_not_ready session_id=$bob.session_id reason=lunch -> presence.state
get_desktop agent=amy -> presence.draining_for
set_not_ready session_id=$amy.session_id reason=lunch -> presence.state
get_desktop agent=amy -> presence.draining_for presence.state
set_ready session_id=$bob.session_id -> presence.state
get_desktop agent=bob -> presence.draining_for
----
done result=MATCH_RESULT_STATIC
done presence.draining_for=ix_2
done presence.state=PRESENCE_STATE_NOT_READY
done presence.draining_for=ix_2
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_READY
done presence.draining_for=ix_2

# It waits no longer: Bob gets chats again. And where nobody wants it, it is not so.
put_tenant tenant.key=shop tenant.no_draining=true tenant.drain_after_ms=1
report_call_event connector=pbx ext_ref=c2 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
get_desktop agent=bob -> presence.draining_for presence.state
put_tenant tenant.key=shop tenant.no_draining=true -> tenant.no_draining tenant.drain_after_ms
bob: login agent=bob ready=true -> presence.state
third: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
+30s
get_desktop agent=bob -> presence.draining_for presence.state
----
refused INVALID field=tenant.drain_after_ms
done state=INTERACTION_STATE_CLOSED
done presence.state=PRESENCE_STATE_READY
done tenant.no_draining=true
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done presence.state=PRESENCE_STATE_READY
