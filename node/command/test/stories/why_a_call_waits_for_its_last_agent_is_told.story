# Amy had this customer; Bob is free, and the call waits for Amy.
include agents
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_WAIT queue.last_agent_wait_ms=20000 -> queue.key
put_subject subject.key=sales subject.queue=sales -> subject.key
amy: login agent=amy ready=true -> presence.state
call: enqueue_interaction connector=pbx ext_ref=c1 subject=sales customer.customer_id=carol -> agent offer_id
accept_offer offer_id=$call.offer_id session_id=$amy.session_id -> interaction.state
report_call_event connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED event_seq=1 -> state
bob: login agent=bob ready=true -> presence.state
simulate_route subject=sales customer.customer_id=carol -> state agent decision.kind decision.held_for
simulate_route subject=sales customer.customer_id=dave -> state agent decision.cause
call: enqueue_interaction connector=pbx ext_ref=c2 subject=sales customer.customer_id=carol -> state
explain_decision interaction_id=$call.interaction_id agent=bob -> state now.held_for about decisions.0.held_for
+31s
explain_decision interaction_id=$call.interaction_id -> agent decisions.1.cause decisions.1.chosen
----
done queue.key=sales
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done agent=amy offer_id=of_1
done interaction.state=INTERACTION_STATE_CONNECTED
done state=INTERACTION_STATE_WRAP
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_QUEUED decision.kind=DECISION_KIND_ROUTE decision.held_for=amy
done state=INTERACTION_STATE_OFFERED agent=bob
done state=INTERACTION_STATE_QUEUED
done state=INTERACTION_STATE_QUEUED decisions.0.held_for=amy now.held_for=amy about.agent=bob about.passed_over=PASSED_OVER_HELD_FOR_LAST_AGENT about.until_ms=10:00:20
done agent=bob decisions.1.chosen=bob

# When Amy can be asked, it is she.
put_queue queue.key=sales queue.last_agent_mode=LAST_AGENT_MODE_PREFER -> queue.key
simulate_route subject=sales customer.customer_id=carol -> agent decision.cause
call: enqueue_interaction connector=pbx ext_ref=c3 subject=sales customer.customer_id=carol -> agent
explain_decision interaction_id=$call.interaction_id -> decisions.0.cause decisions.0.chosen decisions.0.candidates
----
done queue.key=sales
done agent=amy decision.cause=OFFER_CAUSE_LAST_AGENT
done agent=amy
done decisions.0.chosen=amy decisions.0.cause=OFFER_CAUSE_LAST_AGENT decisions.0.candidates.0.agent=amy decisions.0.candidates.0.step=1 decisions.0.candidates.1.agent=bob decisions.0.candidates.1.passed_over=PASSED_OVER_NO_CAPACITY decisions.0.candidates.1.step=1
