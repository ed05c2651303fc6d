"""W8: how long nobody's writes are acknowledged when the leader is killed, and
whether all that were are still there."""

from bench import Target, say
from failing import FailingEtcd, FailingQuorumcall, Trials

KILLS = 20
MEASURES = (("gap_ms", "without an acknowledged write, ms", 0),)
LOST = (("lost", "acknowledged writes that are lost", 0),)


def run(bench):
    with bench.up(FailingQuorumcall(), FailingEtcd()) as systems:
        trials = {system.name: Trials(system) for system in systems}
        runs = {name: [] for name in trials}
        quiet = bench.patience.wait_until_quiet()
        for i in range(bench.options.kills):
            say(f"W8: kill {i + 1} of {bench.options.kills}")
            for name in trials if i % 2 == 0 else reversed(trials):
                runs[name].append({"gap_ms": trials[name].one()})
        targets = [Target("gap_ms", most=357), Target("gap_ms", most=1000, of="max"),
                   Target("gap_ms", most=1, peer=FailingEtcd.name)]
        bench.add("kill -9 of the leader", "8 writers", runs, MEASURES, quiet, targets)
        found = {name: [{"lost": trial.lost()}] for name, trial in trials.items()}
        bench.add("afterwards", "8 writers", found, LOST, quiet, [Target("lost", most=0)])


def smoke(ours):
    """On a cluster of its own, which loses nodes."""
    del ours
    with FailingQuorumcall() as system:
        trial = Trials(system)
        assert trial.one(50, 50) > 0
        assert trial.held and trial.lost() == 0
