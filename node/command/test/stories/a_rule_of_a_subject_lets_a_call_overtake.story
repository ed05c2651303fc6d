# Who has gold comes before who has waited longer; a basket above 100 counts, too.
include agents
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.label=gold subject.context_rules.0.predicate.0.op=PREDICATE_OP_EQ subject.context_rules.0.predicate.0.field=context.tier subject.context_rules.0.predicate.0.texts=gold subject.context_rules.0.priority_delta=200 subject.context_rules.1.predicate.0.op=PREDICATE_OP_GT subject.context_rules.1.predicate.0.field=context.basket subject.context_rules.1.predicate.0.numbers=100 subject.context_rules.1.priority_delta=50 -> subject.queue
plain: enqueue_interaction connector=web ext_ref=w1 subject=sales attached.tier=silver attached.basket=99 -> interaction_id state
rich: enqueue_interaction connector=web ext_ref=w2 subject=sales attached.basket=101 -> interaction_id state
gold: enqueue_interaction connector=web ext_ref=w3 subject=sales attached.tier=gold attached.basket=100000 priority_delta=10 -> interaction_id state
list_interactions -> items.0.priority items.1.priority items.2.priority items.1.priority_delta items.2.priority_delta
login agent=bob ready=true -> presence.state
get_desktop agent=bob -> interactions.0.interaction_id
explain_decision interaction_id=$gold.interaction_id -> decisions.0.context_rules
explain_decision interaction_id=$plain.interaction_id -> decisions.0.context_rules now.context_rules
simulate_route subject=sales attached.tier=gold -> priority position context_rules decision.context_rules.n_rules
----
done subject.queue=sales
done interaction_id=ix_1 state=INTERACTION_STATE_QUEUED
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED
done interaction_id=ix_3 state=INTERACTION_STATE_QUEUED
done items.0.priority=100 items.1.priority=150 items.1.priority_delta=50 items.2.priority=360 items.2.priority_delta=260
done presence.state=PRESENCE_STATE_READY
done interactions.0.interaction_id=ix_3
done decisions.0.context_rules.subject=sales decisions.0.context_rules.n_rules=2 decisions.0.context_rules.held.0.n=1 decisions.0.context_rules.held.0.label=gold decisions.0.context_rules.held.0.priority_delta=200 decisions.0.context_rules.held.1.n=2 decisions.0.context_rules.held.1.priority_delta=50 decisions.0.context_rules.priority_delta=250
done decisions.0.context_rules.subject=sales decisions.0.context_rules.n_rules=2 now.context_rules.subject=sales now.context_rules.n_rules=2
done position=1 priority=300 decision.context_rules.n_rules=2 context_rules.subject=sales context_rules.n_rules=2 context_rules.held.0.n=1 context_rules.held.0.label=gold context_rules.held.0.priority_delta=200 context_rules.priority_delta=200

# The rules have been changed: of those that held it is told which, and no more.
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.label=silver subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.tier subject.context_rules.1.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.1.predicate.0.field=context.x -> subject.queue
explain_decision interaction_id=$gold.interaction_id -> decisions.0.context_rules decisions.0.rules_changed priority
----
done subject.queue=sales
done priority=360 decisions.0.rules_changed=true decisions.0.context_rules.subject=sales decisions.0.context_rules.n_rules=2 decisions.0.context_rules.held.0.n=1 decisions.0.context_rules.held.1.n=2 decisions.0.context_rules.priority_delta=250

# What they come to is bounded.
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.tier subject.context_rules.0.priority_delta=-900 subject.context_rules.1.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.1.predicate.0.field=context.tier subject.context_rules.1.priority_delta=-900 -> subject.queue
low: enqueue_interaction connector=web ext_ref=w4 subject=sales attached.tier=none priority_delta=-500 -> interaction_id
get_interaction interaction_id=$low.interaction_id -> interaction.priority interaction.priority_delta
explain_decision interaction_id=$low.interaction_id -> decisions.0.context_rules.priority_delta
----
done subject.queue=sales
done interaction_id=ix_4
done interaction.priority_delta=-1000
done decisions.0.context_rules.priority_delta=-1000
