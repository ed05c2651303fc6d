"""W7: the smallest thing that is written, and a linearizable read of it, beside
etcd, and beside Redis as far as it writes."""

from bench import SMOKE_KEYS, Ask, Quorumcall, Side, Target, fill, smoke_of
from redis import AskRedis, Redis
from systems import Etcd

KEYS = 10000  # as many branches as a tenant may have, and as many allocations

PUT = Ask("put", ["/quorumcall.v1.AdminService/PutBranch"], "--tenant", "bench")
GET = Ask("get", ["/quorumcall.v1.AdminService/GetBranch"], "--tenant", "bench")
ETCD_PUT = Ask("etcd-put", ["/etcdserverpb.KV/Put"])
ETCD_RANGE = Ask("etcd-range", ["/etcdserverpb.KV/Range"])
REDIS_SET = AskRedis("redis-set", ["SET"])


def attach(ours, keys=KEYS):
    """An Ask that attaches to one of so many allocations, which are made for it and
    last a day."""
    ours.load(["take", "--tenant", "bench", "--subject", "held", "--operations", str(keys),
               "--connections", "8", "--streams", "8"])
    path = ours.nodes.top / "allocations"
    with path.open("w") as out:
        token = ""
        while token is not None:
            page = ours.ask("NumberService/ListAllocations", pool="held", page_size=500,
                            page_token=token)
            out.writelines(f"{item.allocation_id}\n" for item in page.items)
            token = page.next_token or None
    return Ask("attach", ["/quorumcall.v1.NumberService/AttachContext"],
               "--tenant", "bench", "--ids", str(path))


def run(bench):
    with bench.up(Quorumcall(), Etcd(), Redis()) as systems:
        ours = systems[0]
        puts = [Side(ours, PUT), Side(ours, attach(ours), what="attach")]
        reads = [Side(ours, GET)]
        for system in systems[1:]:
            if system.name == Etcd.name:
                puts.append(Side(system, ETCD_PUT))
                reads.append(Side(system, ETCD_RANGE))
            else:
                puts.append(Side(system, REDIS_SET))
        for side in puts:
            if side.what is None:
                fill(side, KEYS)
        reached = bench.closed(
            "put", puts,
            [((1, 1), Target("p50_ms", most=0.6, peer="etcd")),
             ((16, 64), Target("per_second", least=4, peer="etcd")),
             ((16, 64), Target("share", least=0.8))],
        )
        bench.open("put", [side for side in puts if side.system.name != Redis.name], reached)
        bench.open("read", reads, bench.closed(
            "read", reads,
            [((8, 8), Target("per_second", least=5, peer="etcd")),
             ((16, 64), Target("per_second", least=5, peer="etcd"))],
        ))


def smoke(ours):
    fill(Side(ours, PUT), SMOKE_KEYS)
    smoke_of(ours, PUT, GET, attach(ours, SMOKE_KEYS))
    smoke_of(ours, PUT, rate=50)
