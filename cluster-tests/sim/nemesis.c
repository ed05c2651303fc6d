#include "cluster-tests/sim/nemesis.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/network.h"
#include "cluster-tests/sim/questions.h"
#include "cluster-tests/sim/workload.h"

enum {
    FLAP_GAP_MS = 400, /* Of which it is parted for a half. */
    FLAPPING = 5,      /* The partition mode. */
    FAIL_WITHIN = 12,  /* Operations of a disk. */
};

struct sim_nemesis {
    struct sim_world *world;
    struct sim_random random;
    bool has_ended;
    bool is_partitioned;
};

/* One kind of fault. What |strike| does to |node| is undone by |undo|, which
 * may be NULL, after |lasting|. */
struct kind {
    size_t gap;     /* Where the plan says how often: ms. */
    size_t lasting; /* And how long: ms; 0: nowhere. */
    void (*strike)(struct sim_nemesis *nemesis, struct sim_node *node);
    void (*undo)(struct sim_nemesis *nemesis, struct sim_node *node);
};

#define OF_PLAN(name) offsetof(struct sim_plan, name)

static const struct sim_plan *plan_of(const struct sim_nemesis *nemesis)
{
    return &nemesis->world->plan;
}

static int64_t up_to(struct sim_nemesis *nemesis, int64_t most)
{
    return (int64_t)sim_random_below(&nemesis->random, (uint64_t)most + 1);
}

/* --- what they do --------------------------------------------------------- */

static void partition(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)node;
    if (!nemesis->is_partitioned) {
        SIM_TRACE("the network is parted");
        nemesis->is_partitioned = true;
        sim_network_partition(nemesis->world->network,
                              plan_of(nemesis)->partition_mode,
                              &nemesis->random);
    }
}

static void heal(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)node;
    SIM_TRACE("the network is whole");
    nemesis->is_partitioned = false;
    sim_network_heal(nemesis->world->network);
}

static void slow_link(struct sim_nemesis *nemesis, struct sim_node *node)
{
    unsigned to = 1 + (unsigned)sim_random_below(&nemesis->random,
                                                 nemesis->world->n_nodes);

    sim_network_slow(nemesis->world->network, node->id, to,
                     1000 * up_to(nemesis, plan_of(nemesis)->clog_ms));
}

static void mend_link(struct sim_nemesis *nemesis, struct sim_node *node)
{
    for (unsigned i = 1; i <= nemesis->world->n_nodes; i++) {
        sim_network_slow(nemesis->world->network, node->id, i, 0);
    }
}

static void crash(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    sim_node_crash(node);
}

static void restart(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    if (node->replica == NULL && !node->is_gone) {
        sim_node_start(node);
    }
}

static void cut_power(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)node;
    SIM_TRACE("the power fails");
    for (unsigned i = 1; i <= nemesis->world->n_nodes; i++) {
        sim_node_crash(&nemesis->world->nodes[i]);
    }
}

static void restart_all(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)node;
    for (unsigned i = 1; i <= nemesis->world->n_nodes; i++) {
        restart(nemesis, &nemesis->world->nodes[i]);
    }
}

static void pause(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    sim_node_pause(node, true);
}

static void resume(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    sim_node_pause(node, false);
}

static void jump(struct sim_nemesis *nemesis, struct sim_node *node)
{
    int64_t most = plan_of(nemesis)->skew_ms;

    node->skew_ms = up_to(nemesis, 2 * most) - most;
    SIM_TRACE("node %u's clock is wrong by %d ms", node->id,
              (int)node->skew_ms);
}

static void be_late(struct sim_nemesis *nemesis, struct sim_node *node)
{
    node->late_us = 1000 * up_to(nemesis, plan_of(nemesis)->late_ms);
}

static void be_in_time(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    node->late_us = 0;
}

/* Slow; or it stands still, for a while. */
static void slow_disk(struct sim_nemesis *nemesis, struct sim_node *node)
{
    node->disk_us = 1000 * (1 + up_to(nemesis, plan_of(nemesis)->slow_ms));
    node->is_disk_stuck = up_to(nemesis, 3) == 0;
}

