# Central London is served first, and who is near the shop on the Strand before that.
include agents
put_region region.key=london region.label=London region.lat_e7=515074000 region.lon_e7=-1278000 region.radius_m=20000 -> region.key
put_region region.key=england region.lat_e7=525000000 region.lon_e7=-15000000 region.radius_m=200000 -> region.key
put_subject subject.key=sales subject.queue=sales subject.context_rules.0.predicate.0.op=PREDICATE_OP_GEO_WITHIN subject.context_rules.0.predicate.0.circle.lat_e7=515110000 subject.context_rules.0.predicate.0.circle.lon_e7=-1200000 subject.context_rules.0.predicate.0.circle.radius_m=500 subject.context_rules.0.priority_delta=20 subject.context_rules.1.predicate.0.op=PREDICATE_OP_GEO_WITHIN subject.context_rules.1.predicate.0.region=london subject.context_rules.1.predicate.1.op=PREDICATE_OP_EQ subject.context_rules.1.predicate.1.field=geo_region subject.context_rules.1.predicate.1.texts=london subject.context_rules.1.predicate.2.op=PREDICATE_OP_AND subject.context_rules.1.priority_delta=10 -> subject.key
list_regions -> items.0.key items.1.key items.1.radius_m
strand: enqueue_interaction connector=app ext_ref=a1 subject=sales place.lat_e7=515110000 place.lon_e7=-1205000 -> interaction_id
soho: enqueue_interaction connector=app ext_ref=a2 subject=sales place.lat_e7=515136000 place.lon_e7=-1365000 -> interaction_id
leeds: enqueue_interaction connector=app ext_ref=a3 subject=sales place.lat_e7=538008000 place.lon_e7=-15491000 -> interaction_id
paris: enqueue_interaction connector=app ext_ref=a4 subject=sales place.lat_e7=488566000 place.lon_e7=23522000 -> interaction_id
nowhere: enqueue_interaction connector=app ext_ref=a5 subject=sales -> interaction_id
list_interactions -> items.0.priority items.0.geo_region items.1.priority items.1.geo_region items.2.priority items.2.geo_region items.3.priority items.3.geo_region items.4.priority items.4.geo_region
----
done region.key=london
done region.key=england
done subject.key=sales
done items.0.key=england items.1.key=london items.1.radius_m=20000
done interaction_id=ix_1
done interaction_id=ix_2
done interaction_id=ix_3
done interaction_id=ix_4
done interaction_id=ix_5
done items.0.priority=130 items.0.geo_region=london items.1.priority=110 items.1.geo_region=london items.2.priority=100 items.2.geo_region=england items.3.priority=100 items.4.priority=100

# The device told other things, and no place.
app: allocate_number subject=sales customer_phone=+447700900001 origin=ORIGIN_MOBILE mobile.os=beos -> number
call: match_call dnis=$app.number ani=+447700900001 ext_ref=c1 connector=pbx
get_interaction interaction_id=$call.interaction_id -> interaction.geo_region interaction.priority
simulate_route subject=sales place.lat_e7=515110000 place.lon_e7=-1205000 -> priority
----
done number=+442079460001
done interaction_id=ix_6 result=MATCH_RESULT_MATCHED subject=sales allocation_id=al_1
done interaction.priority=100
done priority=130
