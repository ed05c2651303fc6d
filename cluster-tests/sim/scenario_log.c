#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/scenarios.h"
#include "cluster-tests/sim/stage.h"
#include "cluster-tests/sim/workload.h"

/* Scenarios about the log: what is stored, acknowledged and committed. */

enum {
    WAIT_MS = 20000,
    ASK_MS = 10000,
    SHORT_MS = 3000,
};

/* As bits: nodes |from| to |to|. */
static uint64_t nodes(unsigned from, unsigned to)
{
    uint64_t bits = 0;

    for (unsigned i = from; i <= to; i++) {
        bits |= UINT64_C(1) << i;
    }
    return bits;
}

static bool has_stored_more(struct sim_world *world, struct sim_node *node)
{
    return sim_stage_last(node) > sim_ledger_committed(world->ledger);
}

static bool leads(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_stage_status(node).leader_id == node->id;
}

/* Of Raft's Figure 8; with 3 nodes, the second is there once, not twice. */
void sim_scenario_figure_8(struct sim_world *world)
{
    unsigned n = world->n_nodes;
    struct sim_node *first = &world->nodes[1];
    struct sim_node *second = &world->nodes[2];
    struct sim_node *last = &world->nodes[n];
    uint64_t a;

    /* The first leads, and stores A on itself and, of five, on the second. */
    sim_stage_make_leader(first);
    sim_stage_settle(world);
    sim_stage_part(world, nodes(1, n == 5 ? 2 : 1));
    (void)sim_stage_ask(first);
    sim_stage_require(sim_stage_wait(world, has_stored_more,
                                     n == 5 ? second : first, WAIT_MS),
                      "A is stored on a minority");
    a = sim_stage_last(first);

    /* The last leads, and stores B on itself only. */
    sim_stage_hold_entries(last->id, 0);
    sim_stage_only_candidate(last->id);
    sim_stage_require(sim_stage_wait(world, leads, last, WAIT_MS),
                      "the last node leads");
    (void)sim_stage_ask(last);
    sim_world_run(world, 100);
    sim_stage_require(sim_disk_digest(last->disk, a) != 0 &&
                          sim_disk_digest(last->disk, a) !=
                              sim_disk_digest(first->disk, a),
                      "B stands where A does");

    /* The first leads again, and brings A to a majority, and nothing else. */
    sim_stage_hold_own_term(first->id);
    sim_stage_only_candidate(first->id);
    sim_stage_part(world, nodes(1, n - 1));
    sim_stage_require(sim_stage_wait(world, leads, first, WAIT_MS),
                      "the first node leads again");
    sim_world_run(world, SHORT_MS);
    sim_stage_require(
        sim_disk_durable_digest(world->nodes[n / 2 + 1].disk, a) ==
            sim_disk_digest(first->disk, a),
        "A is stored on a majority");
    sim_stage_require(sim_ledger_committed(world->ledger) < a,
                      "A is not committed");

    /* The last leads again, and overwrites A. */
    sim_stage_hold_own_term(0);
    sim_stage_hold_entries(0, 0);
    sim_stage_only_candidate(last->id);
    sim_stage_part(world, nodes(1, 1));
    sim_stage_require(sim_stage_wait(world, leads, last, WAIT_MS),
                      "the last node leads again");
    (void)sim_stage_ask_and_wait(last, ASK_MS);
    sim_stage_require(sim_ledger_committed(world->ledger) >= a,
                      "B is committed");
    sim_stage_heal(world);
    sim_stage_settle(world);
}

void sim_scenario_unverified_ack(struct sim_world *world)
{
    unsigned n = world->n_nodes;
    struct sim_node *old = &world->nodes[1];
    struct sim_node *holder = &world->nodes[n == 5 ? 2 : 1];
    struct sim_node *leader = &world->nodes[3];
    struct sim_node *helper = &world->nodes[4]; /* Of five. */
    uint64_t from;

    /* A and A lie on a minority. */
    sim_stage_make_leader(old);
    sim_stage_settle(world);
    from = sim_stage_last(old);
    sim_stage_part(world, nodes(1, n == 5 ? 2 : 1));
    (void)sim_stage_ask(old);
    sim_world_run(world, 100);
    (void)sim_stage_ask(old);
    sim_world_run(world, 100);
    sim_stage_require(sim_stage_last(holder) == from + 2,
                      "two entries lie on the holder");

    /* Another leads, and stores B and B one short of a majority. */
    sim_stage_hold_entries(leader->id, n == 5 ? helper->id : 0);
    sim_stage_only_candidate(leader->id);
    sim_stage_require(sim_stage_wait(world, leads, leader, WAIT_MS),
                      "another node leads");
    sim_world_run(world, 100);
    (void)sim_stage_ask(leader);
    sim_world_run(world, 100);

    /* The holder answers heartbeats. */
    sim_network_heal(world->network);
    sim_network_isolate(world->network, old->id, old != holder);
    sim_world_run(world, SHORT_MS);
    sim_stage_require(sim_stage_status(holder).leader_id == leader->id,
                      "the holder follows");
    sim_stage_require(sim_ledger_committed(world->ledger) <= from,
                      "nothing of it is committed");

    /* They are gone, and the holder leads. */
    sim_node_crash(leader);
    if (n == 5) {
        sim_node_crash(helper);
    }
    sim_stage_hold_entries(0, 0);
    sim_network_heal(world->network);
    sim_stage_only_candidate(holder->id);
    sim_stage_require(sim_stage_wait(world, leads, holder, WAIT_MS),
                      "the holder leads");
    (void)sim_stage_ask_and_wait(holder, ASK_MS);
    sim_stage_heal(world);
    sim_stage_settle(world);
}

