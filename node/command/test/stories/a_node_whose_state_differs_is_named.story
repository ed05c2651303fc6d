# More than half of the voters say the same: who says another differs.
include cluster
compare_hashes log_index=3 hashes.0.node_id=1 hashes.0.hash=00112233445566778899aabbccddeeff hashes.1.node_id=2 hashes.1.hash=00112233445566778899aabbccddeeff hashes.2.node_id=3 hashes.2.hash=00112233445566778899aabbccddee00
list_alarms
----
done differing.0=3
done alarms.0.kind=ALARM_KIND_STATE_DIFFERS alarms.0.node_id=3 alarms.0.raised_ms=10:00:00 alarms.0.log_index=5 alarms.0.differs_at=3

# It never becomes right again.
disarm_alarm kind=ALARM_KIND_STATE_DIFFERS node_id=3
compare_hashes log_index=6 hashes.0.node_id=1 hashes.0.hash=00112233445566778899aabbccddeeff hashes.1.node_id=2 hashes.1.hash=00112233445566778899aabbccddeeff hashes.2.node_id=3 hashes.2.hash=00112233445566778899aabbccddee01
list_alarms -> alarms.0.differs_at alarms.1
add_member address=node4:7400
remove_member node_id=3
configure 1 2 3 4
configure 1 2 4
disarm_alarm kind=ALARM_KIND_STATE_DIFFERS node_id=3
list_alarms
----
refused IN_USE field=node_id
done differing.0=3
done alarms.0.differs_at=3
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
done member.node_id=3 member.address=node3:7400 member.role=MEMBER_ROLE_VOTER member.version_max=2 member.release=0.2.0
done
done

# Without such a majority nobody can tell who is right.
compare_hashes log_index=9 hashes.0.node_id=1 hashes.0.hash=00112233445566778899aabbccddeeff hashes.1.node_id=2 hashes.1.hash=00112233445566778899aabbccddee00
compare_hashes log_index=9 hashes.0.node_id=1 hashes.0.hash=00112233445566778899aabbccddeeff hashes.1.node_id=1 hashes.1.hash=00112233445566778899aabbccddeeff hashes.2.node_id=9 hashes.2.hash=00112233445566778899aabbccddeeff hashes.3.node_id=2 hashes.3.hash=00112233445566778899aabbccddee00
compare_hashes log_index=9 hashes.0.node_id=1 hashes.0.hash=0011
list_alarms
----
done
done
refused INVALID field=hashes
done