static void mend_disk(struct sim_nemesis *nemesis, struct sim_node *node)
{
    node->disk_us = plan_of(nemesis)->disk_us;
    node->is_disk_stuck = false;
    sim_node_plan_sync(node);
}

/* It stops then, and somebody starts it again. */
static void fail_disk(struct sim_nemesis *nemesis, struct sim_node *node)
{
    node->may_fail = true;
    sim_disk_fail_at(node->disk, 1 + (unsigned)up_to(nemesis, FAIL_WITHIN));
}

/* --- what operators do ---------------------------------------------------- */

static struct sim_node *leader_of(struct sim_nemesis *nemesis)
{
    return sim_world_leader(nemesis->world);
}

static void transfer(struct sim_nemesis *nemesis, struct sim_node *node)
{
    struct sim_node *leader = leader_of(nemesis);
    unsigned to = up_to(nemesis, 1) == 0 || node == leader ? 0 : node->id;

    if (leader != NULL && sim_node_runs(leader)) {
        int r = qc_replica_step_down(leader->replica, to);

        SIM_TRACE("node %u is to hand over to %u: %d", leader->id, to, r);
        sim_result.n_transfers += r == 0 ? 1 : 0;
        sim_node_end_if_faulty(leader, r < 0 ? r : 0);
        leader->was_called = true;
    }
}

static void take_checkpoint(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    sim_node_end_if_faulty(node, qc_replica_take_checkpoint(node->replica));
    node->was_called = true;
}

static void lose_room(struct sim_nemesis *nemesis, struct sim_node *node)
{
    qc_replica_set_room(node->replica,
                        up_to(nemesis, 1) == 0 ? QC_ROOM_LOW : QC_ROOM_NONE);
    node->was_called = true;
}

static void find_room(struct sim_nemesis *nemesis, struct sim_node *node)
{
    (void)nemesis;
    if (node->replica != NULL) {
        qc_replica_set_room(node->replica, QC_ROOM_ENOUGH);
        node->was_called = true;
    }
}

/* What is asked of a node that may be down, or not lead: it may come to
 * nothing. */
static void change_members(struct sim_nemesis *nemesis, struct sim_node *node)
{
    struct sim_world *world = nemesis->world;
    unsigned id = 1 + (unsigned)up_to(nemesis, (int64_t)world->n_nodes - 1);
    struct sim_request *request = NULL;
    unsigned added;

    switch (up_to(nemesis, 3)) {
    case 0:
        request = sim_question_remove_member(world, id);
        break;
    case 1:
        request = sim_question_promote_member(world, id);
        break;
    default:
        added = sim_node_make(world);
        if (added != 0) {
            request = sim_question_add_member(world, &world->nodes[added],
                                              up_to(nemesis, 1) == 0);
            sim_node_start(&world->nodes[added]);
        }
        break;
    }
    if (request != NULL) {
        (void)sim_workload_try(node, request);
    }
}

static const struct kind kinds[] = {
    {OF_PLAN(partition_gap_ms), OF_PLAN(partition_ms), partition, heal},
    {OF_PLAN(clog_gap_ms), OF_PLAN(clog_ms), slow_link, mend_link},
    {OF_PLAN(crash_gap_ms), OF_PLAN(down_ms), crash, restart},
    {OF_PLAN(power_gap_ms), OF_PLAN(down_ms), cut_power, restart_all},
    {OF_PLAN(pause_gap_ms), OF_PLAN(pause_ms), pause, resume},
    {OF_PLAN(jump_gap_ms), 0, jump, NULL},
    {OF_PLAN(late_gap_ms), OF_PLAN(late_ms), be_late, be_in_time},
    {OF_PLAN(slow_gap_ms), OF_PLAN(slow_ms), slow_disk, mend_disk},
    {OF_PLAN(disk_fail_gap_ms), OF_PLAN(down_ms), fail_disk, restart},
    {OF_PLAN(transfer_gap_ms), 0, transfer, NULL},
    {OF_PLAN(snapshot_gap_ms), 0, take_checkpoint, NULL},
    {OF_PLAN(room_gap_ms), OF_PLAN(partition_ms), lose_room, find_room},
    {OF_PLAN(member_gap_ms), 0, change_members, NULL},
};

