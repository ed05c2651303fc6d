"""W5: the busy hour of a centre: contacts come at random times, whether those before
them are served or not, and are timed from when they were due."""

import concurrent.futures

from bench import (MEASURES, OPEN_REPEATS, SHAPES, Ask, Quorumcall, Side,
                   shape_words, smoke_of)
from systems import Broken
from workloads.contact import OURS

# What a centre writes in a second of its busiest hour, eight writes a call and thirty
# calls an hour and agent; a contact of W2 is three of them, a pause is two.
INBOUND = ((1000, 67), (10000, 670))
OUTBOUND = 5000  # of 10 000 agents, a quarter of it agents who go and come back
CONTACT, PAUSE = 3, 2
LONG = 5  # times as long as others measure: 67 a second are few

PAUSES = Ask("pause", ["/quorumcall.v1.AgentService/SetAgentState"], "--tenant", "bench")


class Churning(Ask):
    """Contacts, while agents to whom nothing is offered go and come back |rate| times
    a second."""

    def __init__(self, rate):
        super().__init__(OURS.workload, OURS.paths, *OURS.words)
        self.rate = rate

    def run(self, system, words, times):
        path = PAUSES.paths[0]
        before = system.done(path)
        beside = [*shape_words(4, 64), "--rate", str(self.rate)]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            churn = pool.submit(PAUSES.run, system, beside, times)
            told = super().run(system, words, times)
            paused = churn.result()
        done = system.done(path) - before
        if done != PAUSE * paused["operations"]:
            raise Broken(f"{path}: the client was answered {PAUSE * paused['operations']}"
                         f" times, the server has answered {done}")
        told["client_cpu_us"] += paused["client_cpu_us"]
        return {**told, "churn": paused}


def _cell(bench, ours, what, ask, rate):
    clients = f"open, {rate}/s"
    side = Side(ours, ask).at(SHAPES[-1], "--rate", str(rate))
    runs, quiet = bench.in_turns(f"{what}, {clients}", [side], OPEN_REPEATS,
                                 LONG * bench.options.time)
    bench.add(what, clients, runs, MEASURES, quiet)


def run(bench):
    with bench.up(Quorumcall()) as (ours,):
        for agents, writes in INBOUND:
            _cell(bench, ours, f"contacts of {agents:,} agents", OURS, writes // CONTACT)
        _cell(bench, ours, "contacts of 10,000 agents, outbound",
              Churning(OUTBOUND // 4 // PAUSE), OUTBOUND * 3 // 4 // CONTACT)


def smoke(ours):
    smoke_of(ours, Churning(200), rate=200)
