"""W3: the wait is estimated while few and while many wait, beside PostgreSQL."""

import postgres
from bench import Ask, Quorumcall, Side, Target, called, shape_words, smoke_of

SHAPE = (4, 4)
SIZES = (100, 10000)  # and options.waiting

QUEUE = Ask(
    "queue", ["/quorumcall.v1.RoutingService/EnqueueInteraction"],
    "--tenant", "bench", "--subject", "waiting",
)
OURS = Ask(
    "estimate", ["/quorumcall.v1.NumberService/GetEstimatedWait"],
    "--tenant", "bench", "--subject", "waiting",
)

# What an estimate of the wait has to know.
WAITING = """
create table waiting (id bigserial primary key, queue int not null, enqueued timestamptz not null);
create index on waiting (queue, enqueued);
"""
THEIRS = postgres.Script(
    "select count(*), min(enqueued) from waiting where queue = 1;\n",
    "select coalesce(sum(seq_scan + idx_scan), 0) from pg_stat_user_tables"
    " where relname = 'waiting'",
)


def _they_wait(theirs, n):
    """|n| wait, and no more."""
    theirs.sql(
        "truncate waiting; insert into waiting (queue, enqueued)"
        f" select 1, now() from generate_series(1, {n}) i; analyze waiting; checkpoint"
    )


def _busy_agent(ours):
    """One agent is there, and busy, so that an estimate can be made."""
    desk = ours.ask("AgentService/Login", agent="desk", ready=True)
    offer = ours.ask("RoutingService/EnqueueInteraction", subject="waiting",
                     connector="pbx", ext_ref="first")
    ours.ask("AgentService/AcceptOffer", offer_id=offer.offer_id, session_id=desk.session_id)
    return desk


def _called(size):
    return f"{called(SHAPE)}, {size:,} wait"


def run(bench):
    with bench.up(Quorumcall(), postgres.Postgres()) as systems:
        ours, *theirs = systems
        desk = _busy_agent(ours)
        for system in theirs:
            system.sql(WAITING)
        waiting = 0
        sizes = [*SIZES, bench.options.waiting]
        for size in sizes:
            ours.load([QUEUE.workload, *QUEUE.words, "--operations", str(size - waiting),
                       *shape_words(8, 8)])
            waiting = size
            for system in theirs:
                _they_wait(system, size)
            ours.ask("AgentService/Heartbeat", session_id=desk.session_id)
            sides = [Side(ours, OURS).at(SHAPE, "--keys", str(size))]
            sides += [Side(system, THEIRS).at(SHAPE) for system in theirs]
            bench.cell(
                "estimate", _called(size), sides,
                [Target("p99_ms", most=2, than=_called(sizes[0]))] if size == sizes[-1] else (),
                size,
            )


def smoke(ours):
    _busy_agent(ours)
    ours.load([QUEUE.workload, *QUEUE.words, "--operations", "500", *shape_words(2, 4)])
    smoke_of(ours, OURS)