enum {
    N_KINDS = sizeof(kinds) / sizeof(kinds[0]),
};

/* --- when ----------------------------------------------------------------- */

static int64_t ms_of(const struct sim_nemesis *nemesis, size_t offset)
{
    const char *plan = (const char *)plan_of(nemesis);

    return *(const int64_t *)(const void *)(plan + offset);
}

/* An event's value: which kind; which node, 0: it is to be chosen; whether it
 * is undone. */
static void put(struct sim_nemesis *nemesis,
                unsigned kind,
                unsigned node,
                bool undo,
                int64_t after_ms)
{
    sim_events_put(
        &nemesis->world->events,
        (struct sim_event){
            .at_us = nemesis->world->now_us + 1000 * after_ms,
            .kind = SIM_EVENT_FAULT,
            .value = (uint64_t)kind * 64 + 2 * (uint64_t)node + (undo ? 1 : 0),
        });
}

static void strike(struct sim_nemesis *nemesis, unsigned kind)
{
    const struct kind *of = &kinds[kind];
    int64_t gap_ms = ms_of(nemesis, of->gap);
    struct sim_node *node = sim_world_any(nemesis->world, &nemesis->random);

    if (node != NULL) {
        of->strike(nemesis, node);
        if (of->undo != NULL) {
            put(nemesis, kind, node->id, true,
                sim_random_about(&nemesis->random,
                                 ms_of(nemesis, of->lasting)));
        }
    }
    if (of->strike == partition &&
        plan_of(nemesis)->partition_mode == FLAPPING) {
        gap_ms = FLAP_GAP_MS;
    }
    put(nemesis, kind, 0, false,
        1 + sim_random_about(&nemesis->random, gap_ms));
}

static void happen(struct sim_world *world, uint64_t value)
{
    struct sim_nemesis *nemesis = world->nemesis;
    unsigned kind = (unsigned)(value / 64);
    unsigned node = (unsigned)(value % 64) / 2;

    if (nemesis->has_ended) {
        return;
    }
    if (value % 2 != 0) {
        kinds[kind].undo(nemesis, &world->nodes[node]);
    } else {
        strike(nemesis, kind);
    }
}

struct sim_nemesis *sim_nemesis_new(struct sim_world *world)
{
    struct sim_nemesis *nemesis = calloc(1, sizeof(*nemesis));

    assert(nemesis != NULL);
    nemesis->world = world;
    sim_random_seed(&nemesis->random, world->plan.seed, 4);
    world->nemesis = nemesis;
    world->fault = happen;
    sim_network_set_noise(world->network, true);
    for (unsigned i = 0; i < N_KINDS; i++) {
        int64_t gap_ms = ms_of(nemesis, kinds[i].gap);

        if (gap_ms > 0) {
            put(nemesis, i, 0, false,
                sim_random_about(&nemesis->random, gap_ms));
        }
    }
    return nemesis;
}

void sim_nemesis_free(struct sim_nemesis *nemesis)
{
    free(nemesis);
}

void sim_nemesis_end(struct sim_nemesis *nemesis, unsigned down)
{
    struct sim_world *world = nemesis->world;

    SIM_TRACE("faults end");
    nemesis->has_ended = true;
    sim_network_set_noise(world->network, false);
    sim_network_heal(world->network);
    for (unsigned i = 1; i <= world->n_nodes; i++) {
        struct sim_node *node = &world->nodes[i];

        sim_node_pause(node, false);
        node->skew_ms = 0;
        node->late_us = 0;
        if (node->replica != NULL) {
            sim_disk_fail_at(node->disk, 0);
            mend_disk(nemesis, node);
            find_room(nemesis, node);
        } else if (!node->is_gone && down > 0) {
            down--;
        } else {
            restart(nemesis, node);
        }
    }
}
