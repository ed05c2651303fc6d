# A time zone is the cluster's; hours and queues are a tenant's.
include routing
get_queue key=default -> queue.label queue.max_waiting
put_hours hours.key=office hours.time_zone=Europe/London hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
install_time_zones zones.0.name=Europe/London zones.0.transitions.0.at_s=0 zones.0.transitions.0.offset_s=3600 zones.0.transitions.1.at_s=57722400 zones.0.transitions.1.offset_s=0
install_time_zones zones.0.name=Europe/London zones.0.transitions.0.at_s=5
list_time_zones -> items.0.name items.0.transitions items.1.name
put_queue queue.key=sales queue.hours=office
put_hours hours.key=office hours.time_zone=Europe/London hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
put_hours hours.key=office hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=540
put_queue queue.key=sales queue.hours=office -> queue.hours queue.selection
list_queues -> items.0.key items.1.key items.2.key
list_hours -> items.0.key items.0.time_zone
get_queue key=nothing
get_hours key=nothing
----
done queue.label=default queue.max_waiting=10000
refused ZONE_UNKNOWN field=hours.time_zone
done created=1
refused INVALID field=zones[0].transitions
done items.0.name=Europe/London items.0.transitions=2
refused HOURS_UNKNOWN field=queue.hours
done hours.key=office hours.time_zone=Europe/London hours.weekly.0.day=1 hours.weekly.0.from_min=540 hours.weekly.0.to_min=1020
refused INVALID field=hours.weekly[0].to_min
done queue.hours=office queue.selection=SELECTION_LONGEST_IDLE
done items.0.key=default items.1.key=sales
done items.0.key=office items.0.time_zone=Europe/London
refused QUEUE_UNKNOWN field=key
refused HOURS_UNKNOWN field=key
