# Who speaks French gets somebody who does, at every step. Amy and Bob know English,
# Eva both.
include agents
put_skill skill.key=french -> skill.key
put_agent agent.key=eva agent.skills.0.skill=english agent.skills.0.level=3 agent.skills.1.skill=french agent.skills.1.level=6 -> agent.key
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=7 subject.steps.0.timeout_ms=30000 subject.steps.1.requirements.0.skill=english subject.steps.1.requirements.0.min_level=3 subject.context_rules.0.label=French subject.context_rules.0.predicate.0.op=PREDICATE_OP_PREFIX subject.context_rules.0.predicate.0.field=language subject.context_rules.0.predicate.0.texts=fr subject.context_rules.0.add_requirement.skill=french subject.context_rules.0.add_requirement.min_level=5 -> subject.key
login agent=amy ready=true -> presence.state
login agent=bob ready=true -> presence.state
en: enqueue_interaction connector=web ext_ref=w1 subject=sales language=en media=MEDIA_CHAT -> state agent
fr: enqueue_interaction connector=web ext_ref=w2 subject=sales language=fr-CA media=MEDIA_CHAT -> state agent interaction_id
explain_decision interaction_id=$fr.interaction_id agent=amy -> now.n_meant now.context_rules about steps
login agent=eva ready=true -> presence.state
+30s
get_interaction interaction_id=$fr.interaction_id -> interaction.state interaction.agent interaction.step
----
done skill.key=french
done agent.key=eva
done subject.key=sales
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done state=INTERACTION_STATE_OFFERED agent=amy
done interaction_id=ix_1 state=INTERACTION_STATE_QUEUED
done now.context_rules.subject=sales now.context_rules.n_rules=1 now.context_rules.held.0.n=1 now.context_rules.held.0.label=French now.context_rules.held.0.add_requirement.skill=french now.context_rules.held.0.add_requirement.min_level=5 steps.0.step=1 steps.1.step=2 steps.1.begins_ms=10:00:30 steps.1.n_meant=1 about.agent=amy about.passed_over=PASSED_OVER_NO_SKILL about.skill=french about.min_level=5
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_OFFERED interaction.step=2 interaction.agent=eva

# A rule that asks for more of a skill that a step asks for: both count.
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=3 subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.tier subject.context_rules.0.add_requirement.skill=english subject.context_rules.0.add_requirement.min_level=8 -> subject.key
simulate_route subject=sales media=MEDIA_CHAT attached.tier=gold -> decision.n_meant
simulate_route subject=sales media=MEDIA_CHAT -> decision.n_meant
simulate_route subject=sales media=MEDIA_CHAT attached.tier=gold steps.0.requirements.0.skill=french -> decision.n_meant
simulate_route subject=sales media=MEDIA_CHAT steps.0.requirements.0.skill=french -> decision.n_meant
----
done subject.key=sales
done decision.n_meant=1
done decision.n_meant=3
done
done decision.n_meant=1

# Four skills more are the most; the rest is left out, and that is told.
put_skill skill.key=s0 -> skill.key
put_skill skill.key=s1 -> skill.key
put_skill skill.key=s2 -> skill.key
put_skill skill.key=s3 -> skill.key
put_skill skill.key=s4 -> skill.key
put_agent agent.key=all agent.skills.0.skill=s0 agent.skills.0.level=1 agent.skills.1.skill=s1 agent.skills.1.level=1 agent.skills.2.skill=s2 agent.skills.2.level=1 agent.skills.3.skill=s3 agent.skills.3.level=1 -> agent.key
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.0.predicate.0.field=context.tier subject.context_rules.0.add_requirement.skill=s0 subject.context_rules.1.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.1.predicate.0.field=context.tier subject.context_rules.1.add_requirement.skill=s1 subject.context_rules.2.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.2.predicate.0.field=context.tier subject.context_rules.2.add_requirement.skill=s2 subject.context_rules.3.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.3.predicate.0.field=context.tier subject.context_rules.3.add_requirement.skill=s3 subject.context_rules.4.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.4.predicate.0.field=context.tier subject.context_rules.4.add_requirement.skill=s4 -> subject.key
simulate_route subject=sales attached.tier=gold -> decision.n_meant context_rules.left_out
----
done skill.key=s0
done skill.key=s1
done skill.key=s2
done skill.key=s3
done skill.key=s4
done agent.key=all
done subject.key=sales
done decision.n_meant=1 context_rules.left_out=true

# A queue that takes nothing which nobody could take counts what rules ask for, too.
put_queue queue.key=sales queue.accept_when_no_agents=WHEN_NO_AGENTS_REJECT -> queue.key
enqueue_interaction connector=web ext_ref=w3 subject=sales attached.tier=gold media=MEDIA_CHAT
simulate_route subject=sales attached.tier=gold media=MEDIA_CHAT -> state end_reason context_rules.n_rules
enqueue_interaction connector=web ext_ref=w4 subject=sales media=MEDIA_CHAT -> state
----
done queue.key=sales
refused NO_AGENTS field=subject
done state=INTERACTION_STATE_CLOSED end_reason=END_REASON_NO_AGENTS context_rules.n_rules=5
done state=INTERACTION_STATE_OFFERED
