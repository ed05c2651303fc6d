#include "cluster-tests/sim/checkpoints.h"
#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/scenarios.h"
#include "cluster-tests/sim/stage.h"
#include "cluster-tests/sim/workload.h"

/* Scenarios about checkpoints: taken, fetched, installed, and what may come in
 * between. */

enum {
    WAIT_MS = 30000,
    ASK_MS = 10000,
    FEW = 16,
    MANY = 120, /* More than the log is kept for. */
};

void sim_prepare_snapshots(struct sim_plan *plan)
{
    plan->checkpoint_entries = 40;
    plan->trailing_entries = 5;
    plan->retention_ms = 3600000;
}

static bool is_taking(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_checkpoints_is_taking(node->checkpoints);
}

static bool is_fetching(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_checkpoints_is_fetching(node->checkpoints);
}

static bool is_installing(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_checkpoints_is_installing(node->checkpoints);
}

static struct sim_node *last_node(struct sim_world *world)
{
    return &world->nodes[world->n_nodes];
}

/* The last node is down while the others go on without the entries that it
 * lacks; then it starts. */
static void fall_behind(struct sim_world *world)
{
    sim_stage_make_leader(&world->nodes[1]);
    sim_stage_only_candidate(0);
    sim_stage_settle(world);
    sim_node_crash(last_node(world));
    sim_stage_fill(world, MANY);
    sim_stage_settle(world);
    sim_world_run(world, 1000);
    sim_stage_require(sim_stage_status(&world->nodes[1]).first_index >
                          sim_stage_last(last_node(world)),
                      "the log begins after what the last node has");
    sim_node_start(last_node(world));
}

static void catch_up(struct sim_world *world, uint64_t n_installs)
{
    sim_stage_heal(world);
    sim_stage_settle(world);
    sim_stage_require(sim_result.n_installs > n_installs,
                      "a checkpoint was installed");
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
}

void sim_scenario_snapshot_for_follower(struct sim_world *world)
{
    fall_behind(world);
    catch_up(world, 0);
    sim_node_crash(last_node(world));
    sim_node_start(last_node(world));
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
}

void sim_scenario_kill_in_take(struct sim_world *world)
{
    for (unsigned i = 0; i < 10; i++) {
        struct sim_node *node = &world->nodes[1 + i % world->n_nodes];

        sim_stage_fill(world, FEW);
        sim_stage_settle(world);
        sim_stage_require(qc_replica_take_checkpoint(node->replica) == 0,
                          "a checkpoint can be asked for");
        sim_stage_require(sim_stage_wait(world, is_taking, node, WAIT_MS),
                          "a checkpoint is being taken");
        sim_world_run(world, 5 * (int64_t)i);
        sim_node_crash(node);
        sim_node_start(node);
    }
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
}

void sim_scenario_kill_in_fetch(struct sim_world *world)
{
    fall_behind(world);
    sim_stage_require(
        sim_stage_wait(world, is_fetching, last_node(world), WAIT_MS),
        "a checkpoint is being fetched");
    sim_node_crash(last_node(world));
    sim_node_start(last_node(world));
    catch_up(world, 0);
}

void sim_scenario_kill_in_install(struct sim_world *world)
{
    fall_behind(world);
    for (unsigned i = 0; i < 3; i++) {
        sim_stage_require(
            sim_stage_wait(world, is_installing, last_node(world), WAIT_MS),
            "a checkpoint is being installed");
        sim_node_crash(last_node(world));
        sim_node_start(last_node(world));
    }
    catch_up(world, 0);
}

void sim_scenario_leader_change_in_fetch(struct sim_world *world)
{
    fall_behind(world);
    sim_stage_require(
        sim_stage_wait(world, is_fetching, last_node(world), WAIT_MS),
        "a checkpoint is being fetched");
    sim_node_crash(&world->nodes[1]);
    sim_world_run(world, 100);
    if (world->n_nodes == 3) { /* Two of three are needed. */
        sim_node_start(&world->nodes[1]);
    }
    sim_stage_fill(world, FEW);
    catch_up(world, 0);
}

/* It has fallen behind without knowing it, and takes a checkpoint of its own
 * when it hears of the other. */
void sim_scenario_install_during_take(struct sim_world *world)
{
    struct sim_node *node = last_node(world);

    sim_stage_make_leader(&world->nodes[1]);
    sim_stage_only_candidate(1);
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
    sim_network_isolate(world->network, node->id, true);
    sim_stage_fill(world, MANY);
    sim_world_run(world, 1000);
    sim_stage_require(qc_replica_take_checkpoint(node->replica) == 0,
                      "a checkpoint can be asked for");
    sim_network_isolate(world->network, node->id, false);
    sim_stage_require(sim_stage_wait(world, is_taking, node, WAIT_MS),
                      "a checkpoint is being taken");
    catch_up(world, 0);
}

/* An old leader has entries that nobody else has, and takes a checkpoint while
 * they are cut off. */
void sim_scenario_truncate_during_take(struct sim_world *world)
{
    struct sim_node *old = &world->nodes[1];
    uint64_t last;

    sim_stage_make_leader(old);
    sim_stage_only_candidate(0);
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
    sim_network_isolate(world->network, old->id, true);
    for (unsigned i = 0; i < 5; i++) {
        (void)sim_stage_ask(old);
        sim_world_run(world, 10);
    }
    last = sim_stage_last(old);
    sim_stage_require(last > sim_ledger_committed(world->ledger),
                      "the old leader has entries of its own");
    sim_world_run(world, 4 * world->plan.election_ms);
    sim_stage_require(qc_replica_take_checkpoint(old->replica) == 0,
                      "a checkpoint can be asked for");
    sim_network_heal(world->network);
    sim_stage_fill(world, FEW);
    sim_stage_settle(world);
    sim_stage_fill(world, MANY);
    sim_stage_settle(world);
}

void sim_scenario_damaged_fetch(struct sim_world *world)
{
    fall_behind(world);
    sim_checkpoints_damage(last_node(world)->checkpoints);
    catch_up(world, 0);
}

void sim_scenario_truncated_fetch(struct sim_world *world)
{
    fall_behind(world);
    sim_checkpoints_truncate(last_node(world)->checkpoints);
    catch_up(world, 0);
}

void sim_scenario_retry_after_install(struct sim_world *world)
{
    enum {
        N = 20,
    };
    struct sim_request *asked[N];

    sim_stage_make_leader(&world->nodes[1]);
    for (unsigned i = 0; i < N; i++) {
        asked[i] = sim_stage_ask_and_wait(&world->nodes[1], ASK_MS);
    }
    fall_behind(world);
    catch_up(world, 0);
    sim_stage_make_leader(last_node(world));
    for (unsigned i = 0; i < N; i++) {
        (void)sim_workload_try(last_node(world), asked[i]);
        sim_world_run(world, 20);
    }
    sim_stage_settle(world);
}

static bool has_checkpoint(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_stage_status(node).checkpoint_index > 0;
}

void sim_scenario_lost_checkpoint(struct sim_world *world)
{
    sim_stage_make_leader(&world->nodes[1]);
    sim_stage_only_candidate(0);
    sim_stage_settle(world);
    sim_node_crash(last_node(world));
    sim_stage_fill(world, MANY);
    sim_stage_require(
        sim_stage_wait(world, has_checkpoint, &world->nodes[1], WAIT_MS),
        "there is a checkpoint");
    for (unsigned i = 1; i < world->n_nodes; i++) {
        sim_checkpoints_lose(world->nodes[i].checkpoints);
    }
    sim_node_start(last_node(world));
    catch_up(world, 0);
}
