# Until all members have said what they support, it is as if it were 1.
configure 1 2 3
add_member address=node4:7400
report_node node_id=1 version_max=2 release=0.2.0
report_node node_id=2 version_max=3 release=0.3.0
list_members -> cluster_version
finalize_version
finalize_version version=1
report_node node_id=4 version_max=2
report_node node_id=3 version_max=2 release=0.2.0
list_members
----
refused CLUSTER_VERSION
done
done
done cluster_version=1
refused VERSION_UNSUPPORTED field=version
done cluster_version=1
refused MEMBER_UNKNOWN field=node_id
done
done members.0.node_id=1 members.0.address=node1:7400 members.0.role=MEMBER_ROLE_VOTER members.0.wanted=MEMBER_ROLE_VOTER members.0.version_max=2 members.0.release=0.2.0 members.1.node_id=2 members.1.address=node2:7400 members.1.role=MEMBER_ROLE_VOTER members.1.wanted=MEMBER_ROLE_VOTER members.1.version_max=3 members.1.release=0.3.0 members.2.node_id=3 members.2.address=node3:7400 members.2.role=MEMBER_ROLE_VOTER members.2.wanted=MEMBER_ROLE_VOTER members.2.version_max=2 members.2.release=0.2.0 cluster_version=2

# It goes up only when all members support it, and an operator says so.
add_member address=node4:7400
finalize_version version=3
configure 1 2 3 4?
finalize_version version=3
report_node node_id=1 version_max=4 release=0.4.0
report_node node_id=3 version_max=3 release=0.3.0
finalize_version version=3
report_node node_id=4 version_max=3 release=0.3.0
list_members -> cluster_version
finalize_version
list_members -> cluster_version
----
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
refused VERSION_UNSUPPORTED field=version
refused VERSION_UNSUPPORTED field=version
done
done
refused VERSION_UNSUPPORTED field=version
done
done cluster_version=2
done cluster_version=3
done cluster_version=3

# It never goes back; saying again what it is, is no mistake.
finalize_version version=3
finalize_version version=2
finalize_version
finalize_version version=4
----
done cluster_version=3
refused VERSION_LOWER field=version
done cluster_version=3
refused VERSION_UNSUPPORTED field=version
