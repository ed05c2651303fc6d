"""W2: a contact comes, is offered to an agent, accepted, and ends, beside
PostgreSQL."""

import postgres
from bench import Ask, Quorumcall, Side, Target, smoke_of

OURS = Ask(
    "contact",
    ["/quorumcall.v1.RoutingService/EnqueueInteraction",
     "/quorumcall.v1.AgentService/AcceptOffer",
     "/quorumcall.v1.RoutingService/ReportCallEvent"],
    "--tenant", "bench", "--subject", "calls",
)

# Agents of one queue, of whom each contact is given the one who has been idle
# longest.
AGENTS = """
create table agents (id int primary key, state text not null, idle_since timestamptz not null,
  served bigint not null);
create table contacts (id bigserial primary key, ref text not null, state text not null,
  agent int, enqueued timestamptz not null, accepted timestamptz, ended timestamptz);
insert into agents select i, 'idle', now(), 0 from generate_series(1, 1024) i;
create index on agents (idle_since) where state = 'idle';
create index on contacts (enqueued) where state = 'waiting';
analyze agents;
"""
# An update that picks its row by a select which skips what is locked may find, once
# in some ten thousand times when many do the same, that it has none in the end, though
# a thousand are idle: one asks again then, as its users do.
OFFER = """with taken as (update agents set state = 'offered' where id =
  (select id from agents where state = 'idle' order by idle_since limit 1
   for update skip locked) returning id)
  update contacts set state = 'offered', agent = (select id from taken)
  where id = :contact returning coalesce(agent, 0) as agent \\gset
"""
THEIRS = postgres.Script(
    r"""
\set ref random(1, 1000000000)
insert into contacts (ref, state, enqueued) values (:ref, 'waiting', clock_timestamp())
  returning id as contact \gset
""" + OFFER + postgres.again_if_0("agent", OFFER) + r"""
with taken as (update agents set state = 'busy' where id = :agent)
  update contacts set state = 'active', accepted = clock_timestamp() where id = :contact;
with taken as (update agents set state = 'idle', idle_since = clock_timestamp(),
  served = served + 1 where id = :agent)
  update contacts set state = 'closed', ended = clock_timestamp() where id = :contact;
""",
    "select sum(served) from agents",
)


def run(bench):
    with bench.up(Quorumcall(), postgres.Postgres()) as systems:
        for system in systems[1:]:
            system.sql(AGENTS)
        bench.closed(
            "contact", [Side(*side) for side in zip(systems, (OURS, THEIRS))],
            [((16, 64), Target("per_second", least=5, peer="PostgreSQL"))],
        )


def smoke(ours):
    smoke_of(ours, OURS)
