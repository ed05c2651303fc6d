#include "cluster-tests/sim/stage.h"

#include <assert.h>
#include <stdlib.h>

#include <raft.h>

#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/workload.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

enum {
    SETUP_MS = 60000,
    LEADER_MS = 60000,
    SETTLE_MS = 60000,
    ASK_MS = 30000,
    REPORTS_MS = 3000, /* Until nodes have reported their versions. */
};

/* What is held back; here, and not in the world, for it is of one process, and
 * of scenarios only. */
static struct {
    unsigned only_candidate;
    unsigned from;
    unsigned but;
    unsigned own_term;
    unsigned changes;
} held;

void sim_stage_require(bool holds, const char *what)
{
    if (!holds) {
        sim_violated(SIM_SCENARIO, "it is not so that %s", what);
    }
}

bool sim_stage_wait(struct sim_world *world,
                    sim_stage_fn holds,
                    struct sim_node *node,
                    int64_t ms)
{
    int64_t until_us = world->now_us + 1000 * ms;

    while (!holds(world, node)) {
        if (!sim_world_step(world, until_us)) {
            return false;
        }
    }
    return true;
}

/* --- messages that are held back ---------------------------------------------
 */

static struct sim_message *repack(struct sim_message *message,
                                  const Qc__Peer__ConsensusRequest *request)
{
    size_t size = qc__peer__consensus_request__get_packed_size(request);
    struct sim_message *packed = malloc(sizeof(*packed) + size);

    assert(packed != NULL);
    *packed = *message;
    packed->size = size;
    qc__peer__consensus_request__pack(request, packed->bytes);
    free(message);
    return packed;
}

static bool is_lost(const struct sim_message *message,
                    const Qc__Peer__ConsensusRequest *request)
{
    return request->message_case ==
               QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE &&
           held.only_candidate != 0 && message->from != held.only_candidate;
}

/* How many of its entries may be sent. */
static size_t allowed(const struct sim_message *message,
                      const Qc__Peer__AppendEntries *append)
{
    size_t n = 0;

    if (message->from == held.from && message->to != held.but) {
        return 0;
    }
    while (n < append->n_entries &&
           (message->from != held.own_term ||
            append->entries[n]->term < append->term) &&
           (message->from != held.changes ||
            append->entries[n]->kind != RAFT_CHANGE)) {
        n++;
    }
    return n;
}

static bool is_cut(const struct sim_message *message,
                   Qc__Peer__ConsensusRequest *request)
{
    Qc__Peer__AppendEntries *append = request->append_entries;
    size_t n;

    if (request->message_case !=
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES) {
        return false;
    }
    n = allowed(message, append);
    if (n == append->n_entries) {
        return false;
    }
    for (size_t i = n; i < append->n_entries; i++) {
        qc__peer__entry__free_unpacked(append->entries[i], NULL);
    }
    append->n_entries = n;
    return true;
}

static struct sim_message *tap(struct sim_world *world,
                               struct sim_message *message)
{
    Qc__Peer__ConsensusRequest *request;

    (void)world;
    if (message->channel != QC_CHANNEL_CONSENSUS) {
        return message;
    }
    request = qc__peer__consensus_request__unpack(NULL, message->size,
                                                  message->bytes);
    assert(request != NULL);
    if (is_lost(message, request)) {
        free(message);
        message = NULL;
    } else if (is_cut(message, request)) {
        message = repack(message, request);
    }
    qc__peer__consensus_request__free_unpacked(request, NULL);
    return message;
}

void sim_stage_only_candidate(unsigned id)
{
    held.only_candidate = id;
}

void sim_stage_hold_entries(unsigned from, unsigned but)
{
    held.from = from;
    held.but = but;
}

void sim_stage_hold_own_term(unsigned from)
{
    held.own_term = from;
}

void sim_stage_hold_changes(unsigned from)
{
    held.changes = from;
}

void sim_stage_part(struct sim_world *world, uint64_t side)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        for (unsigned j = 1; j <= world->n_nodes; j++) {
            sim_network_cut(world->network, i, j,
                            ((side >> i) & 1) != ((side >> j) & 1));
        }
    }
}

/* --- the whole ------------------------------------------------------------ */

