/*
 * Elections that need not wait.
 *
 * A follower learns of a leader's death by silence, after an election timeout.
 * A process that dies closes its connections at once: so when the connection to
 * the leader is lost, and the leader is silent for one and a half heartbeats,
 * this node gives it up and brings its election timer forward.
 *
 * Nothing of Raft's safety rests on timers: terms, votes and the rules of the
 * log are untouched, and an election that begins too early is one that a slow
 * timer could have begun. What is lost by a false alarm is bounded, too: with
 * pre-vote nobody's term grows before a majority has given the leader up, so
 * one lost connection unseats nobody, and the leader's next heartbeat mends
 * what was forgotten. Only when a majority loses its connections at the same
 * time, and hears nothing for a heartbeat, may a living leader be followed by
 * another.
 */
#include "replica/core.h"

enum {
    REST_MS = 1000, /* Between two alarms: a connection may come and go. */
    FIRST_MS = 10,  /* After giving the leader up. */
    RETRY_MS = 150, /* After an election: disks may be slow. */
    /* Between the timers of two voters: more than the heartbeat by which they
     * may have heard the leader apart, and time for a vote. */
    STEP_MS = 100,
    SPREAD_MS = 20,
};

static int64_t now_ms(const struct qc_core *core)
{
    return core->options->clocks.monotonic_ms(core->options->clocks.ctx);
}

/* When the leader was last heard. */
static int64_t heard_ms(const struct qc_core *core)
{
    return (int64_t)core->raft.election_timer_start;
}

static bool follows(const struct qc_core *core)
{
    return core->raft.state == RAFT_FOLLOWER &&
           core->raft.follower_state.current_leader.id != 0;
}

void qc_core_connection_lost(struct qc_core *core)
{
    if (follows(core) && qc_core_suspect_ms(core) == INT64_MAX &&
        now_ms(core) - core->hurry_until_ms >= REST_MS) {
        core->suspected_ms = now_ms(core);
    }
}

int64_t qc_core_suspect_ms(const struct qc_core *core)
{
    int64_t silent_ms =
        heard_ms(core) + (int64_t)core->options->heartbeat_ms * 3 / 2;

    if (core->suspected_ms < 0 || heard_ms(core) > core->suspected_ms) {
        return INT64_MAX;
    }
    return silent_ms > core->suspected_ms ? silent_ms : core->suspected_ms;
}

/* How many voters come before this node: their timers are one step apart each,
 * so that votes are not split. */
static unsigned rank(const struct qc_core *core, uint64_t leader)
{
    const struct raft_configuration *members = &core->raft.configuration;
    unsigned before = 0;

    for (unsigned i = 0; i < members->n; i++) {
        const struct raft_server *server = &members->servers[i];

        before += server->role == RAFT_VOTER && server->id != leader &&
                  server->id < core->raft.id;
    }
    return before;
}

/* Lets the election timer fire soon. Followers and candidates keep its length
 * at the same place. */
static void bring_forward(struct qc_core *core, uint64_t leader)
{
    struct raft *raft = &core->raft;
    unsigned first_ms = (raft->state == RAFT_CANDIDATE ? RETRY_MS : FIRST_MS) +
                        STEP_MS * rank(core, leader);

    core->is_hurried = true;
    raft->election_timer_start = (raft_time)now_ms(core);
    raft->follower_state.randomized_election_timeout =
        raft_random(&raft->random, first_ms, first_ms + SPREAD_MS);
}

void qc_core_forget_leader(struct qc_core *core)
{
    struct raft *raft = &core->raft;

    if (follows(core)) {
        raft_free(raft->follower_state.current_leader.address);
        raft->follower_state.current_leader.id = 0;
        raft->follower_state.current_leader.address = NULL;
    }
}

void qc_core_suspect(struct qc_core *core)
{
    uint64_t leader;

    if (now_ms(core) < qc_core_suspect_ms(core)) {
        return;
    }
    core->suspected_ms = -1;
    if (!follows(core)) {
        return;
    }
    core->hurry_until_ms = now_ms(core) + core->options->election_timeout_ms;
    leader = core->raft.follower_state.current_leader.id;
    qc_core_forget_leader(core);
    bring_forward(core, leader);
}

void qc_core_hurry(struct qc_core *core)
{
    struct raft *raft = &core->raft;

    if (now_ms(core) < core->hurry_until_ms && raft->state != RAFT_LEADER &&
        !follows(core)) {
        bring_forward(core, 0);
    }
}

void qc_core_calm(struct qc_core *core)
{
    struct raft *raft = &core->raft;

    if (!core->is_hurried || qc_core_leader(core, NULL) == 0) {
        return;
    }
    core->is_hurried = false;
    if (raft->state == RAFT_FOLLOWER) {
        raft->follower_state.randomized_election_timeout = raft_random(
            &raft->random, raft->election_timeout, 2 * raft->election_timeout);
    }
}
