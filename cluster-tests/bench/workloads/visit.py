"""W1: a visit is given a number and gives it back, beside PostgreSQL, Redis and
etcd."""

import postgres
from bench import Ask, Quorumcall, Side, Target, fill, smoke_beside, smoke_of
from redis import AskRedis, Redis
from systems import Etcd

N_NUMBERS = 20000

OURS = Ask(
    "visit",
    [f"/quorumcall.v1.NumberService/{method}"
     for method in ("AllocateNumber", "ReleaseAllocation")],
    "--tenant", "bench",
)

# Numbers in ten pools, of which each visit takes the one that has rested longest.
NUMBERS = """
create table numbers (id int primary key, pool int not null, allocated boolean not null,
  phone text, last_used timestamptz not null, uses bigint not null);
insert into numbers select i, i % 10, false, null, now(), 0 from generate_series(1, 20000) i;
create index on numbers (pool, last_used) where not allocated;
analyze numbers;
"""
ALLOCATE = """with taken as (update numbers set allocated = true, phone = '+33199000000' where id =
  (select id from numbers where pool = :pool and not allocated
   order by last_used limit 1 for update skip locked) returning id)
  select coalesce((select id from taken), 0) as number \\gset
"""
THEIRS = postgres.Script(
    r"""
\set pool random(0, 9)
""" + ALLOCATE + postgres.again_if_0("number", ALLOCATE) + r"""
update numbers set allocated = false, phone = null, last_used = clock_timestamp(),
  uses = uses + 1 where id = :number;
""",
    "select sum(uses) from numbers",
)

# A set of what is free, of which any is taken.
REDIS = AskRedis("redis-visit", ["SPOP", "SADD"])

# A key for each that is free, of which the first of a hundred from a random one on is
# deleted, unless another has been quicker: then again.
ETCD = Ask("etcd-visit", ["/etcdserverpb.KV/Put"], "--keys", str(N_NUMBERS),
           tried="/etcdserverpb.KV/Range")
ETCD_FREE = Ask("etcd-put", ["/etcdserverpb.KV/Put"])


def _ready(system):
    """A system that has all numbers, free, as a side."""
    if system.name == postgres.Postgres.name:
        system.sql(NUMBERS)
        return Side(system, THEIRS)
    if system.name == Redis.name:
        system.add("free", [f"number{i:05}" for i in range(N_NUMBERS)])
        return Side(system, REDIS)
    if system.name == Etcd.name:
        fill(Side(system, ETCD_FREE), N_NUMBERS)
        return Side(system, ETCD)
    return Side(system, OURS)


def run(bench):
    with bench.up(Quorumcall(), postgres.Postgres(), Redis(), Etcd()) as systems:
        bench.closed(
            "visit", [_ready(system) for system in systems],
            [((16, 64), Target("per_second", least=5, peer="PostgreSQL"))],
        )


def _try_peer(system):
    smoke_of(system, _ready(system).ask)


def smoke(ours):
    smoke_of(ours, OURS)
    smoke_beside((Redis(), _try_peer), (Etcd(), _try_peer))
