#include "cluster-tests/sim/world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cluster-tests/sim/checkpoints.h"
#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/store.h"
#include "cluster-tests/sim/workload.h"

enum {
    QUIET_MAX = 20000, /* Events without time passing. */
};

struct sim_world *sim_world_new(const struct sim_plan *plan)
{
    struct sim_world *world = calloc(1, sizeof(*world));

    assert(world != NULL);
    world->plan = *plan;
    sim_random_seed(&world->random, plan->seed, 1);
    world->network = sim_network_new(world);
    world->ledger = sim_ledger_new();
    world->requests = sim_requests_new();
    for (unsigned i = 0; i < plan->nodes; i++) {
        struct sim_node *node = &world->nodes[sim_node_make(world)];

        node->is_first = true;
        world->servers[i] = (struct qc_server){
            .id = node->id,
            .address = node->address,
            .voter = true,
        };
    }
    world->workload = sim_workload_new(world);
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        sim_node_start(&world->nodes[i]);
    }
    return world;
}

void sim_world_free(struct sim_world *world)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        struct sim_node *node = &world->nodes[i];

        sim_node_crash(node);
        sim_disk_free(node->disk);
        sim_checkpoints_free(node->checkpoints);
        sim_store_free(node->store);
        qc_arena_done(&node->members_arena);
        free(node->held);
    }
    sim_events_done(&world->events);
    sim_workload_free(world->workload);
    sim_requests_free(world->requests);
    sim_ledger_free(world->ledger);
    sim_network_free(world->network);
    free(world);
}

static void move_time(struct sim_world *world, int64_t to_us)
{
    if (to_us > world->now_us) {
        world->now_us = to_us;
        world->quiet_events = 0;
        sim_result.virtual_us = to_us;
    }
    if (++world->quiet_events > QUIET_MAX) {
        sim_violated(SIM_SPINS, "%d events happen at one time", QUIET_MAX);
        world->quiet_events = 0;
    }
}

/* --- what happens -----------------------------------------------------------
 */

static void deliver(struct sim_node *node, const struct sim_message *message)
{
    bool good = true;
    int r = qc_replica_receive(node->replica, message->from, message->channel,
                               (struct qc_bytes){message->bytes, message->size},
                               &good);

    sim_node_end_if_faulty(node, r);
    if (!good) {
        sim_violated(SIM_NO_CAUSE,
                     "node %u takes a message of node %u, of %zu bytes on "
                     "channel %d, for malformed",
                     node->id, message->from, message->size,
                     (int)message->channel);
    }
}

static void sync_disk(struct sim_node *node)
{
    uint64_t index;
    int r = sim_disk_sync(node->disk, &index);

    node->is_syncing = false;
    if (r == 0 && index > 0) {
        r = qc_replica_persisted(node->replica, index);
    }
    sim_node_end_if_faulty(node, r);
}

/* Whether the event was for a node that is not there any more. */
static bool is_stale(const struct sim_node *node, const struct sim_event *event)
{
    return node->replica == NULL || (event->kind != SIM_EVENT_MESSAGE &&
                                     event->kind != SIM_EVENT_CONNECTED &&
                                     event->incarnation != node->incarnation);
}

static void happen_to_node(struct sim_world *world,
                           const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->node];

    switch (event->kind) {
    case SIM_EVENT_MESSAGE:
        deliver(node, event->payload);
        break;
    case SIM_EVENT_CONNECTED:
        qc_replica_peer_connected(node->replica, event->value / 2,
                                  event->value % 2 != 0);
        break;
    case SIM_EVENT_SYNC:
        sync_disk(node);
        break;
    case SIM_EVENT_CHECKPOINT:
        sim_node_end_if_faulty(node, sim_checkpoints_step(node, event->value));
        break;
    case SIM_EVENT_CALLER:
    case SIM_EVENT_FAULT:
        break;
    }
    if (node->replica != NULL) {
        sim_node_turn(node);
    }
}

/* A node that stands still, or is busy, takes it later, in the same order. */
static void hold(struct sim_node *node, const struct sim_event *event)
{
    if (node->n_held == node->held_capacity) {
        node->held_capacity = 2 * node->held_capacity + 16;
        node->held =
            realloc(node->held, node->held_capacity * sizeof(*node->held));
        assert(node->held != NULL);
    }
    node->held[node->n_held++] = *event;
}

static void happen(struct sim_world *world)
{
    struct sim_event event = sim_events_take(&world->events);
    struct sim_node *node = &world->nodes[event.node];

    move_time(world, event.at_us);
    sim_trace_fold((uint64_t)event.at_us * 8 + event.kind);
    sim_trace_fold(event.value * 16 + event.node);
    if (event.kind == SIM_EVENT_CALLER) {
        sim_workload_wake(world, event.value);
    } else if (event.kind == SIM_EVENT_FAULT) {
        sim_result.n_faults++;
        world->fault(world, event.value);
    } else if (is_stale(node, &event)) {
        free(event.payload);
    } else if (node->is_paused) {
        hold(node, &event);
    } else if (node->busy_until_us > world->now_us) {
        event.at_us = node->busy_until_us;
        sim_events_put(&world->events, event);
    } else {
        happen_to_node(world, &event);
        free(event.payload);
    }
}

static struct sim_node *next_node(struct sim_world *world, int64_t *at_us_out)
{
    struct sim_node *next = NULL;

    *at_us_out = INT64_MAX;
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        int64_t at_us = sim_node_due_us(&world->nodes[i]);

        if (at_us < *at_us_out) {
            next = &world->nodes[i];
            *at_us_out = at_us;
        }
    }
    return next;
}

static void fire(struct sim_node *node, int64_t at_us)
{
    struct sim_world *world = node->world;

    move_time(world, at_us);
    sim_trace_fold((uint64_t)world->now_us * 8 + 7);
    sim_trace_fold(node->id);
    if (!node->was_called) {
        sim_node_end_if_faulty(node, qc_replica_tick(node->replica));
    }
    if (node->replica != NULL) {
        sim_node_turn(node);
    }
}

bool sim_world_step(struct sim_world *world, int64_t until_us)
{
    int64_t event_us = sim_events_next_us(&world->events);
    int64_t node_us;
    struct sim_node *node = next_node(world, &node_us);

    if (event_us > until_us && node_us > until_us) {
        return false;
    }
    sim_result.n_events++;
    if (event_us <= node_us) {
        happen(world);
    } else {
        fire(node, node_us);
    }
    return true;
}

void sim_world_run(struct sim_world *world, int64_t ms)
{
    int64_t until_us = world->now_us + 1000 * ms;

    while (sim_world_step(world, until_us)) {
    }
    move_time(world, until_us);
}

/* --- asked of the world ------------------------------------------------------
 */

struct sim_node *sim_world_leader(struct sim_world *world)
{
    struct sim_node *leader = NULL;
    uint64_t term = 0;

    for (unsigned i = 1; i <= world->n_nodes; i++) {
        struct sim_node *node = &world->nodes[i];
        struct qc_replica_status status;

        if (sim_node_runs(node)) {
            qc_replica_status(node->replica, &status);
            if (status.leader_id == node->id && status.term > term) {
                leader = node;
                term = status.term;
            }
        }
    }
    return leader;
}

struct sim_node *sim_world_any(struct sim_world *world,
                               struct sim_random *random)
{
    unsigned n = world->n_nodes;
    unsigned first = (unsigned)sim_random_below(random, n);

    for (unsigned i = 0; i < n; i++) {
        struct sim_node *node = &world->nodes[1 + (first + i) % n];

        if (sim_node_runs(node)) {
            return node;
        }
    }
    return NULL;
}
