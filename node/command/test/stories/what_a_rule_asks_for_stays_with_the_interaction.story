# What rules add is asked for at steps that come later, too: those of a request, and
# those of a subject that it is passed on to. Who says that steps are all takes it back.
include agents
put_skill skill.key=french -> skill.key
put_agent agent.key=eva agent.skills.0.skill=english agent.skills.0.level=8 agent.skills.1.skill=french agent.skills.1.level=6 -> agent.key
put_queue queue.key=help -> queue.key
put_subject subject.key=help subject.queue=help -> subject.key
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_EQ subject.context_rules.0.predicate.0.field=language subject.context_rules.0.predicate.0.texts=fr subject.context_rules.0.add_requirement.skill=french -> subject.key
fr: enqueue_interaction connector=web ext_ref=w1 subject=sales language=fr media=MEDIA_CHAT steps.0.requirements.0.skill=english steps.0.requirements.0.min_level=4 -> interaction_id state
login agent=bob ready=true -> presence.state
login agent=amy ready=true -> presence.state
get_interaction interaction_id=$fr.interaction_id -> interaction.state
set_routing interaction_id=$fr.interaction_id steps.0.requirements.0.skill=english steps.0.requirements.0.min_level=1 -> interaction.state
eva: login agent=eva ready=true -> session_id
offer: get_interaction interaction_id=$fr.interaction_id -> interaction.state interaction.agent interaction.offer_id
accept_offer session_id=$eva.session_id offer_id=$offer.interaction.offer_id -> interaction.state
set_agent_state agent=eva state=PRESENCE_STATE_NOT_READY reason=lunch -> presence.state
put_queue queue.key=help queue.accept_when_no_agents=WHEN_NO_AGENTS_REJECT -> queue.key
transfer_interaction interaction_id=$fr.interaction_id subject=help
put_queue queue.key=help -> queue.key
transfer_interaction interaction_id=$fr.interaction_id subject=help -> interaction.state interaction.queue
explain_decision interaction_id=$fr.interaction_id agent=amy -> now.n_meant about.passed_over about.skill
set_routing interaction_id=$fr.interaction_id steps_are_all=true
set_routing interaction_id=$fr.interaction_id steps.0.requirements.0.skill=english steps_are_all=true -> interaction.state interaction.agent
explain_decision interaction_id=$fr.interaction_id -> decisions.3.kind decisions.3.context_rules.left_out decisions.4.kind decisions.4.context_rules.left_out decisions.5.kind
----
done skill.key=french
done agent.key=eva
done queue.key=help
done subject.key=help
done subject.key=sales
done interaction_id=ix_1 state=INTERACTION_STATE_QUEUED
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done interaction.state=INTERACTION_STATE_QUEUED
done interaction.state=INTERACTION_STATE_QUEUED
done session_id=se_1
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=eva interaction.offer_id=of_1
done interaction.state=INTERACTION_STATE_CONNECTED
done presence.state=PRESENCE_STATE_NOT_READY
done queue.key=help
refused NO_AGENTS field=subject
done queue.key=help
done interaction.queue=help interaction.state=INTERACTION_STATE_QUEUED
done now.n_meant=1 about.passed_over=PASSED_OVER_NO_SKILL about.skill=french
refused INVALID field=steps_are_all
done interaction.state=INTERACTION_STATE_OFFERED interaction.agent=amy
done decisions.3.kind=DECISION_KIND_ROUTE decisions.4.kind=DECISION_KIND_OFFER decisions.4.context_rules.left_out=true
