# A visit gets a number and calls it; a call comes on a number that nobody holds,
# and one on a number that is nobody's.
include agents
put_number number.number=+442079460002 number.pool=visitors -> number.pool
visit: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> number
call: match_call connector=pbx ext_ref=c1 dnis=$visit.number ani=+447700900001 -> result
explain_decision allocation_id=$visit.allocation_id -> allocation_id interaction_id decisions.0.kind decisions.0.chosen decisions.0.pool decisions.1.kind decisions.1.rule decisions.1.interaction_id decisions.2.kind
explain_decision decision_id=$visit.decision_id -> decisions.0.kind decisions.0.chosen decisions.1.kind
explain_decision interaction_id=$call.interaction_id -> allocation_id decisions.0.kind decisions.1.kind decisions.1.rule decisions.2.kind decisions.2.n_meant decisions.3.kind
other: match_call connector=pbx ext_ref=c2 dnis=+442079460002 ani=+447700900009 -> result
explain_decision interaction_id=$other.interaction_id -> allocation_id decisions.0.kind decisions.0.rule decisions.0.allocation_id decisions.0.visit_passed_over decisions.1.kind
lost: match_call connector=pbx ext_ref=c3 dnis=+442079469999 ani=+447700900009 -> result
explain_decision interaction_id=$lost.interaction_id -> state end_reason decisions.0.kind decisions.0.rule decisions.0.end_reason decisions.1.kind
explain_decision interaction_id=$lost.interaction_id agent=amy
----
done number.pool=visitors
done number=+442079460001
done result=MATCH_RESULT_MATCHED
done allocation_id=al_1 decisions.0.kind=DECISION_KIND_ALLOCATE decisions.0.chosen=+442079460001 decisions.0.pool=visitors decisions.1.kind=DECISION_KIND_MATCH decisions.1.rule=MATCH_RULE_OWN_PHONE decisions.1.interaction_id=ix_1
done decisions.0.kind=DECISION_KIND_ALLOCATE decisions.0.chosen=+442079460001
done allocation_id=al_1 decisions.0.kind=DECISION_KIND_ALLOCATE decisions.1.kind=DECISION_KIND_MATCH decisions.1.rule=MATCH_RULE_OWN_PHONE decisions.2.kind=DECISION_KIND_ROUTE decisions.2.n_meant=1
done result=MATCH_RESULT_STATIC
done decisions.0.kind=DECISION_KIND_MATCH decisions.0.rule=MATCH_RULE_NO_VISIT decisions.1.kind=DECISION_KIND_ROUTE
done result=MATCH_RESULT_NO_ROUTE
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_NO_ROUTE decisions.0.kind=DECISION_KIND_MATCH decisions.0.rule=MATCH_RULE_UNKNOWN_NUMBER decisions.0.end_reason=END_REASON_NO_ROUTE
refused BAD_STATE field=agent

# Another phone calls the number of a visit whose pool takes no other.
put_pool pool.key=visitors pool.subject=sales pool.match_mode=MATCH_MODE_DNIS pool.ani_policy=ANI_POLICY_REJECT -> pool.key
visit: allocate_number subject=sales customer_phone=+447700900002 origin=ORIGIN_WEB -> number
call: match_call connector=pbx ext_ref=c4 dnis=$visit.number ani=+447700900008 -> result
explain_decision interaction_id=$call.interaction_id -> decisions.0.rule decisions.0.allocation_id decisions.0.visit_passed_over decisions.1.kind
----
done pool.key=visitors
done number=+442079460002
done result=MATCH_RESULT_STATIC
done decisions.0.rule=MATCH_RULE_NO_VISIT decisions.0.allocation_id=al_2 decisions.0.visit_passed_over=VISIT_PASSED_OVER_OTHER_PHONE decisions.1.kind=DECISION_KIND_ROUTE

# A gate that was passed is told with what it was held against.
put_number number.number=+442079460003 number.pool=visitors -> number.pool
put_subject subject.key=sales subject.queue=sales subject.thresholds.0.media=MEDIA_VOICE subject.thresholds.0.ewt_ms=600000 -> subject.key
login agent=amy ready=true -> presence.state
visit: allocate_number subject=sales customer_phone=+447700900003 origin=ORIGIN_WEB -> number
explain_decision allocation_id=$visit.allocation_id -> decisions.0.gate
----
done number.pool=visitors
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done number=+442079460003
done decisions.0.gate.ewt_ms=270000 decisions.0.gate.threshold_ms=600000 decisions.0.gate.position=3 decisions.0.gate.agents_active=1
