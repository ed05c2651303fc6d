include cluster
raise_alarm kind=ALARM_KIND_NOSPACE node_id=2
+1m
raise_alarm kind=ALARM_KIND_NOSPACE node_id=2
raise_alarm kind=ALARM_KIND_NOSPACE node_id=9
raise_alarm kind=ALARM_KIND_STATE_DIFFERS node_id=1
raise_alarm node_id=1
list_alarms
disarm_alarm kind=ALARM_KIND_NOSPACE node_id=2
disarm_alarm kind=ALARM_KIND_NOSPACE node_id=2
list_alarms
----
done
done
refused MEMBER_UNKNOWN field=node_id
refused INVALID field=kind
refused INVALID field=kind
done alarms.0.kind=ALARM_KIND_NOSPACE alarms.0.node_id=2 alarms.0.raised_ms=10:00:00 alarms.0.log_index=5
done
refused NOT_FOUND field=node_id
done

# Who goes takes his alarm along.
raise_alarm kind=ALARM_KIND_NOSPACE node_id=3
add_member address=node4:7400
raise_alarm kind=ALARM_KIND_NOSPACE node_id=4
configure 1 2 4
list_alarms -> alarms.0.node_id alarms.1
raise_alarm kind=ALARM_KIND_NOSPACE node_id=3
----
done
done member.node_id=4 member.address=node4:7400 member.wanted=MEMBER_ROLE_VOTER
done
done alarms.0.node_id=4
refused MEMBER_REMOVED field=node_id
