# Grace has a profile with two telephones, one of which her son has, too.
include agents
put_customer customer.key=C-1 customer.first_name=Grace customer.last_name=Hopper customer.phones=+447700900001,+447700900002 customer.emails=grace@example.org customer.vip=true customer.attributes.plan=gold -> customer.key
put_customer customer.key=C-2 customer.first_name=Son customer.phones=+447700900002 -> customer.key
get_customer key=C-1
get_customer_history customer=C-1 -> items
----
done customer.key=C-1
done customer.key=C-2
done customer.key=C-1 customer.first_name=Grace customer.last_name=Hopper customer.phones.0=+447700900001 customer.phones.1=+447700900002 customer.emails.0=grace@example.org customer.attributes.plan=gold customer.vip=true
done

# She calls, writes, and calls from the other telephone; a stranger calls.
c1: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
enqueue_interaction media=MEDIA_EMAIL subject=sales customer.email=grace@example.org connector=mail ext_ref=m1 -> state
enqueue_interaction media=MEDIA_CHAT subject=sales customer.customer_id=C-1 connector=web ext_ref=w1 -> state
match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
get_customer_history customer=C-1 page_size=2
get_customer_history phone=+447700900001 -> customer.key items.0.ext_ref items.3.ext_ref
get_customer_history phone=+447700900002 -> customer.key items.0.ext_ref items.1.ext_ref
get_customer_history phone=+447700900003 -> items.0.ext_ref
get_customer_history customer=C-2 -> customer.first_name items.0.ext_ref
----
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED
done result=MATCH_RESULT_STATIC
done result=MATCH_RESULT_STATIC
done state=INTERACTION_STATE_CLOSED
done customer.key=C-1 customer.first_name=Grace customer.last_name=Hopper customer.phones.0=+447700900001 customer.phones.1=+447700900002 customer.emails.0=grace@example.org customer.attributes.plan=gold customer.vip=true items.0.interaction_id=ix_1 items.0.subject=sales items.0.queue=sales items.0.connector=pbx items.0.ext_ref=c2 items.0.ani=+447700900002 items.0.dnis=+442079460080 items.0.state=INTERACTION_STATE_QUEUED items.0.enqueued_ms=10:00:00 items.0.media=MEDIA_VOICE items.0.status=INTERACTION_STATUS_INITIAL items.0.priority=100 items.0.step=1 items.0.step_deadline_ms=10:00:30 items.0.segments.0.n=1 items.0.segments.0.queue=sales items.0.segments.0.subject=sales items.0.segments.0.enqueued_ms=10:00:00 items.0.segments.0.step=1 items.1.interaction_id=ix_2 items.1.subject=sales items.1.queue=sales items.1.connector=web items.1.ext_ref=w1 items.1.state=INTERACTION_STATE_QUEUED items.1.enqueued_ms=10:00:00 items.1.media=MEDIA_CHAT items.1.status=INTERACTION_STATUS_INITIAL items.1.priority=100 items.1.step=1 items.1.step_deadline_ms=10:00:30 items.1.segments.0.n=1 items.1.segments.0.queue=sales items.1.segments.0.subject=sales items.1.segments.0.enqueued_ms=10:00:00 items.1.segments.0.step=1 items.1.customer.customer_id=C-1 next_token=ix_2
done customer.key=C-1 items.0.ext_ref=c2 items.3.ext_ref=c1
done items.0.ext_ref=c2
done items.0.ext_ref=c3
done customer.first_name=Son items.0.ext_ref=c2

# What is forgotten leaves the history.
+31d
put_skill skill.key=french -> skill.key
get_customer_history customer=C-1 -> items.0.ext_ref items.3.ext_ref
----
done skill.key=french
done items.0.ext_ref=w1

# What cannot be meant is refused by name.
put_customer customer.key=C-3 customer.phones=+447700900001,+447700900001
put_customer customer.key=C-3 customer.phones=12
put_customer customer.key=C-3 customer.emails=a@example.org,a@example.org
put_customer customer.key=a/b
get_customer key=C-9
get_customer_history
get_customer_history customer=C-1 phone=+447700900001
get_customer_history customer=C-1 page_token=al_1
get_customer_history customer=C-9 -> items
----
refused INVALID field=customer.phones
refused INVALID_PHONE field=customer.phones
refused INVALID field=customer.emails
refused INVALID field=customer.key
refused NOT_FOUND field=key
refused INVALID field=customer
refused INVALID field=phone
refused PAGE_TOKEN field=page_token
done
