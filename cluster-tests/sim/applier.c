#include <assert.h>

#include "base/arena.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/store.h"
#include "cluster-tests/sim/world.h"
#include "command/apply.h"
#include "machine/member.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

/* The machine of a node, as its replica sees it: the product's own, and beside
 * it the ledger, which is told of every answer and every state. */

static void answered(void *ctx,
                     const struct qc_command *command,
                     const struct qc_answer *answer)
{
    struct sim_node *node = ctx;

    sim_ledger_answered(node, node->machine.applied_index, command, answer);
    node->answered(node->answered_ctx, command, answer);
}

/* The rows have come to another index. */
static void moved(struct sim_node *node)
{
    const struct sim_plan *plan = &node->world->plan;
    uint64_t index = node->machine.applied_index;

    sim_ledger_applied(node, index);
    qc_hashes_add(&node->hashes, index, node->machine.hash);
    sim_store_mark(node->store, index);
    if (sim_random_chance(&node->world->random, plan->flush_ppm)) {
        sim_store_flush(node->store);
    }
    if (plan->apply_us > 0) {
        node->busy_until_us += (int64_t)sim_random_below(
            &node->world->random, (uint64_t)plan->apply_us);
    }
}

static int apply(void *ctx,
                 uint64_t index,
                 struct qc_bytes entry,
                 qc_answered_fn told,
                 void *told_ctx)
{
    struct sim_node *node = ctx;
    uint64_t before = node->machine.applied_index;
    int r;

    sim_ledger_before(node, index);
    node->answered = told;
    node->answered_ctx = told_ctx;
    r = qc_entry_apply(&node->machine, index, entry, answered, node);
    if (r == 0 && node->machine.applied_index > before) {
        moved(node);
    }
    return r;
}

static uint64_t applied(void *ctx)
{
    const struct sim_node *node = ctx;

    return node->machine.applied_index;
}

static int64_t now_ms(void *ctx)
{
    const struct sim_node *node = ctx;

    return node->machine.now_ms;
}

static int64_t next_timer_ms(void *ctx)
{
    const struct sim_node *node = ctx;

    return qc_machine_next_timer_ms(&node->machine);
}

static int configure(void *ctx,
                     uint64_t index,
                     const struct qc_server *servers,
                     size_t n)
{
    struct sim_node *node = ctx;
    struct qc_member members[QC_SERVERS_MAX];
    uint64_t before = node->machine.applied_index;
    int r;

    assert(n <= QC_SERVERS_MAX);

    sim_ledger_before(node, index);
    for (size_t i = 0; i < n; i++) {
        members[i] = (struct qc_member){
            .node_id = servers[i].id,
            .address = servers[i].address,
            .voter = servers[i].voter,
        };
    }
    r = qc_entry_configure(&node->machine, index, members, n);
    if (r == 0 && node->machine.applied_index > before) {
        moved(node);
    }
    return r;
}

/* As the rows tell of them: read when the rows have come to another index, for
 * it is asked at every turn. */
static const Qc__State__MembersRow *members_of(struct sim_node *node)
{
    int fault = 0;

    if (node->members == NULL ||
        node->members_index != node->machine.applied_index) {
        qc_arena_reset(&node->members_arena);
        node->members =
            qc_machine_members(&node->machine, &node->members_arena, &fault);
        node->members_index = node->machine.applied_index;
        assert(node->members != NULL);
    }
    return node->members;
}

static size_t wanted(void *ctx, struct qc_wanted wanted_out[QC_SERVERS_MAX])
{
    const Qc__State__MembersRow *row = members_of(ctx);
    size_t n = 0;

    for (; n < row->n_members; n++) {
        const Qc__State__MemberRow *member = row->members[n];

        wanted_out[n] = (struct qc_wanted){
            .id = member->node_id,
            .address = member->address,
            .voter = member->wanted == QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER,
            .removed =
                member->wanted == QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED,
        };
    }
    return n;
}

static bool hash_at(void *ctx, uint64_t index, uint8_t hash_out[QC_HASH_SIZE])
{
    const struct sim_node *node = ctx;

    return qc_hashes_at(&node->hashes, index, hash_out);
}

static bool differs(void *ctx)
{
    const struct sim_node *node = ctx;

    return qc_machine_differs(&node->machine, node->id, NULL) == 1;
}

static uint32_t version(void *ctx, uint32_t *reported_out)
{
    struct sim_node *node = ctx;
    const Qc__State__MemberRow *self =
        qc_member_find(members_of(node), node->id);

    *reported_out = self != NULL ? self->version_max : 0;
    return qc_machine_cluster_version(&node->machine);
}

struct qc_applier sim_node_applier(struct sim_node *node)
{
    return (struct qc_applier){
        .ctx = node,
        .apply = apply,
        .applied = applied,
        .now_ms = now_ms,
        .next_timer_ms = next_timer_ms,
        .configure = configure,
        .wanted = wanted,
        .hash_at = hash_at,
        .differs = differs,
        .version = version,
    };
}
