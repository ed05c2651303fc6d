#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/questions.h"
#include "cluster-tests/sim/scenarios.h"
#include "cluster-tests/sim/stage.h"
#include "cluster-tests/sim/workload.h"

/* Scenarios about who is a member. */

enum {
    WAIT_MS = 60000,
    MANY = 120,
};

/* Whether |node| knows one member more, or fewer, than the cluster began with;
 * all of them voters. */
static bool knows(const struct sim_node *node, int64_t n)
{
    struct qc_replica_status status = sim_stage_status(node);
    int64_t n_voters = 0;

    for (unsigned i = 0; i < status.n_servers; i++) {
        n_voters += status.servers[i].voter ? 1 : 0;
    }
    return n_voters == n && (int64_t)status.n_servers == n;
}

static bool is_larger(struct sim_world *world, struct sim_node *node)
{
    return knows(node, world->plan.nodes + 1);
}

static bool is_as_it_was(struct sim_world *world, struct sim_node *node)
{
    return knows(node, world->plan.nodes);
}

static bool has_more(struct sim_world *world, struct sim_node *node)
{
    return sim_stage_status(node).n_servers > (unsigned)world->plan.nodes;
}

static bool leads(struct sim_world *world, struct sim_node *node)
{
    (void)world;
    return sim_stage_status(node).leader_id == node->id;
}

/* A new node, wanted as a voter. */
static struct sim_node *begin_to_add(struct sim_node *leader)
{
    struct sim_world *world = leader->world;
    struct sim_node *node = &world->nodes[sim_node_make(world)];

    (void)sim_workload_try(leader, sim_question_add_member(world, node, false));
    sim_node_start(node);
    return node;
}

static void remove_member(struct sim_node *leader, const struct sim_node *node)
{
    (void)sim_workload_try(leader,
                           sim_question_remove_member(leader->world, node->id));
}

void sim_scenario_grow_and_shrink(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];
    struct sim_node *added;

    sim_stage_make_leader(leader);
    added = begin_to_add(leader);
    sim_stage_require(sim_stage_wait(world, is_larger, added, WAIT_MS),
                      "the new node is a voter, and knows it");
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
    remove_member(leader, added);
    sim_stage_require(sim_stage_wait(world, is_as_it_was, leader, WAIT_MS),
                      "it is a member no more");
    added->is_gone = true; /* By whoever watches its connections. */
    sim_node_crash(added);
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
}

void sim_scenario_remove_leader(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];
    struct sim_node *added;

    sim_stage_make_leader(leader);
    sim_stage_only_candidate(0);
    added = begin_to_add(leader);
    sim_stage_require(sim_stage_wait(world, is_larger, added, WAIT_MS),
                      "the new node is a voter");
    remove_member(leader, leader);
    sim_stage_require(sim_stage_wait(world, is_as_it_was, added, WAIT_MS),
                      "the others are the members");
    sim_stage_require(sim_world_leader(world) != leader, "it has handed over");
    leader->is_gone = true; /* By whoever watches its connections. */
    sim_node_crash(leader);
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
}

/* The change is on its leader only, and is taken back by the next one; who then
 * makes it, for the rows want it. */
void sim_scenario_change_rolled_back(struct sim_world *world)
{
    struct sim_node *old = &world->nodes[1];
    struct sim_node *heir = &world->nodes[2];
    struct sim_node *added;

    sim_stage_make_leader(old);
    sim_stage_settle(world);
    sim_stage_hold_changes(old->id);
    added = begin_to_add(old);
    sim_stage_require(sim_stage_wait(world, has_more, old, WAIT_MS),
                      "the change is in the old leader's log");
    sim_world_run(world, 100);
    sim_stage_require(!has_more(world, heir), "it is in no other log");
    sim_network_isolate(world->network, old->id, true);
    sim_stage_only_candidate(heir->id);
    sim_stage_require(sim_stage_wait(world, leads, heir, WAIT_MS),
                      "another node leads");
    (void)sim_stage_ask_and_wait(heir, WAIT_MS);
    sim_stage_heal(world);
    sim_stage_require(sim_stage_wait(world, is_larger, old, WAIT_MS) &&
                          sim_stage_wait(world, is_larger, added, WAIT_MS),
                      "the change is made in the end");
    sim_stage_fill(world, 5);
    sim_stage_settle(world);
}

/* The last node learns of new members by a checkpoint. */
void sim_scenario_change_compacted(struct sim_world *world)
{
    struct sim_node *leader = &world->nodes[1];
    struct sim_node *away = &world->nodes[world->n_nodes];
    struct sim_node *added;

    sim_stage_make_leader(leader);
    sim_stage_only_candidate(0);
    sim_stage_settle(world);
    sim_node_crash(away);
    added = begin_to_add(leader);
    sim_stage_require(sim_stage_wait(world, is_larger, added, WAIT_MS),
                      "the new node is a voter");
    sim_stage_fill(world, MANY);
    sim_world_run(world, 1000);
    sim_node_start(away);
    sim_stage_require(sim_stage_wait(world, is_larger, away, WAIT_MS),
                      "the node that was away knows the new member");
    sim_stage_settle(world);
    sim_stage_require(sim_result.n_installs > 0, "by a checkpoint");
}
