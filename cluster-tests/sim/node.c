#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/sim/checkpoints.h"
#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/store.h"
#include "cluster-tests/sim/world.h"
#include "machine/member.h"
#include "replica/wire.h"

enum {
    TURNS_MAX = 1000, /* Of a loop that is busy: after that, it spins. */
    MEMBERS_SIZE = 1024 * 1024,
};

/* --- what a replica is given -----------------------------------------------
 */

static int64_t monotonic_ms(void *ctx)
{
    const struct sim_node *node = ctx;

    return node->world->now_us / 1000;
}

static int64_t wall_ms(void *ctx)
{
    const struct sim_node *node = ctx;

    return SIM_WALL_MS + node->world->now_us / 1000 + node->skew_ms;
}

static void entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    struct sim_node *node = ctx;
    uint64_t words[2] = {sim_random_next(&node->random),
                         sim_random_next(&node->random)};

    memcpy(bytes, words, sizeof(words));
}

static void notice(void *ctx, enum qc_notice level, const char *text)
{
    const struct sim_node *node = ctx;

    (void)level;
    (void)node;
    SIM_TRACE("node %u: %s", node->id, text);
}

/* --- life -------------------------------------------------------------------
 */

bool sim_node_runs(const struct sim_node *node)
{
    return node->replica != NULL && !node->is_paused;
}

void sim_node_open_machine(struct sim_node *node)
{
    int r;

    qc_machine_close(&node->machine);
    r = qc_machine_open(&node->machine, sim_store_as_store(node->store));
    if (r != 0) {
        sim_violated(SIM_ROWS_ARE_OF_THEIR_INDEX,
                     "node %u cannot open its rows: fault %d", node->id, r);
    }
    node->hashes.n = 0;
    node->members = NULL;
    if (node->machine.applied_index > 0) {
        qc_hashes_add(&node->hashes, node->machine.applied_index,
                      node->machine.hash);
    }
    sim_ledger_check_rows(node);
}

unsigned sim_node_make(struct sim_world *world)
{
    struct sim_node *node;

    if (world->n_nodes == SIM_NODES_MAX) {
        return 0;
    }
    node = &world->nodes[++world->n_nodes];
    node->world = world;
    node->id = world->n_nodes;
    node->disk_us = world->plan.disk_us;
    node->disk = sim_disk_new();
    node->checkpoints = sim_checkpoints_new(node);
    node->store = sim_store_new();
    qc_arena_init(&node->members_arena, MEMBERS_SIZE);
    sim_random_seed(&node->random, world->plan.seed, 100 + node->id);
    (void)snprintf(node->address, sizeof(node->address), "node-%u:7400",
                   node->id);
    return node->id;
}

void sim_node_end_if_faulty(struct sim_node *node, int r)
{
    if (r == 0) {
        return;
    }
    SIM_TRACE("node %u stops: fault %d", node->id, r);
    node->fault = r;
    if (!node->may_fail) {
        sim_violated(SIM_NO_CAUSE, "node %u stops by itself: fault %d",
                     node->id, r);
    }
    sim_node_crash(node);
}

/* It stops at the end of its turn, for good. */
static void removed(void *ctx, uint64_t index)
{
    struct sim_node *node = ctx;

    SIM_TRACE("node %u is removed by entry %" PRIu64, node->id, index);
    node->is_removed = true;
}

static struct qc_replica_options options_of(struct sim_node *node)
{
    const struct sim_world *world = node->world;

    return (struct qc_replica_options){
        .id = node->id,
        .address = node->address,
        .initial = world->servers,
        .n_initial = (unsigned)world->plan.nodes,
        .election_timeout_ms = (uint32_t)world->plan.election_ms,
        .heartbeat_ms = (uint32_t)world->plan.heartbeat_ms,
        .checkpoint_entries = (uint64_t)world->plan.checkpoint_entries,
        .trailing_entries = (uint64_t)world->plan.trailing_entries,
        .compare_ms = (uint32_t)world->plan.compare_ms,
        .version_max = QC_CLUSTER_VERSION_MAX,
        .release = "sim",
        .seed = (uint32_t)sim_random_next(&node->random),
        .disk = sim_disk_as_disk(node->disk),
        .network = sim_network_of(node),
        .clocks = {node, monotonic_ms, wall_ms, entropy},
        .applier = sim_node_applier(node),
        .checkpoints = sim_checkpoints_of(node),
        .notice = notice,
        .notice_ctx = node,
        .removed = removed,
        .removed_ctx = node,
    };
}

void sim_node_start(struct sim_node *node)
{
    struct qc_replica_options options = options_of(node);
    struct qc_replica_state state;
    struct qc_arena arena;

    assert(node->replica == NULL && !node->is_gone);

    SIM_TRACE("node %u starts", node->id);
    node->fault = 0;
    node->may_fail = false;
    node->is_paused = false;
    node->busy_until_us = 0;
    node->seen_commit = 0;
    node->seen_term = 0;
    sim_node_open_machine(node);
    qc_arena_init(&arena, QC_WIRE_ARENA_SIZE);
    state = sim_disk_state(node->disk, &arena);
    state.is_new = state.is_new && node->is_first;
    node->replica = qc_replica_new(&options);
    assert(node->replica != NULL);
    sim_node_end_if_faulty(node, qc_replica_start(node->replica, &state));
    qc_arena_done(&arena);
    sim_node_plan_sync(node);
    node->was_called = node->replica != NULL; /* Its first turn. */
}

