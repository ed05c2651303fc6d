"""W8: how long nobody's writes are acknowledged when the leader is killed in a busy
hour, and whether all that were are still there, each once."""

from bench import Target, say
from failing import BusyHour, FailingEtcd, FailingQuorumcall, Trials
from systems import Broken, Quorumcall
from workloads.busy_hour import CONTACT, INBOUND
from workloads.contact import OURS

WRITES = dict(INBOUND)[10000]  # a second, of the busy hour
BUSY = {
    Quorumcall.name: BusyHour(
        [OURS.workload, *OURS.words, "--rate", str(WRITES // CONTACT)],
        'quorumcall_rpc_handled_total{method="RoutingService/EnqueueInteraction",code="OK"', lasts=True),
    # What is on its way when the leader dies has no answer for seconds, or fails.
    FailingEtcd.name: BusyHour(
        ["etcd-put", "--rate", str(WRITES)],
        'grpc_server_handled_total{grpc_code="OK",grpc_method="Put"', lasts=False),
}
PEER_KILLS = 12  # at most: it takes time, and what is asked is how we do
CLIENTS = "8 writers, busy hour"
MEASURES = (("gap_ms", "without an acknowledged write, ms", 0),
            ("longest_ms", "one contact beside it, the longest, ms", 0))
FOUND = (("lost", "acknowledged writes that are lost", 0),
         ("doubled", "writes that took effect twice", 0))


def run(bench):
    with bench.up(FailingQuorumcall(), FailingEtcd()) as systems:
        trials = {system.name: Trials(system, BUSY[system.name]) for system in systems}
        runs = {name: [] for name in trials}
        quiet = bench.patience.wait_until_quiet()
        for i in range(bench.options.kills):
            say(f"W8: kill {i + 1} of {bench.options.kills}")
            for name in trials if i % 2 == 0 else reversed(trials):
                if name == Quorumcall.name or i < PEER_KILLS:
                    runs[name].append(trials[name].one())
        targets = [Target("gap_ms", most=357), Target("gap_ms", most=1000, of="p99"),
                   Target("gap_ms", most=1, peer=FailingEtcd.name)]
        bench.add("kill -9 of the leader", CLIENTS, runs, MEASURES, quiet, targets)
        found = {name: trial.found() for name, trial in trials.items()}
        if any(found[Quorumcall.name].values()):
            raise Broken(f"of what was acknowledged, {found[Quorumcall.name]}")
        bench.add("afterwards", CLIENTS, {name: [one] for name, one in found.items()},
                  FOUND, quiet, [Target("lost", most=0), Target("doubled", most=0)])


def smoke(ours):
    """On a cluster of its own, which loses nodes."""
    del ours
    with FailingQuorumcall() as system:
        trial = Trials(system, BUSY[system.name])
        assert trial.one(50, 50)["gap_ms"] > 0
        assert trial.held and trial.found() == {"lost": 0, "doubled": 0}
        key, value = next(iter(trial.held.items()))
        system.write(key, value, "once more")
        assert trial.found() == {"lost": 0, "doubled": 1}
        trial.n_told[key] += 2  # as if one of them were not there
        assert trial.found() == {"lost": 1, "doubled": 0}
