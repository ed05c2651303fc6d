# Somebody else calls Ann's number: rules know the page that he may have been at, and
# nothing of hers. When Ann calls they know it all.
include agents
put_region region.key=soho region.lat_e7=515136000 region.lon_e7=-1365000 region.radius_m=1000 -> region.key
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.label=page subject.context_rules.0.predicate.0.op=PREDICATE_OP_EQ subject.context_rules.0.predicate.0.field=page subject.context_rules.0.predicate.0.texts=/sale subject.context_rules.0.priority_delta=1 subject.context_rules.1.label=basket subject.context_rules.1.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.1.predicate.0.field=context.basket subject.context_rules.1.priority_delta=2 subject.context_rules.2.label=language subject.context_rules.2.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.2.predicate.0.field=language subject.context_rules.2.priority_delta=4 subject.context_rules.3.label=origin subject.context_rules.3.predicate.0.op=PREDICATE_OP_IN subject.context_rules.3.predicate.0.field=origin subject.context_rules.3.predicate.0.texts=MOBILE,WEB subject.context_rules.3.priority_delta=8 subject.context_rules.4.label=place subject.context_rules.4.predicate.0.op=PREDICATE_OP_GEO_WITHIN subject.context_rules.4.predicate.0.region=soho subject.context_rules.4.priority_delta=16 subject.context_rules.5.label=region subject.context_rules.5.predicate.0.op=PREDICATE_OP_EXISTS subject.context_rules.5.predicate.0.field=geo_region subject.context_rules.5.priority_delta=32 subject.context_rules.6.label=mail subject.context_rules.6.predicate.0.op=PREDICATE_OP_IN subject.context_rules.6.predicate.0.field=context.page_url subject.context_rules.6.predicate.0.texts=https://shop.example/sale?mail=ann@example.org subject.context_rules.6.priority_delta=64 -> subject.key
ann: allocate_number subject=sales page_url=https://shop.example/sale?mail=ann@example.org customer_phone=+447700900001 context.basket=42 origin=ORIGIN_MOBILE language=en mobile.lat_e7=515136000 mobile.lon_e7=-1365000 -> number
desk: match_call dnis=$ann.number ani=+442079460999 ext_ref=c1 connector=pbx sip.basket=7
own: match_call dnis=$ann.number ani=+447700900001 ext_ref=c2 connector=pbx
get_interaction interaction_id=$desk.interaction_id -> interaction.priority_delta interaction.language interaction.geo_region
explain_decision interaction_id=$desk.interaction_id -> decisions.2.context_rules
get_interaction interaction_id=$own.interaction_id -> interaction.priority_delta interaction.language interaction.geo_region
----
done region.key=soho
done subject.key=sales
done number=+442079460001
done interaction_id=ix_1 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 ani_mismatch=true withheld=true
done interaction_id=ix_2 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1 redial=true
done interaction.priority_delta=1
done decisions.2.context_rules.subject=sales decisions.2.context_rules.n_rules=7 decisions.2.context_rules.held.0.n=1 decisions.2.context_rules.held.0.label=page decisions.2.context_rules.held.0.priority_delta=1 decisions.2.context_rules.priority_delta=1
done interaction.priority_delta=127 interaction.language=en interaction.geo_region=soho