static void drop_held(struct sim_node *node)
{
    for (size_t i = 0; i < node->n_held; i++) {
        free(node->held[i].payload);
    }
    node->n_held = 0;
}

void sim_node_crash(struct sim_node *node)
{
    struct qc_replica *replica = node->replica;

    if (replica == NULL) {
        return;
    }
    SIM_TRACE("node %u is down", node->id);
    sim_result.n_crashes++;
    node->replica = NULL;
    node->incarnation++;
    node->is_syncing = false;
    qc_replica_free(replica);
    qc_machine_close(&node->machine);
    drop_held(node);
    sim_disk_crash(node->disk, &node->world->random);
    sim_checkpoints_crash(node->checkpoints, &node->world->random);
    sim_store_crash(node->store, &node->world->random);
}

void sim_node_pause(struct sim_node *node, bool paused)
{
    if (node->replica == NULL || node->is_paused == paused) {
        return;
    }
    SIM_TRACE("node %u %s", node->id, paused ? "stands still" : "goes on");
    node->is_paused = paused;
    for (size_t i = 0; !paused && i < node->n_held; i++) {
        node->held[i].at_us = node->world->now_us;
        sim_events_put(&node->world->events, node->held[i]);
    }
    if (!paused) {
        node->n_held = 0;
    }
}

int64_t sim_node_due_us(const struct sim_node *node)
{
    int64_t at_ms;
    int64_t at_us;

    if (!sim_node_runs(node)) {
        return INT64_MAX;
    }
    if (node->was_called) {
        return node->busy_until_us;
    }
    at_ms = node->timeout_ms;
    if (at_ms >= INT64_MAX / 2000) {
        return INT64_MAX;
    }
    at_us = 1000 * at_ms + node->late_us;
    return at_us > node->busy_until_us ? at_us : node->busy_until_us;
}

/* --- the turn ---------------------------------------------------------------
 */

static void check_leader(struct sim_node *node,
                         const struct qc_replica_standing *standing)
{
    unsigned *leader;

    if (standing->leader_id != node->id) {
        return;
    }
    assert(standing->term < SIM_TERMS_MAX);
    leader = &node->world->leaders[standing->term];
    if (*leader != 0 && *leader != node->id) {
        sim_violated(SIM_ONE_LEADER,
                     "nodes %u and %u both lead in term %" PRIu64, *leader,
                     node->id, standing->term);
    }
    if (node->seen_term != standing->term) {
        SIM_TRACE("node %u leads in term %" PRIu64, node->id, standing->term);
        sim_result.n_leaders += *leader == 0 ? 1 : 0;
        node->seen_term = standing->term;
        sim_ledger_check_leader(node, standing->term);
    }
    *leader = node->id;
}

/* After each event. */
static void check(struct sim_node *node)
{
    struct qc_replica_standing standing = qc_replica_standing(node->replica);

    check_leader(node, &standing);
    sim_ledger_commit(node, standing.commit_index);
    if (sim_disk_has_failed(node->disk)) {
        sim_violated(SIM_DAMAGE_STOPS,
                     "node %u goes on after its disk has failed", node->id);
    }
}

void sim_node_plan_sync(struct sim_node *node)
{
    if (node->replica == NULL || node->is_syncing || node->is_disk_stuck ||
        sim_disk_n_pending(node->disk) == 0) {
        return;
    }
    node->is_syncing = true;
    sim_events_put(
        &node->world->events,
        (struct sim_event){
            .at_us = node->world->now_us +
                     sim_random_about(&node->world->random, node->disk_us),
            .kind = SIM_EVENT_SYNC,
            .node = node->id,
            .incarnation = node->incarnation,
        });
}

void sim_node_turn(struct sim_node *node)
{
    unsigned n = 0;

    node->was_called = false;
    if (node->busy_until_us < node->world->now_us) {
        node->busy_until_us = node->world->now_us;
    }
    do {
        sim_node_end_if_faulty(node, qc_replica_turn(node->replica));
        if (++n > TURNS_MAX) {
            sim_violated(SIM_SPINS, "node %u is busy for ever", node->id);
        }
    } while (node->replica != NULL && qc_replica_busy(node->replica));
    if (node->replica != NULL) {
        sim_node_end_if_faulty(node, qc_replica_tell(node->replica));
    }
    if (node->replica != NULL) {
        check(node);
        sim_node_plan_sync(node);
        node->timeout_ms = qc_replica_timeout_ms(node->replica);
    }
    if (node->replica != NULL && node->is_removed) {
        node->is_gone = true;
        sim_node_crash(node);
    }
}
