# Members are served as members. The rules of that subject are not looked at; the
# subject that they called for is remembered.
include agents
put_queue queue.key=members -> queue.key
put_subject subject.key=members subject.queue=members subject.priorities.initial=300 subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.member subject.context_rules.0.priority_delta=500 subject.context_rules.0.subject=sales -> subject.key
put_subject subject.key=sales subject.queue=sales subject.page_rules.0.pattern=/sale* subject.context_rules.0.label=members subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.member subject.context_rules.0.subject=members subject.context_rules.0.priority_delta=5 subject.context_rules.1.predicate.0.op=PREDICATE_OP_PREFIX subject.context_rules.1.predicate.0.field=page subject.context_rules.1.predicate.0.texts=/sale subject.context_rules.1.subject=subject1 -> subject.key
ann: allocate_number subject=sales page_url=https://shop.example/sale/1?x=2 customer_phone=+447700900001 context.member=yes origin=ORIGIN_WEB language=en-GB -> allocation_id number
call: match_call dnis=$ann.number ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id -> interaction.subject interaction.dnis_subject interaction.queue interaction.priority interaction.language interaction.segments
explain_decision interaction_id=$call.interaction_id -> subject decisions.1.kind decisions.1.context_rules decisions.2.kind decisions.2.context_rules
explain_decision allocation_id=$ann.allocation_id -> decisions.1.kind decisions.1.rule
simulate_route page_url=https://shop.example/sale/1 attached.member=yes -> subject queue priority context_rules.held
simulate_route page_url=https://shop.example/sale/1 -> subject queue state end_reason context_rules.held
----
done queue.key=members
done subject.key=members
done subject.key=sales
done allocation_id=al_1 number=+442079460001
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=members allocation_id=al_1
done interaction.subject=members interaction.queue=members interaction.priority=305 interaction.language=en-GB interaction.segments.0.n=1 interaction.segments.0.queue=members interaction.segments.0.subject=members interaction.segments.0.enqueued_ms=10:00:00 interaction.segments.0.step=1 interaction.dnis_subject=sales
done subject=members decisions.1.kind=DECISION_KIND_MATCH decisions.2.kind=DECISION_KIND_ROUTE decisions.2.context_rules.subject=sales decisions.2.context_rules.n_rules=2 decisions.2.context_rules.held.0.n=1 decisions.2.context_rules.held.0.label=members decisions.2.context_rules.held.0.priority_delta=5 decisions.2.context_rules.held.0.subject=members decisions.2.context_rules.held.1.n=2 decisions.2.context_rules.held.1.subject=subject1 decisions.2.context_rules.priority_delta=5
done decisions.1.kind=DECISION_KIND_MATCH decisions.1.rule=MATCH_RULE_OWN_PHONE
done subject=members queue=members priority=305 context_rules.held.0.n=1 context_rules.held.0.label=members context_rules.held.0.priority_delta=5 context_rules.held.0.subject=members context_rules.held.1.n=2 context_rules.held.1.subject=subject1
done state=INTERACTION_STATE_QUEUED subject=subject1 queue=default context_rules.held.0.n=2 context_rules.held.0.subject=subject1

# A call that is of no visit is for the subject of its number.
static: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c2 connector=pbx sip.member=yes
get_interaction interaction_id=$static.interaction_id -> interaction.subject interaction.priority
----
done interaction_id=ix_2 result=MATCH_RESULT_STATIC subject=sales
done interaction.subject=sales interaction.priority=100

# The queue that they lead to is full: the call ends there, and it is told why.
put_queue queue.key=members queue.max_waiting=1 -> queue.key
put_number number.number=+442079460002 number.pool=visitors -> number.state
bob: allocate_number subject=sales customer_phone=+447700900002 context.member=yes origin=ORIGIN_WEB -> allocation_id number
full: match_call dnis=$bob.number ani=+447700900002 ext_ref=c3 connector=pbx
get_interaction interaction_id=$full.interaction_id -> interaction.subject interaction.dnis_subject interaction.end_reason
explain_decision interaction_id=$full.interaction_id -> decisions.0.kind decisions.0.end_reason decisions.0.context_rules
get_channel_availability subject=sales
----
done queue.key=members
done number.state=NUMBER_STATE_FREE
done allocation_id=al_2 number=+442079460002
done interaction_id=ix_3 result=MATCH_RESULT_REJECTED_FULL subject=members prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=busy prompts.1.action=PROMPT_ACTION_DISCONNECT
done interaction.subject=members interaction.end_reason=END_REASON_REJECTED_FULL interaction.dnis_subject=sales
done decisions.0.kind=DECISION_KIND_MATCH decisions.0.end_reason=END_REASON_REJECTED_FULL decisions.0.context_rules.subject=sales decisions.0.context_rules.n_rules=2 decisions.0.context_rules.held.0.n=1 decisions.0.context_rules.held.0.label=members decisions.0.context_rules.held.0.priority_delta=5 decisions.0.context_rules.held.0.subject=members decisions.0.context_rules.priority_delta=5
done subject=sales channels.0.channel=MEDIA_VOICE channels.0.enabled=true
