include cluster
remove_member node_id=1
----
refused TOO_FEW_VOTERS field=node_id

# Another must be wanted first; then it may go.
add_member address=node4:7400
remove_member node_id=1
remove_member node_id=2
remove_member node_id=4
----
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
done member.node_id=1 member.address=node1:7400 member.role=MEMBER_ROLE_VOTER member.version_max=2 member.release=0.2.0
refused TOO_FEW_VOTERS field=node_id
refused TOO_FEW_VOTERS field=node_id

# A standby does not count.
add_member address=node5:7400 standby=true
remove_member node_id=2
remove_member node_id=5
----
done member.node_id=5 member.address=node5:7400 member.wanted=MEMBER_ROLE_STANDBY
refused TOO_FEW_VOTERS field=node_id
done member.node_id=5 member.address=node5:7400

# A cluster that has lost two of three grows again, and may change its mind.
configure 3
list_members -> members removed
add_member address=node6:7400
remove_member node_id=6
remove_member node_id=3
add_member address=node7:7400
configure 3 7?
configure 3 7
remove_member node_id=7
----
done members.0.node_id=3 members.0.address=node3:7400 members.0.role=MEMBER_ROLE_VOTER members.0.wanted=MEMBER_ROLE_VOTER members.0.version_max=2 members.0.release=0.2.0 members.1.node_id=4 members.1.address=node4:7400 members.1.wanted=MEMBER_ROLE_VOTER removed.0.node_id=5 removed.0.log_index=12 removed.1.node_id=1 removed.1.log_index=13 removed.2.node_id=2 removed.2.log_index=13
done member.node_id=6 member.address=node6:7400 member.wanted=MEMBER_ROLE_VOTER
done member.node_id=6 member.address=node6:7400
refused TOO_FEW_VOTERS field=node_id
done member.node_id=7 member.address=node7:7400 member.wanted=MEMBER_ROLE_VOTER
refused TOO_FEW_VOTERS field=node_id
