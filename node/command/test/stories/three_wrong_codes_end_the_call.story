# No entry is a wrong try, too.
include codes
ann: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_WEB -> access_code
call: match_call dnis=+442079460090 ani=+442079460999 ext_ref=c1 connector=pbx -> result attempts_left prompts
submit_digits interaction_id=$call.interaction_id digits=000001
submit_digits interaction_id=$call.interaction_id timed_out=true
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c1 connector=pbx -> result attempts_left
submit_digits interaction_id=$call.interaction_id digits=000002
get_interaction interaction_id=$call.interaction_id -> interaction.state interaction.end_reason interaction.attempts
----
done access_code=880138
done result=MATCH_RESULT_NEED_CODE attempts_left=3 prompts.0.action=PROMPT_ACTION_COLLECT prompts.0.name=code prompts.0.digits=6 prompts.0.timeout_ms=10000
done result=DIGITS_RESULT_RETRY attempts_left=2 prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=try_again prompts.1.action=PROMPT_ACTION_COLLECT prompts.1.name=code prompts.1.digits=6 prompts.1.timeout_ms=10000
done result=DIGITS_RESULT_RETRY attempts_left=1 prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=try_again prompts.1.action=PROMPT_ACTION_COLLECT prompts.1.name=code prompts.1.digits=6 prompts.1.timeout_ms=10000
done result=MATCH_RESULT_NEED_CODE attempts_left=1
done result=DIGITS_RESULT_FAILED prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=code_failed prompts.1.action=PROMPT_ACTION_DISCONNECT
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CODE_FAILED interaction.attempts=3

# What comes afterwards changes nothing, and the code is as good as before.
submit_digits interaction_id=$call.interaction_id digits=$ann.access_code -> result prompts
match_call dnis=+442079460090 ani=+442079460999 ext_ref=c2 connector=pbx code=$ann.access_code -> result
----
done result=DIGITS_RESULT_FAILED prompts.0.action=PROMPT_ACTION_PLAY prompts.0.name=code_failed prompts.1.action=PROMPT_ACTION_DISCONNECT
done result=MATCH_RESULT_MATCHED

# A connector that falls silent: the server counts a minute as one try.
slow: match_call dnis=+442079460090 ani=+442079460998 ext_ref=c3 connector=pbx -> result
+61s
get_interaction interaction_id=$slow.interaction_id -> interaction.state interaction.attempts
+2m
get_interaction interaction_id=$slow.interaction_id -> interaction.state interaction.end_reason
----
done result=MATCH_RESULT_NEED_CODE
done interaction.state=INTERACTION_STATE_IDENTIFYING interaction.attempts=1
done interaction.state=INTERACTION_STATE_CLOSED interaction.end_reason=END_REASON_CODE_FAILED
