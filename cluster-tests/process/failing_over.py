"""SIGKILL of the leader under load, again and again."""

import time

from load import Ledger, Load
from nodes import Nodes

WRITERS = 8
HUNDREDS = 60  # of numbers: a fast cluster gives out 2,000 in 18 trials
DEADLINE = 0.1  # seconds, of one try; then the next node is asked


def gaps_ms(trials, say=lambda _: None):
    """(the gap of each trial in ms, writes that were lost in all of them)"""
    gaps = []
    with Nodes(hundreds=HUNDREDS) as nodes:
        ledger = Ledger()
        load = Load(nodes, ledger, n=WRITERS, deadline=DEADLINE, pause=0.002)
        try:
            for trial in range(trials):
                load.wait_for(200)
                leader = nodes.members[nodes.leader()]
                since = time.monotonic()
                leader.kill()
                load.wait_for(200)
                gaps.append(load.gap_ms(since))
                say(f"trial {trial + 1}: node {leader.id} killed, {gaps[-1]} ms")
                leader.start()
                nodes.leader()
                _wait_for_it(nodes, load)
        finally:
            load.stop()
        nodes.wait_until_equal()
        found = [ledger.compare(nodes, place) for place in range(3)]
        doubled = max(f.doubled for f in found)
        assert doubled == 0, f"{doubled} numbers or visits doubled"
        return gaps, max(f.lost for f in found)


def _wait_for_it(nodes, load):
    """All nodes follow, for longer than an election takes: the next trial
    begins with a cluster at rest."""
    give_up = time.monotonic() + 30
    while True:
        statuses = [nodes.status(place) for place in range(3)]
        if all(statuses) and (
            max(s.commit_index for s in statuses)
            - min(s.applied_index for s in statuses)
            < 100
        ):
            break
        assert time.monotonic() < give_up, "the killed node does not catch up"
        time.sleep(0.02)
    time.sleep(0.6)
    load.wait_for(10)
