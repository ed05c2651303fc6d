#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/scenarios.h"
#include "cluster-tests/sim/stage.h"
#include "cluster-tests/sim/workload.h"

/* Scenarios about who leads, and what becomes of those who ask meanwhile. */

enum {
    WAIT_MS = 20000,
    ASK_MS = 10000,
    PAUSE_MS = 4000,
};

static bool another_leads(struct sim_world *world, struct sim_node *node)
{
    const struct sim_node *leader = sim_world_leader(world);

    return leader != NULL && leader != node;
}

static bool leads(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_stage_status(node).leader_id == node->id;
}

static struct sim_node *next_to(struct sim_world *world,
                                const struct sim_node *node)
{
    return &world->nodes[1 + node->id % world->n_nodes];
}

/* Reads that wait when it stands still, and reads that come when it goes on:
 * meanwhile another has led. */
void sim_scenario_paused_leader(struct sim_world *world)
{
    unsigned confirmed;
    unsigned failed;

    for (unsigned i = 1; i <= world->n_nodes; i++) {
        struct sim_node *old = &world->nodes[i];

        sim_stage_make_leader(old);
        sim_stage_only_candidate(0);
        sim_stage_settle(world);
        (void)sim_workload_read(old);
        (void)sim_world_step(world, INT64_MAX - 1);
        sim_node_pause(old, true);
        sim_stage_require(sim_stage_wait(world, another_leads, old, WAIT_MS),
                          "another node leads");
        (void)sim_stage_ask_and_wait(next_to(world, old), ASK_MS);
        sim_world_run(world, PAUSE_MS);
        sim_node_pause(old, false);
        sim_stage_require(sim_stage_status(old).leader_id == old->id,
                          "it still believes that it leads");
        (void)sim_workload_read(old);
        sim_stage_settle(world);
        sim_world_run(world, world->plan.patience_ms);
    }
    sim_workload_reads(world, &confirmed, &failed);
    sim_stage_require(confirmed + failed == 2 * world->n_nodes,
                      "every read has ended");
    sim_stage_heal(world);
    sim_stage_settle(world);
}

/* The entry is on one follower when its leader is cut off; that one leads next,
 * and commits it. */
void sim_scenario_leadership_lost(struct sim_world *world)
{
    struct sim_node *old = &world->nodes[1];
    struct sim_node *heir = &world->nodes[2];
    struct sim_request *request;

    sim_stage_make_leader(old);
    sim_stage_settle(world);
    sim_stage_hold_entries(old->id, heir->id);
    sim_network_isolate(world->network, heir->id, true);
    sim_network_cut(world->network, old->id, heir->id, false);
    request = sim_stage_ask(old);
    sim_world_run(world, 100);
    sim_stage_require(sim_stage_last(heir) == sim_stage_last(old),
                      "the entry is on the heir");
    sim_stage_require(!request->is_acknowledged, "it is not committed");
    sim_network_heal(world->network);
    sim_network_isolate(world->network, old->id, true);
    sim_stage_only_candidate(heir->id);
    sim_stage_require(sim_stage_wait(world, leads, heir, WAIT_MS),
                      "the heir leads");
    sim_world_run(world, world->plan.patience_ms);
    sim_stage_require(request->done_index != 0, "the entry is applied");
    sim_stage_require(request->n_open == 0, "its caller was told something");
    sim_stage_heal(world);
    sim_stage_settle(world);
}

void sim_scenario_transfer_while_persisting(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];
    struct sim_node *heir = &world->nodes[2];
    int r;

    sim_stage_make_leader(leader);
    sim_stage_only_candidate(0);
    sim_stage_settle(world);
    heir->disk_us = 300000;
    for (unsigned i = 0; i < 10; i++) {
        (void)sim_stage_ask(leader);
        sim_world_run(world, 5);
    }
    r = qc_replica_step_down(leader->replica, heir->id);
    sim_node_turn(leader);
    sim_stage_require(r == 0, "leadership is handed over");
    sim_stage_require(sim_stage_wait(world, leads, heir, WAIT_MS) ||
                          sim_world_leader(world) != NULL,
                      "somebody leads");
    sim_result.n_transfers += leads(world, heir) ? 1 : 0;
    sim_stage_fill(world, 5);
    sim_stage_heal(world);
    sim_stage_settle(world);
}

void sim_scenario_slow_leader_disk(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];

    sim_stage_make_leader(leader);
    leader->disk_us = 2000000;
    for (unsigned i = 0; i < 20; i++) {
        (void)sim_stage_ask_and_wait(leader, WAIT_MS);
    }
    sim_stage_heal(world);
    sim_stage_settle(world);
}

void sim_scenario_full_leader_disk(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];

    sim_stage_make_leader(leader);
    sim_stage_only_candidate(0);
    sim_stage_fill(world, 5);
    qc_replica_set_room(leader->replica, QC_ROOM_NONE);
    leader->was_called = true;
    sim_stage_require(sim_stage_wait(world, another_leads, leader, WAIT_MS),
                      "another node leads");
    sim_stage_fill(world, 5);
    qc_replica_set_room(leader->replica, QC_ROOM_ENOUGH);
    sim_stage_settle(world);
}

static void set_room(struct sim_world *world, enum qc_room room)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        qc_replica_set_room(world->nodes[i].replica, room);
        world->nodes[i].was_called = true;
    }
}

void sim_scenario_all_disks_full(struct sim_world *world)
{
    struct sim_request *request;

    sim_stage_fill(world, 5);
    set_room(world, QC_ROOM_NONE);
    sim_world_run(world, WAIT_MS);
    request = sim_stage_ask(&world->nodes[1]);
    sim_world_run(world, world->plan.patience_ms + 1000);
    sim_stage_require(request->n_open == 0 && !request->is_acknowledged,
                      "the request is refused");
    sim_stage_require(request->n_unknown == 0, "nothing was done of it");
    set_room(world, QC_ROOM_ENOUGH);
    sim_world_run(world, WAIT_MS);
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
}
