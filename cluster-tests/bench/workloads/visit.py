"""W1: a visit is given a number and gives it back, beside PostgreSQL."""

import postgres
from bench import Ask, smoke_of

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


def run(bench):
    postgres.beside(bench, "visit", OURS, NUMBERS, THEIRS)


def smoke(ours):
    smoke_of(ours, OURS)
