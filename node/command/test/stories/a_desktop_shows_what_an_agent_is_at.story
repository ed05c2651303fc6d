# With each interaction there is what the agent is to be shown, and until when
# they may take it, or wrap it up. Who leads other queues does not see it.
include agents
put_disposition_set disposition_set.key=default disposition_set.dispositions.0.code=sold -> disposition_set.key
put_agent agent.key=amy agent.skills.0.skill=english agent.skills.0.level=9 agent.queues=sales -> agent.key
put_principal principal.key=amy principal.roles=ROLE_AGENT -> principal.key
put_principal principal.key=sue principal.roles=ROLE_SUPERVISOR principal.lob=billing -> principal.key
put_principal principal.key=sam principal.roles=ROLE_SUPERVISOR principal.lob=billing,sales -> principal.key
get_desktop agent=amy
amy: login agent=amy ready=true -> presence.state
get_desktop agent=amy -> heartbeat_due_ms
visit: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE customer_id=c7 first_name=Ada context.page=offers mobile.os=ios mobile.lat_e7=515000000 mobile.lon_e7=-1000000 mobile.address=London -> number
call: match_call connector=pbx ext_ref=c1 dnis=+442079460001 ani=+447700900001 -> result
get_desktop agent=amy -> interactions.0.attached interactions.0.offer_deadline_ms screen_pops.0
held: enqueue_interaction connector=pbx ext_ref=c2 subject=sales -> state
desk: get_desktop agent=amy -> interactions.0.offer_id
accept_offer offer_id=$desk.interactions.0.offer_id session_id=$amy.session_id -> mobile.address
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_HELD event_seq=1 -> state
get_desktop agent=amy -> screen_pops.0.held_since_ms screen_pops.0.until_ms
as sue
get_desktop agent=amy
as sam
get_desktop agent=amy -> presence.state
as amy
get_desktop agent=amy -> presence.state
get_desktop agent=bob
as /local
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=2 -> state
get_desktop agent=amy -> presence.work.0.phase screen_pops.0.until_ms
----
done disposition_set.key=default
done agent.key=amy
done principal.key=amy
done principal.key=sue
done principal.key=sam
refused NOT_FOUND field=agent
done presence.state=PRESENCE_STATE_READY
done heartbeat_due_ms=10:00:45
done number=+442079460001
done result=MATCH_RESULT_MATCHED
done interactions.0.attached.page=offers interactions.0.offer_deadline_ms=10:00:15 screen_pops.0.interaction_id=ix_1 screen_pops.0.customer.customer_id=c7 screen_pops.0.customer.first_name=Ada screen_pops.0.customer.phone=+447700900001 screen_pops.0.mobile.os=ios screen_pops.0.mobile.lat_e7=515000000 screen_pops.0.mobile.lon_e7=-1000000 screen_pops.0.mobile.address=London screen_pops.0.until_ms=10:00:15
done state=INTERACTION_STATE_QUEUED
done interactions.0.offer_id=of_1
done mobile.address=London
done state=INTERACTION_STATE_HELD
done screen_pops.0.held_since_ms=10:00:00
refused LOB field=agent
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
refused ROLE field=agent
done state=INTERACTION_STATE_WRAP
done presence.work.0.phase=WORK_PHASE_ACW screen_pops.0.until_ms=10:00:30
