"""W9: what it costs to hold few records and many, in memory, on disk and at a start,
and what a visit costs beside them. etcd holds as many, but not more than a million:
more would not fit into the memory of this machine, three times. It serves no visits."""

import time

from bench import Side, Target, say, shape_words
from holding import Keys, Numbers
from workloads.visit import OURS as VISIT

SIZES = (1000, 10000, 100000, 1000000, 10000000)
PEERS_MOST = 1000000
MIB = 1024 * 1024
TIMES = 3  # that each of them starts, and that visits are measured
QUIET = 3  # seconds after which nothing that was written is still being put in order

HELD = (
    # of each node
    ("resident_mib", "memory, MiB", 0),
    ("resident", "memory, bytes a record", 0),
    ("disk_mib", "disk, MiB", 0),
    ("records", "disk but the log, bytes a record", 0),
    ("share", "that, to a record's bytes", 2),
)
FILLED = (("per_second", "records a second", 0),)
STARTED = (
    ("cold_s", "all start, first write, s", 2),
    ("restart_s", "one starts, first read, s", 2),
)
REJOINED = (("rejoin_s", "one without its disk, first read, s", 2),)


def _held(system, n):
    return [
        {
            "resident_mib": resident / MIB,
            "resident": resident / n,
            "disk_mib": disk / MIB,
            "records": records / n,
            "share": records / n / system.record_bytes,
        }
        for resident, disk, records in system.held()
    ]


def _filled(system, n):
    since = time.monotonic()
    system.fill(n)
    seconds = time.monotonic() - since
    time.sleep(QUIET)
    return [{"per_second": n / seconds}]


def _started(system):
    return {"cold_s": system.cold_start(), "restart_s": system.restart()}


def _hold(bench, systems, n):
    """Cells of |n| records; one system after the other, but starts in turns."""
    def of_each(what, measures, ask, targets=()):
        say(f"W9: {what}, {n:,} records")
        runs = {system.name: ask(system) for system in systems}
        bench.add(what, f"{n:,} records", runs, measures, targets=targets, size=n)

    is_million = n == PEERS_MOST
    of_each("fill", FILLED, lambda system: _filled(system, n))
    of_each("hold", HELD, lambda system: _held(system, n),
            [Target("resident", most=300), Target("share", most=2)] if is_million else ())
    say(f"W9: start, {n:,} records")
    quiet = bench.patience.wait_until_quiet()
    starts = {system.name: [] for system in systems}
    for i in range(TIMES):
        for system in systems if i % 2 == 0 else reversed(systems):
            starts[system.name].append(_started(system))
    bench.add("start", f"{n:,} records", starts, STARTED, quiet,
              [Target("cold_s", most=2.5)] if is_million else (), n)
    of_each("rejoin", REJOINED, lambda system: [{"rejoin_s": system.rejoin()}])


def _visits(bench, ours, n, sizes):
    """The last size is compared with the first."""
    called = "8 x 8, {:,} records".format
    targets = [Target("cpu_us", most=1.5, than=called(sizes[0]))] if n == sizes[-1] else ()
    bench.cell("visit", called(n), [Side(ours, VISIT, shape_words(8, 8))], targets, n,
               min(TIMES, bench.options.repeats))


def run(bench):
    sizes = [n for n in SIZES if n <= bench.options.records]
    for n in sizes:
        with bench.up(Numbers(), *([Keys()] if n <= PEERS_MOST else [])) as systems:
            _hold(bench, systems, n)
            _visits(bench, systems[0], n, sizes)


def smoke(ours):
    """On a cluster of its own, of which nodes are lost."""
    del ours
    with Numbers() as system:
        _filled(system, SIZES[0])
        assert len(_held(system, SIZES[0])) == 3
        _started(system)
        system.rejoin()
