include cluster
add_member address=node4:7400
configure 1 2 3 4?
configure 1 2 3 4
remove_member node_id=2
list_members -> members.1
----
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
done member.node_id=2 member.address=node2:7400 member.role=MEMBER_ROLE_VOTER member.version_max=2 member.release=0.2.0
done members.1.node_id=2 members.1.address=node2:7400 members.1.role=MEMBER_ROLE_VOTER members.1.version_max=2 members.1.release=0.2.0

# It is on its way out, and cannot be kept.
remove_member node_id=2
promote_member node_id=2
add_member node_id=2 address=node2:7400
add_member address=node2:7400
----
done member.node_id=2 member.address=node2:7400 member.role=MEMBER_ROLE_VOTER member.version_max=2 member.release=0.2.0
refused MEMBER_REMOVED field=node_id
refused MEMBER_ID_USED field=node_id
refused MEMBER_ADDRESS_TAKEN field=address

# Once it is out, its address is free, and its id is not.
configure 1 3 4
remove_member node_id=2
promote_member node_id=2
add_member node_id=2 address=node2:7400
add_member address=node2:7400
list_members -> members removed
----
refused MEMBER_REMOVED field=node_id
refused MEMBER_REMOVED field=node_id
refused MEMBER_ID_USED field=node_id
done member.node_id=5 member.address=node2:7400 member.wanted=MEMBER_ROLE_VOTER
done members.0.node_id=1 members.0.address=node1:7400 members.0.role=MEMBER_ROLE_VOTER members.0.wanted=MEMBER_ROLE_VOTER members.0.version_max=2 members.0.release=0.2.0 members.1.node_id=3 members.1.address=node3:7400 members.1.role=MEMBER_ROLE_VOTER members.1.wanted=MEMBER_ROLE_VOTER members.1.version_max=2 members.1.release=0.2.0 members.2.node_id=4 members.2.address=node4:7400 members.2.role=MEMBER_ROLE_VOTER members.2.wanted=MEMBER_ROLE_VOTER members.3.node_id=5 members.3.address=node2:7400 members.3.wanted=MEMBER_ROLE_VOTER removed.0.node_id=2 removed.0.log_index=13

# One that was never let in is gone at once, also when the leader had begun.
remove_member node_id=5
list_members -> members.3 removed
configure 1 3 4 5?
list_members -> members.3 removed
configure 1 3 4
list_members -> members.3 removed
----
done member.node_id=5 member.address=node2:7400
done removed.0.node_id=2 removed.0.log_index=13 removed.1.node_id=5 removed.1.log_index=18
done members.3.node_id=5 members.3.address=node5:7400 members.3.role=MEMBER_ROLE_STANDBY removed.0.node_id=2 removed.0.log_index=13
done removed.0.node_id=2 removed.0.log_index=13 removed.1.node_id=5 removed.1.log_index=20
