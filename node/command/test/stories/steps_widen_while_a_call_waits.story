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

# What steps ask for must be there.
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=klingon
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=11
put_subject subject.key=sales subject.queue=sales subject.steps.0.requirements.0.skill=english subject.steps.0.requirements.0.min_level=5 subject.steps.0.requirements.0.max_level=4
put_subject subject.key=sales subject.queue=sales subject.steps.0.timeout_ms=-1
put_subject subject.key=sales subject.queue=sales subject.steps.0.agents=nobody
put_subject subject.key=sales subject.queue=sales subject.steps.0.timeout_ms=0 subject.steps.1.timeout_ms=0
----

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
