#include "cluster-tests/sim/run.h"

#include <inttypes.h>

#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/nemesis.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/workload.h"
#include "cluster-tests/sim/world.h"

enum {
    SETUP_MS = 60000,
    LEADER_MS = 10000,
    LAG_MS = 30000,
    MEMBERS_MS = 30000, /* Until members are as they are wanted. */
    TRICKLE_MS = 200,
    TRICKLE_FOR_MS = 5000,
    TRICKLE_MIN = 5,
    SLACK_MS = 500,
};

/* Steps until |holds| does, for |ms| at most. */
static bool wait(struct sim_world *world,
                 bool (*holds)(struct sim_world *world),
                 int64_t ms)
{
    int64_t until_us = world->now_us + 1000 * ms;

    while (!holds(world)) {
        if (!sim_world_step(world, until_us)) {
            return false;
        }
    }
    return true;
}

static bool is_set_up(struct sim_world *world)
{
    return sim_workload_is_set_up(world);
}

/* Somebody leads, and may append. */
static bool has_leader(struct sim_world *world)
{
    const struct sim_node *leader = sim_world_leader(world);
    struct qc_replica_status status;

    if (leader == NULL) {
        return false;
    }
    qc_replica_status(leader->replica, &status);
    return status.commit_index > 0 && status.applied_index > 0 &&
           sim_ledger_committed(world->ledger) <= status.commit_index;
}

/* Of those that are members now. */
static bool has_no_lag(struct sim_world *world)
{
    const struct sim_node *leader = sim_world_leader(world);
    struct qc_replica_status members;

    if (leader == NULL) {
        return false;
    }
    qc_replica_status(leader->replica, &members);
    for (unsigned i = 0; i < members.n_servers; i++) {
        const struct sim_node *node = &world->nodes[members.servers[i].id];
        struct qc_replica_status status;

        if (node->replica == NULL) {
            continue;
        }
        qc_replica_status(node->replica, &status);
        if (status.applied_index < sim_ledger_committed(world->ledger)) {
            return false;
        }
    }
    return true;
}

static bool is_quiet(struct sim_world *world)
{
    return sim_workload_n_open(world) == 0;
}

/* When members have changed, it is not known beforehand who is needed. */
static unsigned minority_down(const struct sim_world *world)
{
    if (world->plan.member_gap_ms > 0) {
        return 0;
    }
    return (unsigned)(world->plan.nodes - 1) / 2;
}

/* Who is no member, and will not become one any more, is switched off: nobody
 * would ask it. */
static void switch_off_strangers(struct sim_world *world)
{
    const struct sim_node *leader = sim_world_leader(world);
    struct qc_replica_status members;

    if (leader == NULL) {
        return;
    }
    qc_replica_status(leader->replica, &members);
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        bool is_member = false;

        for (unsigned j = 0; j < members.n_servers; j++) {
            is_member = is_member || members.servers[j].id == i;
        }
        if (!is_member) {
            world->nodes[i].is_gone = true;
            sim_node_crash(&world->nodes[i]);
        }
    }
}

static bool trickles(struct sim_world *world)
{
    uint64_t n_answered = sim_workload_n_answered(world);

    sim_world_run(world, TRICKLE_FOR_MS);
    return sim_workload_n_answered(world) >= n_answered + TRICKLE_MIN;
}

/* A removal that was asked for long ago may come true only now, and the callers
 * wait at a node that is a member no more: then it is switched off, and they
 * get a second chance. */
static void trickle(struct sim_world *world)
{
    bool good = trickles(world);

    if (!good && world->plan.member_gap_ms > 0) {
        switch_off_strangers(world);
        sim_world_run(world, world->plan.patience_ms);
        good = trickles(world);
    }
    if (!good) {
        sim_violated(SIM_ANSWERED_IN_TIME,
                     "fewer than %d of a trickle of requests are answered in "
                     "%d ms",
                     TRICKLE_MIN, TRICKLE_FOR_MS);
    }
}

/* Faults have ended: service must come back by itself, in bounded time. */
static void live(struct sim_world *world, struct sim_nemesis *nemesis)
{
    sim_nemesis_end(nemesis, (unsigned)sim_random_below(
                                 &world->random, minority_down(world) + 1));
    if (!wait(world, has_leader, LEADER_MS)) {
        sim_violated(SIM_LEADER_IN_TIME,
                     "nobody leads %d ms after all was healed", LEADER_MS);
    }
    sim_workload_pace(world, TRICKLE_MS);
    if (world->plan.member_gap_ms > 0) {
        sim_world_run(world, MEMBERS_MS);
        switch_off_strangers(world);
    }
    sim_workload_set_slack(world, SLACK_MS + world->plan.patience_ms);
    sim_world_run(world, 2 * world->plan.patience_ms);
    sim_workload_set_slack(world, SLACK_MS);
    trickle(world);
    sim_workload_stop(world, true);
    if (!wait(world, is_quiet, world->plan.patience_ms + SLACK_MS)) {
        sim_violated(SIM_ANSWERED_IN_TIME, "%u questions never end",
                     sim_workload_n_open(world));
    }
    if (!wait(world, has_no_lag, LAG_MS)) {
        sim_violated(SIM_NO_LAG,
                     "somebody is behind %d ms after all was healed", LAG_MS);
    }
}

void sim_run(const struct sim_plan *plan)
{
    struct sim_world *world = sim_world_new(plan);
    struct sim_nemesis *nemesis;
    uint64_t until;

    if (!wait(world, is_set_up, SETUP_MS)) {
        sim_violated(SIM_LEADER_IN_TIME, "the shop is not open after %d ms",
                     SETUP_MS);
    }
    nemesis = sim_nemesis_new(world);
    until = sim_result.n_events + (uint64_t)plan->events;
    while (sim_result.n_events < until &&
           sim_world_step(world, INT64_MAX - 1)) {
    }
    live(world, nemesis);
    sim_ledger_replay(world->ledger);
    sim_requests_check_end(world->requests);
    sim_nemesis_free(nemesis);
    sim_world_free(world);
}
