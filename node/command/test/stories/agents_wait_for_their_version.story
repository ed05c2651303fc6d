# What nodes of an older release do not know is not done before they have gone.
include keys
put_agent agent.key=ann
put_skill skill.key=sales
list_reasons -> next_token
report_node node_id=1 version_max=4 release=0.4.0
report_node node_id=2 version_max=4 release=0.4.0
report_node node_id=3 version_max=4 release=0.4.0
put_agent agent.key=ann
finalize_version
put_agent agent.key=ann -> agent.key agent.units agent.media_caps.chat
get_reason key=lunch -> reason.label
get_tenant key=shop -> tenant.quotas.agents tenant.unit_costs.voice
----
refused CLUSTER_VERSION
refused CLUSTER_VERSION
done
done
done
done
refused CLUSTER_VERSION
done cluster_version=4
done agent.key=ann agent.units=100 agent.media_caps.chat=4
done reason.label=Lunch
done tenant.quotas.agents=10000 tenant.unit_costs.voice=100
