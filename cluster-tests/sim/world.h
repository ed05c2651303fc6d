/*
 * The world: nodes, what lies between them, and time.
 *
 * Nodes are the product's own replica, command table and machine; all that they
 * stand on is made here. One event happens at a time (a message arrives, a
 * write is durable, a timer fires, a caller asks, a fault strikes); then the
 * node it happened to makes its turn, and what must always hold is checked.
 */
#ifndef QC_SIM_WORLD_H
#define QC_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cluster-tests/sim/check.h"
#include "cluster-tests/sim/events.h"
#include "cluster-tests/sim/plan.h"
#include "cluster-tests/sim/random.h"
#include "command/hashes.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "replica/replica.h"

enum {
    SIM_NODES_MAX = 15,    /* Ever; ids begin with 1 and are not used again. */
    SIM_TERMS_MAX = 65536, /* Known by who led in them. */
};

#define SIM_WALL_MS                                           \
    INT64_C(1700000000000) /* Of a right clock, at the start. \
                            */

struct sim_checkpoints;
struct sim_disk;
struct sim_ledger;
struct sim_nemesis;
struct sim_network;
struct sim_requests;
struct sim_store;
struct sim_workload;
struct sim_world;

struct sim_node {
    struct sim_world *world;
    unsigned id;
    char address[24];
    bool is_first;   /* One of those the cluster began with. */
    bool is_gone;    /* Removed, or its disk is lost: it will not be back. */
    bool is_removed; /* It was told so. */
    bool may_fail;   /* Something was done to its disk. */
    uint64_t incarnation;

    struct sim_disk *disk;
    struct sim_store *store;
    struct sim_checkpoints *checkpoints;

    struct qc_replica *replica; /* NULL: it is down. */
    struct qc_machine machine;  /* Open while it is up. */
    struct qc_hashes hashes;
    struct qc_arena members_arena;
    const Qc__State__MembersRow *members; /* As of |members_index|, or NULL. */
    uint64_t members_index;
    struct sim_random random; /* Its entropy. */
    int fault;                /* That stopped it; 0: none. */

    bool is_paused;
    bool was_called;        /* By a caller: then its loop makes a turn. */
    struct sim_event *held; /* What came while it was paused. */
    size_t n_held;
    size_t held_capacity;
    int64_t skew_ms;
    int64_t late_us;
    int64_t disk_us; /* Mean time of a write. */
    bool is_disk_stuck;
    bool is_syncing;       /* There is an event for its disk. */
    int64_t busy_until_us; /* It applies. */
    int64_t timeout_ms;    /* As its replica said at the end of its turn. */

    uint64_t seen_commit; /* Up to where what is committed was looked at. */
    uint64_t seen_term;   /* In which it was last seen to lead. */

    /* Of the entry that is being applied. */
    qc_answered_fn answered;
    void *answered_ctx;
    unsigned n_answered;
    unsigned n_done;       /* Of these, done by this entry. */
    uint64_t domain;       /* Digest of its rows before. */
    int64_t next_timer_ms; /* Before. */
};

struct sim_world {
    struct sim_plan plan;
    struct sim_node nodes[SIM_NODES_MAX + 1]; /* From 1. */
    unsigned n_nodes;                         /* Ever made. */
    struct qc_server servers[SIM_NODES_MAX];  /* The first members. */
    struct sim_events events;
    struct sim_random random;
    int64_t now_us;
    int64_t quiet_events; /* Without time passing. */
    struct sim_network *network;
    struct sim_ledger *ledger;
    struct sim_requests *requests;
    struct sim_workload *workload;
    unsigned leaders[SIM_TERMS_MAX]; /* By term. */
    uint64_t observed_index;         /* The highest any caller was told of. */
    struct sim_nemesis *nemesis;
    void (*fault)(struct sim_world *world, uint64_t value); /* Its. */
};

/* Gives; all nodes of the plan run. */
struct sim_world *sim_world_new(const struct sim_plan *plan);
void sim_world_free(struct sim_world *world);

/* One event; false when its time is later than |until_us|. */
bool sim_world_step(struct sim_world *world, int64_t until_us);

/* Steps until |ms| have passed. */
void sim_world_run(struct sim_world *world, int64_t ms);

/* --- nodes (node.c) --------------------------------------------------------
 */

/* One more, which knows |contact| as a member and is none itself yet: who. 0
 * when there have been too many. */
unsigned sim_node_make(struct sim_world *world);

void sim_node_start(struct sim_node *node);

/* Loses memory, writes that are not durable, and rows since some moment. */
void sim_node_crash(struct sim_node *node);

void sim_node_pause(struct sim_node *node, bool paused);

/* The end of the loop's turn, and what must hold then. */
void sim_node_turn(struct sim_node *node);

/* When its timer fires; INT64_MAX: it does not run. */
int64_t sim_node_due_us(const struct sim_node *node);

/* What an event does to it. |r| is what the replica answered. */
void sim_node_end_if_faulty(struct sim_node *node, int r);

bool sim_node_runs(const struct sim_node *node);

/* The rows were replaced: derives the machine anew. */
void sim_node_open_machine(struct sim_node *node);

/* Its machine, for the replica (applier.c). */
struct qc_applier sim_node_applier(struct sim_node *node);

/* Plans the sync of what its disk has queued. */
void sim_node_plan_sync(struct sim_node *node);

/* --- asked of the world ----------------------------------------------------
 */

/* Who leads, is ready, and has the highest term; NULL: nobody. */
struct sim_node *sim_world_leader(struct sim_world *world);

/* A node that runs, by chance; NULL: none does. */
struct sim_node *sim_world_any(struct sim_world *world,
                               struct sim_random *random);

#endif