static bool is_set_up(struct sim_world *world, struct sim_node *node)
{
    (void)node;
    return sim_workload_is_set_up(world);
}

void sim_stage_begin(struct sim_world *world)
{
    sim_network_set_tap(world->network, tap);
    sim_stage_require(sim_stage_wait(world, is_set_up, NULL, SETUP_MS),
                      "the shop is open");
    sim_workload_stop(world, true);
    sim_world_run(world, REPORTS_MS);
}

void sim_stage_heal(struct sim_world *world)
{
    sim_stage_only_candidate(0);
    sim_stage_hold_entries(0, 0);
    sim_stage_hold_own_term(0);
    sim_stage_hold_changes(0);
    sim_network_heal(world->network);
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        struct sim_node *node = &world->nodes[i];

        sim_node_pause(node, false);
        node->late_us = 0;
        node->disk_us = world->plan.disk_us;
        node->is_disk_stuck = false;
        if (node->replica == NULL && !node->is_gone) {
            sim_node_start(node);
        }
        sim_node_plan_sync(node);
    }
}

struct qc_replica_status sim_stage_status(const struct sim_node *node)
{
    struct qc_replica_status status = {.term = 0};

    if (node->replica != NULL) {
        qc_replica_status(node->replica, &status);
    }
    return status;
}

uint64_t sim_stage_last(const struct sim_node *node)
{
    return sim_disk_last(node->disk);
}

static bool leads(struct sim_world *world, struct sim_node *node)
{
    struct qc_replica_status status = sim_stage_status(node);

    (void)world;
    return status.leader_id == node->id &&
           status.commit_index == status.last_index &&
           status.applied_index == status.last_index;
}

void sim_stage_make_leader(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_node *leader = sim_world_leader(world);

    sim_stage_only_candidate(node->id);
    if (leader != NULL && leader != node) {
        sim_network_isolate(world->network, leader->id, true);
        sim_world_run(world, 4 * world->plan.election_ms);
        sim_network_isolate(world->network, leader->id, false);
    }
    sim_stage_require(sim_stage_wait(world, leads, node, LEADER_MS),
                      "the node that should lead does");
}

struct sim_node *sim_stage_other(struct sim_world *world,
                                 const struct sim_node *node)
{
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        if (&world->nodes[i] != node && sim_node_runs(&world->nodes[i])) {
            return &world->nodes[i];
        }
    }
    sim_stage_require(false, "there is another node");
    return NULL;
}

/* --- what is asked -------------------------------------------------------- */

struct sim_request *sim_stage_ask(struct sim_node *node)
{
    struct sim_request *request = sim_workload_ask(node->world);

    sim_stage_require(sim_workload_try(node, request), "the node can be asked");
    return request;
}

struct sim_request *sim_stage_ask_and_wait(struct sim_node *node, int64_t ms)
{
    struct sim_world *world = node->world;
    struct sim_request *request = sim_workload_ask(world);
    int64_t until_us = world->now_us + 1000 * ms;
    bool is_late = false;

    while (!request->is_acknowledged && !is_late) {
        if (request->n_open == 0) {
            struct sim_node *any =
                node->replica != NULL ? node : sim_stage_other(world, node);

            (void)sim_workload_try(any, request);
        }
        is_late = !sim_world_step(world, until_us);
    }
    sim_stage_require(!is_late, "the request is acknowledged in time");
    return request;
}

void sim_stage_fill(struct sim_world *world, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct sim_node *node = sim_world_leader(world);

        if (node == NULL) {
            node = sim_stage_other(world, NULL);
        }
        (void)sim_stage_ask_and_wait(node, ASK_MS);
    }
}

static bool is_settled(struct sim_world *world, struct sim_node *node)
{
    uint64_t committed = sim_ledger_committed(world->ledger);

    (void)node;
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        const struct sim_node *at = &world->nodes[i];

        if (sim_node_runs(at) && !at->is_removed &&
            sim_stage_status(at).applied_index < committed) {
            return false;
        }
    }
    return sim_workload_n_open(world) == 0;
}

void sim_stage_settle(struct sim_world *world)
{
    sim_stage_require(sim_stage_wait(world, is_settled, NULL, SETTLE_MS),
                      "all nodes come to the same");
}
