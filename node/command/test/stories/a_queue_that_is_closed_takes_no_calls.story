# It is Thursday, and the office works on Mondays.
include routing
put_hours hours.key=office hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
put_queue queue.key=sales queue.hours=office
put_number number.number=+442079460100 number.kind=NUMBER_KIND_STATIC number.subject=sales
call: match_call dnis=+442079460100 ani=+447700900001 connector=test ext_ref=1 -> result interaction_id prompts.0.name
get_interaction interaction_id=$call.interaction_id -> interaction.end_reason
put_hours hours.key=office hours.weekly.0.day=4 hours.weekly.0.to_min=1440
match_call dnis=+442079460100 ani=+447700900001 connector=test ext_ref=2 -> result prompts.0.name
----
done hours.key=office hours.time_zone=UTC hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
done queue.key=sales queue.hours=office queue.selection=SELECTION_LONGEST_IDLE queue.last_agent_mode=LAST_AGENT_MODE_OFF queue.max_waiting=10000 queue.accept_when_no_agents=WHEN_NO_AGENTS_QUEUE
done number.number=+442079460100 number.kind=NUMBER_KIND_STATIC number.subject=sales number.state=NUMBER_STATE_FREE number.free_since_ms=10:00:00
done interaction_id=ix_1 result=MATCH_RESULT_NO_ROUTE prompts.0.name=closed
done interaction.end_reason=END_REASON_OUT_OF_HOURS
done hours.key=office hours.time_zone=UTC hours.weekly.0.day=4 hours.weekly.0.to_min=1440
done result=MATCH_RESULT_STATIC
