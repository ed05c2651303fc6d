# It is Thursday, and the office works on Mondays.
include routing
put_hours hours.key=office hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
put_queue queue.key=sales queue.hours=office
put_number number.number=+442079460100 number.kind=NUMBER_KIND_STATIC number.subject=sales
match_call dnis=+442079460100 ani=+447700900001 connector=test ext_ref=1 -> result interaction_id prompts.0.name
get_interaction interaction_id=ix_1 -> interaction.end_reason
put_hours hours.key=office hours.weekly.0.day=4 hours.weekly.0.to_min=1440
match_call dnis=+442079460100 ani=+447700900001 connector=test ext_ref=2 -> result prompts.0.name
