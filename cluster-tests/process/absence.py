"""A follower that is away while so much is written that its log is of no use
when it comes back: it fetches a checkpoint, while the others serve."""

import pathlib
import re
import subprocess
import time

from load import Ledger, Load
from nodes import DAEMON, Nodes, wait_for

STALLED = re.compile(r"event=loop_stalled .*")
BENCH = str(pathlib.Path(DAEMON).with_name("qcbench"))


class Return:
    """How it was."""

    def __init__(self, entries, seconds, turns, gap_ms):
        self.entries = entries
        self.seconds = seconds
        self.turns = turns  # of each node: a Turns
        self.gap_ms = gap_ms

    def longest_own_ms(self):
        return max(turns.own_ms for turns in self.turns)

    def __str__(self):
        return (
            f"away for {self.entries} entries: caught up in {self.seconds:.1f} s, "
            f"longest gap {self.gap_ms} ms; longest turns of the loops "
            + "; ".join(str(turns) for turns in self.turns)
        )


class Turns:
    """The longest turns of a node's loop since it was started: in wall time, and
    without its waits for a processor that others had; and what the node says of
    turns that were too long."""

    def __init__(self, node, status):
        self.name = node.name
        self.wall_ms = status.loop_stall_us / 1000
        self.own_ms = status.loop_own_stall_us / 1000
        self.said = STALLED.findall(node.said())

    def __str__(self):
        return f"{self.name} {self.own_ms:.1f} ms (by the clock {self.wall_ms:.1f})"


def write_entries(nodes, n):
    """Has |n| more entries written: many calls are under way, each sent by
    itself, so that most of them become an entry of their own."""
    began = nodes.status(nodes.leader()).last_index
    since = time.monotonic()
    while True:
        leader = nodes.leader()
        written = nodes.status(leader).last_index - began
        if written >= n:
            return
        if written:
            rate = written / (time.monotonic() - since)
            print(f"    {written} of {n} entries, {rate:.0f} a second", flush=True)
        visits = min(20000, max(500, (n - written) // 2))
        subprocess.run(
            [BENCH, "allocate", "--endpoints", nodes.nodes[leader]]
            + ["--tenant", "demo", "--subject", "sales"]
            + ["--operations", str(visits), "--in-flight", "64", "--pace", "20"],
            stdout=subprocess.DEVNULL,
            check=True,
        )


def come_back(nodes, place, ledger):
    """Starts the node at |place|, and says how its return was for those that
    write meanwhile."""
    node = nodes.members[place]
    load = Load(nodes, ledger, n=4, deadline=0.1)
    try:
        load.wait_for(50)
        since = time.monotonic()
        node.start()
        wait_for(
            lambda: _has_caught_up(nodes, place), f"{node.name} to catch up", 600, 0.02
        )
        seconds = time.monotonic() - since
        load.wait_for(50)
        gap_ms = load.gap_ms(since)
    finally:
        load.stop()
    nodes.wait_until_equal()
    return seconds, gap_ms


def _has_caught_up(nodes, place):
    assert not nodes.members[place].ended(), nodes.members[place].said()[-3000:]
    status = nodes.status(place)
    others = [nodes.status(other) for other in range(3) if other != place]
    return (
        status is not None
        and all(others)
        and not status.installing
        and status.applied_index + 50 > max(s.commit_index for s in others)
    )


def leave_and_return(entries, settings=""):
    """Sends a follower away for |entries| entries; the Return."""
    with Nodes(settings=settings) as nodes:
        ledger = nodes.ledger = Ledger()
        load = Load(nodes, ledger)
        load.wait_for(100)
        load.stop()
        nodes.wait_until_equal()
        place = nodes.followers()[0]
        was = nodes.status(place).last_index
        nodes.members[place].kill()
        write_entries(nodes, entries)
        leader = nodes.leader()
        wait_for(
            lambda: nodes.status(leader).first_index > was + 1,
            "that the log is cut: the node could come back without a checkpoint",
        )
        nodes.restart([other for other in range(3) if other != place])
        leader = nodes.leader()
        seconds, gap_ms = come_back(nodes, place, ledger)
        found = [ledger.compare(nodes, i) for i in range(3)]
        assert all(f.lost == 0 and f.doubled == 0 for f in found)
        turns = [Turns(nodes.members[i], nodes.status(i)) for i in range(3)]
        return Return(nodes.status(leader).last_index - was, seconds, turns, gap_ms)
