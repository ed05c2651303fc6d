# A command says what is wanted; the log's configurations say what is.
include cluster
add_member address=node4:7400
list_members -> members.3
configure 1 2 3 4?
list_members -> members.3
configure 1 2 3 4
list_members -> members.3 cluster_version
----
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
done members.3.node_id=4 members.3.address=node4:7400 members.3.wanted=MEMBER_ROLE_VOTER
done members.3.node_id=4 members.3.address=node4:7400 members.3.role=MEMBER_ROLE_STANDBY members.3.wanted=MEMBER_ROLE_VOTER
done members.3.node_id=4 members.3.address=node4:7400 members.3.role=MEMBER_ROLE_VOTER members.3.wanted=MEMBER_ROLE_VOTER cluster_version=2

# Asking for the same again changes nothing, and is no mistake.
add_member node_id=4 address=node4:7400
----
done member.node_id=4 member.address=node4:7400 member.role=MEMBER_ROLE_VOTER member.wanted=MEMBER_ROLE_VOTER

# A standby stays one until it is promoted.
add_member node_id=7 address=[2001:db8::7]:7400 standby=true
configure 1 2 3 4 7?
promote_member node_id=7
promote_member node_id=7
configure 1 2 3 4 7
list_members -> members.4
----
done member.node_id=7 member.address=[2001:db8::7]:7400 member.wanted=MEMBER_ROLE_STANDBY
done member.node_id=7 member.address=node7:7400 member.role=MEMBER_ROLE_STANDBY member.wanted=MEMBER_ROLE_VOTER
done member.node_id=7 member.address=node7:7400 member.role=MEMBER_ROLE_STANDBY member.wanted=MEMBER_ROLE_VOTER
done members.4.node_id=7 members.4.address=node7:7400 members.4.role=MEMBER_ROLE_VOTER members.4.wanted=MEMBER_ROLE_VOTER

# Ids are never used again, addresses not twice, and there is an end to it.
add_member node_id=5 address=node5:7400
add_member node_id=4 address=node4:7401
add_member node_id=8 address=node2:7400
add_member node_id=8 address=node8
add_member node_id=8 address=node8:0
add_member node_id=8 address=[::1:7400
add_member node_id=8 address="a b:7400"
promote_member node_id=9
----
refused MEMBER_ID_USED field=node_id
refused MEMBER_ID_USED field=node_id
refused MEMBER_ADDRESS_TAKEN field=address
refused INVALID field=address
refused INVALID field=address
refused INVALID field=address
refused INVALID field=address
refused MEMBER_UNKNOWN field=node_id
