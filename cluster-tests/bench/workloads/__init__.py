"""All workloads, in the order in which they run: each a module with run(bench),
which adds cells to a Bench, and smoke(ours), which tries in a second or two whether it
works, on a cluster that the others have used and will use."""

from workloads import busy_hour, contact, estimate, failover, put, size, visit

TABLE = {"W7": put, "W1": visit, "W2": contact, "W3": estimate, "W5": busy_hour,
         "W8": failover, "W9": size}
