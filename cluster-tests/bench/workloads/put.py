"""W7: the smallest thing that is written, and a linearizable read of it, beside
etcd."""

from bench import SHAPES, Ask, Quorumcall, Side, Target, fill, shape_words, smoke_of
from systems import Etcd

SHARES = (20, 50, 80)  # per cent of what the slower one can do

PUT = Ask("put", ["/quorumcall.v1.AdminService/PutBranch"], "--tenant", "bench")
GET = Ask("get", ["/quorumcall.v1.AdminService/GetBranch"], "--tenant", "bench")
ETCD_PUT = Ask("etcd-put", ["/etcdserverpb.KV/Put"])
ETCD_RANGE = Ask("etcd-range", ["/etcdserverpb.KV/Range"])


def _closed_and_open(bench, what, sides, targets):
    """|what| in closed loops of each shape, then at rates that both can bear."""
    for shape in SHAPES:
        words = shape_words(*shape)
        reached = bench.cell(
            what, "{} x {}".format(*shape),
            [Side(system, ask, words) for system, ask in sides],
            [target for wanted, target in targets if wanted == shape],
        )
    for share in SHARES:
        rate = max(1, int(min(reached.values()) * share / 100))
        words = shape_words(*SHAPES[-1]) + ["--rate", str(rate)]
        bench.cell(what, f"open, {rate}/s", [Side(system, ask, words) for system, ask in sides])


def run(bench):
    with bench.up(Quorumcall(), Etcd()) as systems:
        puts = list(zip(systems, (PUT, ETCD_PUT)))
        reads = list(zip(systems, (GET, ETCD_RANGE)))
        for system, ask in puts:
            fill(system, ask)
        _closed_and_open(
            bench, "put", puts,
            [((1, 1), Target("p50_ms", most=0.6, peer="etcd")),
             ((16, 64), Target("per_second", least=4, peer="etcd"))],
        )
        _closed_and_open(
            bench, "read", reads,
            [((8, 8), Target("per_second", least=5, peer="etcd")),
             ((16, 64), Target("per_second", least=5, peer="etcd"))],
        )


def smoke(ours):
    fill(ours, PUT, 500)
    smoke_of(ours, PUT, GET)
    smoke_of(ours, PUT, rate=50)
