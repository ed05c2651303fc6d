# Bob is not good enough for the first step; in the second he is.
include agents
bob: login agent=bob ready=true -> presence.state
call: match_call dnis=+442079460080 ani=+447700900001 ext_ref=c1 connector=pbx -> result
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.step interaction.step_deadline_ms interaction.priority
+29s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.step
+2s
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.status interaction.step interaction.agent interaction.priority
----
done presence.state=PRESENCE_STATE_READY
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_QUEUED interaction.status=INTERACTION_STATUS_INITIAL interaction.priority=100 interaction.step=1 interaction.step_deadline_ms=10:00:30
done interaction.state=INTERACTION_STATE_QUEUED interaction.step=1
done interaction.state=INTERACTION_STATE_OFFERED interaction.status=INTERACTION_STATUS_OVERFLOW interaction.priority=150 interaction.step=2 interaction.agent=bob

# What steps ask for must be there.
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=klingon
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=11
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=5 subject.steps.0.requirements.0.max_level=4
put_subject subject.key=sales subject.queue=sales subject.steps.0.agents=nobody
put_subject subject.key=sales subject.queue=sales subject.steps.0.timeout_ms=0 subject.steps.1.timeout_ms=0
----
refused SKILL_UNKNOWN field=subject.steps
refused INVALID field=subject.steps
refused INVALID field=subject.steps
refused NOT_FOUND field=subject.steps
refused INVALID field=subject.steps.timeout_ms

# The last step of a subject with a number outside ends there; and a wait that is
# too long.
put_subject subject.key=sales subject.queue=sales subject.steps.0.timeout_ms=10000 subject.steps.0.agents=amy subject.overflow_number=+442079460070 -> subject.key
out: match_call dnis=+442079460080 ani=+447700900002 ext_ref=c2 connector=pbx -> result
+11s
get_interaction interaction_id=$out.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result
put_subject subject.key=sales subject.queue=sales subject.steps.0.agents=amy subject.max_wait_ms=60000 -> subject.key
long: match_call dnis=+442079460080 ani=+447700900003 ext_ref=c3 connector=pbx -> result
+61s
get_interaction interaction_id=$long.interaction_id -> interaction.state interaction.end_reason interaction.segments.0.result
----
done subject.key=sales
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_OVERFLOW_EXTERNAL interaction.segments.0.result=SEGMENT_RESULT_OVERFLOW
done subject.key=sales
done result=MATCH_RESULT_STATIC
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_MAX_WAIT interaction.segments.0.result=SEGMENT_RESULT_FAILED
