# Nobody is there: nobody can tell. Amy could take a call at once; Bob from half a
# minute on, when it is his step.
include agents
get_estimated_wait subject=sales
amy: login agent=amy ready=true -> presence.state
get_estimated_wait subject=sales
bob: login agent=bob ready=true -> presence.state
set_not_ready session_id=$amy.session_id reason=pause -> presence.state
get_estimated_wait subject=sales
get_estimated_wait subject=sales requirements.0.skill=english requirements.0.min_level=1
set_not_ready session_id=$bob.session_id reason=pause -> presence.state
get_estimated_wait subject=sales
----
done within_threshold=true asof_index=14
done presence.state=PRESENCE_STATE_READY
done wait.position=1 wait.agents_ready=1 wait.agents_active=1 within_threshold=true asof_index=15
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_NOT_READY
done wait.ewt_ms=30000 wait.shown_ms=30000 wait.position=1 wait.agents_ready=1 wait.agents_active=1 within_threshold=true asof_index=17
done wait.position=1 wait.agents_ready=1 wait.agents_active=1 within_threshold=true asof_index=17
done presence.state=PRESENCE_STATE_NOT_READY
done within_threshold=true asof_index=18

# Amy is asked. The second waits for Bob's step. The third waits for whoever of the
# two is done first: where nothing was handled yet each takes 90 seconds. Whoever
# comes next would wait for both.
set_ready session_id=$amy.session_id -> presence.state
set_ready session_id=$bob.session_id -> presence.state
enqueue_interaction media=MEDIA_CALLBACK_VOICE subject=sales queue=sales connector=sip ext_ref=c1
enqueue_interaction media=MEDIA_CALLBACK_VOICE subject=sales queue=sales connector=sip ext_ref=c2
get_estimated_wait subject=sales
enqueue_interaction media=MEDIA_CALLBACK_VOICE subject=sales connector=sip ext_ref=c3
get_estimated_wait subject=sales channel=MEDIA_CALLBACK_VOICE
----
done presence.state=PRESENCE_STATE_READY
done presence.state=PRESENCE_STATE_READY
done interaction_id=ix_1 state=INTERACTION_STATE_OFFERED agent=amy offer_id=of_1 offer_deadline_ms=10:00:15 decision_id=dc_ix_1.1
done interaction_id=ix_2 state=INTERACTION_STATE_QUEUED wait.ewt_ms=30000 wait.shown_ms=30000 wait.position=1 wait.agents_ready=1 wait.agents_active=2 decision_id=dc_ix_2.1
done wait.ewt_ms=30000 wait.shown_ms=30000 wait.position=1 wait.agents_ready=1 wait.agents_active=2 within_threshold=true asof_index=22
done interaction_id=ix_3 state=INTERACTION_STATE_QUEUED wait.ewt_ms=45000 wait.shown_ms=60000 wait.position=2 wait.agents_ready=1 wait.agents_active=2 decision_id=dc_ix_3.1
done wait.ewt_ms=90000 wait.shown_ms=90000 wait.position=3 wait.agents_ready=1 wait.agents_active=2 within_threshold=true asof_index=23

# What is unknown is refused by name.
get_estimated_wait subject=nothing
get_estimated_wait subject=sales requirements.0.skill=latin
get_estimated_wait subject=sales channel=17
get_estimated_wait
----
refused SUBJECT_UNKNOWN field=subject
refused SKILL_UNKNOWN field=requirements
refused INVALID field=channel
refused SUBJECT_UNKNOWN field=subject
