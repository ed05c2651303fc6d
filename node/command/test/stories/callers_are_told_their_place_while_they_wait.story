# Two callers are told their place when they begin to wait, and every half minute;
# what a connector has not begun by then is told no more.
include agents
put_queue queue.key=sales queue.announce_position=true queue.announce_interval_ms=1000
put_queue queue.key=sales queue.announce_position=true -> queue.announce_interval_ms
put_queue queue.key=sales queue.announce_position=true queue.announce_interval_ms=30000 -> queue.announce_interval_ms
first: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
amy: login agent=amy -> presence.state
bob: login agent=bob -> presence.state
list_effects state=EFFECT_STATE_PENDING -> items.0.payload items.0.deadline_ms items.1
second: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
enqueue_interaction connector=pbx ext_ref=m1 subject=sales media=MEDIA_CHAT -> state
list_effects state=EFFECT_STATE_PENDING -> items.0.payload items.1.payload items.2
+10s
list_effects state=EFFECT_STATE_EXPIRED -> items.0.kind items.1.kind items.2
+20s
told: lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE -> items.0.payload items.1.payload items.2
----
refused INVALID field=queue.announce_interval_ms
done queue.announce_interval_ms=60000
done queue.announce_interval_ms=30000
done result=MATCH_RESULT_STATIC
done presence.state=PRESENCE_STATE_NOT_READY
done presence.state=PRESENCE_STATE_NOT_READY
done items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.payload.position=1 items.0.deadline_ms=10:00:10
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_QUEUED
done items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.payload.position=1 items.1.payload.ext_ref=c2 items.1.payload.interaction_id=ix_2 items.1.payload.position=2
done items.0.kind=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE items.1.kind=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE
done items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.payload.position=1 items.1.payload.ext_ref=c2 items.1.payload.interaction_id=ix_2 items.1.payload.position=2

# An agent is asked: the caller is told nothing more, unless nobody takes it.
ack_effect effect_id=$told.items.0.effect_id token=$told.items.0.token -> state
+29s
amy: login agent=amy ready=true -> presence.state
list_effects state=EFFECT_STATE_CANCEL_REQUESTED -> items.0
lease_effects connector=pbx -> items.0.kind items.1
+15s
list_effects state=EFFECT_STATE_PENDING -> items.0.kind items.0.payload items.1.kind items.1.payload
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_CALLER_HUNG_UP event_seq=1 -> state
list_effects state=EFFECT_STATE_CANCELLED -> items.0.kind items.1.kind items.2.kind items.3
----
done state=EFFECT_STATE_DONE
done presence.state=PRESENCE_STATE_READY
done
done items.0.kind=EFFECT_KIND_VOICE_OFFER_AGENT
done items.0.kind=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE items.0.payload.ext_ref=c1 items.0.payload.interaction_id=ix_1 items.0.payload.position=1
done state=INTERACTION_STATE_CLOSED
done items.0.kind=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE items.1.kind=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE

# When somebody is there, how long it takes is told, too; and nothing any more
# once the queue wants it no longer.
bob: login agent=bob ready=true -> presence.state
desk: get_desktop agent=bob -> interactions.0.ext_ref
accept_offer session_id=$bob.session_id offer_id=$desk.interactions.0.offer_id -> interaction.state
third: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
lease_effects connector=pbx kinds=EFFECT_KIND_VOICE_QUEUE_ANNOUNCE -> items.0.payload items.1
put_queue queue.key=sales -> queue.announce_position
+60s
lease_effects connector=pbx -> items.0.kind items.1
----
done presence.state=PRESENCE_STATE_READY
done interactions.0.ext_ref=c2
done interaction.state=INTERACTION_STATE_CONNECTED
done result=MATCH_RESULT_STATIC
done items.0.payload.ext_ref=c3 items.0.payload.interaction_id=ix_3 items.0.payload.position=1 items.0.payload.wait_ms=90000
done
done items.0.kind=EFFECT_KIND_VOICE_BRIDGE