void sim_prepare_starvation(struct sim_plan *plan)
{
    plan->latency_us = 15000;
    plan->jitter_us = 0;
    plan->disk_us = 10000;
}

void sim_scenario_starvation(struct sim_world *world)
{
    enum {
        N = 500,
        EVERY_MS = 20,
        LATE = 5, /* Of these: 100 ms. */
    };
    struct sim_node *leader = &world->nodes[1];
    struct sim_request *asked[N + LATE];
    unsigned n_in_time = 0;

    sim_stage_make_leader(leader);
    for (unsigned i = 0; i < N + LATE; i++) {
        asked[i] = i < N ? sim_stage_ask(leader) : NULL;
        if (i >= LATE) {
            n_in_time += asked[i - LATE]->is_acknowledged ? 1 : 0;
        }
        sim_world_run(world, EVERY_MS);
    }
    sim_stage_require(100 * n_in_time >= 99 * N,
                      "99 of 100 entries commit within 100 ms");
    sim_stage_settle(world);
}

static bool is_down(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return node->replica == NULL;
}

/* The next operation of its disk fails, when it has something to write. */
static void fail_append(struct sim_world *world,
                        struct sim_node *leader,
                        struct sim_node *failing)
{
    struct sim_request *request;

    sim_stage_fill(world, 5);
    failing->may_fail = true;
    sim_disk_fail_at(failing->disk, 1);
    request = sim_stage_ask(leader);
    sim_stage_require(sim_stage_wait(world, is_down, failing, SHORT_MS),
                      "the node whose disk failed has stopped");
    sim_world_run(world, SHORT_MS);
    if (failing == leader) {
        sim_stage_require(request->n_unknown == 1,
                          "what became of the request is not known");
    }
    sim_stage_heal(world);
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
}

void sim_scenario_failed_append_on_leader(struct sim_world *world)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        sim_stage_make_leader(&world->nodes[i]);
        fail_append(world, &world->nodes[i], &world->nodes[i]);
    }
}

void sim_scenario_failed_append_on_follower(struct sim_world *world)
{
    sim_stage_make_leader(&world->nodes[1]);
    for (unsigned i = 2; i <= world->n_nodes; i++) {
        fail_append(world, &world->nodes[1], &world->nodes[i]);
    }
}

static void cut_power(struct sim_world *world)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        sim_node_crash(&world->nodes[i]);
    }
    sim_stage_heal(world);
}

void sim_scenario_power_cut_at_every_step(struct sim_world *world)
{
    enum {
        STEPS = 40,
    };
    unsigned n_acknowledged = 0;

    for (unsigned steps = 0; steps < STEPS; steps++) {
        struct sim_node *leader = &world->nodes[1];
        struct sim_request *request;

        sim_stage_make_leader(leader);
        request = sim_stage_ask(leader);
        for (unsigned i = 0; i < steps; i++) {
            (void)sim_world_step(world, INT64_MAX - 1);
        }
        n_acknowledged += request->is_acknowledged ? 1 : 0;
        cut_power(world);
        sim_stage_fill(world, 1);
    }
    sim_stage_require(n_acknowledged > 0 && n_acknowledged < STEPS,
                      "some requests are acknowledged before the cut, and "
                      "others not");
    sim_stage_settle(world);
}

void sim_scenario_full_restart(struct sim_world *world)
{
    sim_stage_fill(world, 50);
    for (unsigned i = 0; i < 5; i++) {
        cut_power(world);
        sim_stage_fill(world, 10);
    }
    sim_stage_settle(world);
}

/* Its first entry may not be durable yet when it votes. */
void sim_scenario_power_cut_of_new_cluster(struct sim_world *world)
{
    enum {
        CLUSTERS = 200,
        STEPS_MAX = 30,
    };

    for (unsigned i = 0; i < CLUSTERS; i++) {
        struct sim_plan plan = world->plan;
        struct sim_world *other;

        plan.seed = 1000 + i;
        plan.disk_us = 1000000;
        other = sim_world_new(&plan);
        for (unsigned round = 0; round < 10; round++) {
            uint64_t steps = sim_random_below(&other->random, STEPS_MAX);
            unsigned id =
                1 + (unsigned)sim_random_below(&other->random, other->n_nodes);

            while (steps-- > 0) {
                (void)sim_world_step(other, INT64_MAX - 1);
            }
            sim_node_crash(&other->nodes[id]);
            sim_node_start(&other->nodes[id]);
        }
        sim_world_free(other);
    }
}

/* What no release of today knows stands in the log. */
void sim_scenario_newer_command(struct sim_world *world)
{
    enum {
        NEWER = 60000,
    };
    struct sim_node *leader = &world->nodes[1];
    struct sim_request *request;

    sim_stage_make_leader(leader);
    sim_stage_settle(world);
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        world->nodes[i].may_fail = true;
    }
    request = sim_workload_ask(world);
    request->command.id = NEWER;
    (void)sim_workload_try(leader, request);
    sim_world_run(world, SHORT_MS);
    if (sim_ledger_applied_index(world->ledger) >=
        sim_ledger_committed(world->ledger)) {
        sim_violated(SIM_VERSIONS,
                     "a command that nobody knows is applied as if it were "
                     "known");
    }
    sim_stage_require(leader->fault == QC_E_NEWER,
                      "the node has stopped for a newer command");
}
