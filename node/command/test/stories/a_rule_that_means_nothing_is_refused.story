# Each refusal says which rule, and which node of its predicate.
include agents
put_subject subject.key=sales subject.context_rules.0.priority_delta=1
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.a subject.context_rules.1.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.1.predicate.0.field=colour
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.predicate.1.op=PREDICATE_OP_AND
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.predicate.1.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.1.field=page
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_LT subject.context_rules.0.predicate.0.field=page subject.context_rules.0.predicate.0.numbers=1
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_GEO_WITHIN subject.context_rules.0.predicate.0.region=nowhere
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.add_requirement.skill=french
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.add_requirement.skill=english subject.context_rules.0.add_requirement.min_level=11
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.subject=nothing
put_subject subject.key=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=page subject.context_rules.0.subject=sales
put_region region.key=big region.radius_m=200001
put_region region.key=none
----
refused INVALID field=subject.context_rules[0].predicate
refused INVALID field=subject.context_rules[1].predicate[0].field
refused INVALID field=subject.context_rules[0].predicate[0].field
refused INVALID field=subject.context_rules[0].predicate[1].op
refused INVALID field=subject.context_rules[0].predicate
refused INVALID field=subject.context_rules[0].predicate[0].numbers
refused NOT_FOUND field=subject.context_rules[0].predicate[0].region
refused SKILL_UNKNOWN field=subject.context_rules[0].add_requirement
refused INVALID field=subject.context_rules[0].add_requirement
refused SUBJECT_UNKNOWN field=subject.context_rules[0].subject
refused INVALID field=subject.context_rules[0].subject
refused INVALID field=region.radius_m
refused INVALID field=region.radius_m

# In an import subjects may name one another, whichever comes first.
import_config items.0.subject.key=sales items.0.subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS items.0.subject.context_rules.0.predicate.0.field=page items.0.subject.context_rules.0.subject=other items.1.subject.key=other -> created updated
import_config items.0.subject.key=third items.1.subject.key=fourth items.1.subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS items.1.subject.context_rules.0.predicate.0.field=page items.1.subject.context_rules.0.subject=nothing
get_subject key=third
----
done created=1 updated=1
refused SUBJECT_UNKNOWN field=items[1].subject.context_rules[0].subject
refused SUBJECT_UNKNOWN field=key
