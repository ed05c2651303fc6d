/*
 * Elections that need not wait.
 *
 * A follower learns of a leader's death by silence, after an election timeout.
 * A process that dies closes its connections at once: so when the connection to
 * the leader is lost, and the leader is silent for one and a half heartbeats,
 * this node gives it up and brings its election timer forward. Of a leader
 * whose address refuses connections that silence is not awaited: its process
 * listens no more, and a leader listens for as long as it leads.
 *
 * A process that begins knows no leader. It asks at once whether there is one:
 * those who hear it deny their pre-votes, and when all were down, the one that
 * makes a majority is elected without another timeout.
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
    REST_MS = 1000, /* Between two alarms of one leader's time. */
    FIRST_MS = 10,  /* After giving the leader up. */
    RETRY_MS = 50,  /* After a pre-vote, or a vote that was denied. */
    /* Between the timers of two voters: more than the heartbeat by which they
     * may have heard the leader apart, and time for a vote. */
    STEP_MS = 100,
    START_STEP_MS = 20, /* When they begin: time for a vote. */
    SPREAD_MS = 10,
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
        (core->given_up_term != core->raft.current_term ||
         now_ms(core) - core->hurry_until_ms >= REST_MS)) {
        core->suspected_ms = now_ms(core);
        core->is_refused = false;
    }
}

void qc_core_connection_refused(struct qc_core *core)
{
    qc_core_connection_lost(core);
    core->is_refused = true;
}

int64_t qc_core_suspect_ms(const struct qc_core *core)
{
    int64_t silent_ms =
        heard_ms(core) + (int64_t)core->options->heartbeat_ms * 3 / 2;

    if (core->suspected_ms < 0 || heard_ms(core) > core->suspected_ms) {
        return INT64_MAX;
    }
    if (core->is_refused) {
        return core->suspected_ms;
    }
    return silent_ms > core->suspected_ms ? silent_ms : core->suspected_ms;
}

/* How many voters come before |id|: their timers are one step apart each, so
 * that votes are not split. */
static unsigned rank(const struct qc_core *core, uint64_t id)
{
    const struct raft_configuration *members = &core->raft.configuration;
    unsigned before = 0;

    for (unsigned i = 0; i < members->n; i++) {
        const struct raft_server *server = &members->servers[i];

        before += server->role == RAFT_VOTER &&
                  server->id != core->given_up_id && server->id < id;
    }
    return before;
}

/* Lets the election timer fire in |first_ms| or soon after. Followers and
 * candidates keep its length at the same place. */
static void bring_forward(struct qc_core *core, unsigned first_ms)
{
    struct raft *raft = &core->raft;

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
    if (now_ms(core) < qc_core_suspect_ms(core)) {
        return;
    }
    core->suspected_ms = -1;
    if (!follows(core)) {
        return;
    }
    core->hurry_until_ms = now_ms(core) + core->options->election_timeout_ms;
    core->given_up_id = core->raft.follower_state.current_leader.id;
    core->given_up_term = core->raft.current_term;
    qc_core_forget_leader(core);
    bring_forward(core, FIRST_MS + STEP_MS * rank(core, core->raft.id));
}

void qc_core_hurry(struct qc_core *core)
{
    struct raft *raft = &core->raft;

    if (now_ms(core) < core->hurry_until_ms && raft->state != RAFT_LEADER &&
        !follows(core)) {
        unsigned first_ms = raft->state == RAFT_CANDIDATE ? RETRY_MS : FIRST_MS;

        bring_forward(core, first_ms + STEP_MS * rank(core, raft->id));
    }
}

void qc_core_hurry_at_start(struct qc_core *core)
{
    core->hurry_until_ms = now_ms(core) + core->options->election_timeout_ms;
    if (core->raft.state == RAFT_FOLLOWER &&
        qc_core_is_voter(core, core->raft.id)) {
        bring_forward(core,
                      FIRST_MS + START_STEP_MS * rank(core, core->raft.id));
    }
}

int qc_core_outdo(struct qc_core *core, const struct raft_request_vote *asked)
{
    unsigned own_rank = rank(core, core->raft.id);
    unsigned next_rank = rank(core, asked->candidate_id) + 1;
    uint64_t term;
    int r;

    if (now_ms(core) >= core->hurry_until_ms ||
        core->raft.state != RAFT_FOLLOWER || follows(core)) {
        return 0;
    }
    r = qc_core_term_at(core, core->last_index, &term);
    if (r == 0 && (term > asked->last_log_term ||
                   (term == asked->last_log_term &&
                    core->last_index > asked->last_log_index))) {
        bring_forward(core, FIRST_MS + STEP_MS * (own_rank > next_rank
                                                      ? own_rank - next_rank
                                                      : 0));
    }
    return r;
}

void qc_core_denied(struct qc_core *core,
                    const struct raft_request_vote_result *told)
{
    const struct raft *raft = &core->raft;

    if (!told->vote_granted && !told->pre_vote &&
        told->term == raft->current_term && raft->state == RAFT_CANDIDATE &&
        !raft->candidate_state.in_pre_vote) {
        qc_core_hurry(core);
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
