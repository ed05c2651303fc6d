/*
 * A cluster in memory: real replicas over real libraft, with a disk, a network
 * and a clock of ours. Test support; never linked in.
 *
 * Time is virtual. A step is one event (a message arrives, a write is durable,
 * a timer fires) and the turn of the node it happened to. What must always
 * hold is checked at every step, and ends the process with the seed:
 *   - one leader per term;
 *   - the same entry at the same index on every node;
 *   - the time of the log never goes back;
 *   - a read is answered only by rows that hold all that was acknowledged
 *     before it was asked;
 *   - each proposal and each read ends once.
 *
 * Nodes are numbered from 1. A command is known by its number, which is its
 * request id; the machine does each number once.
 */
#ifndef QC_REPLICA_TEST_CLUSTER_H
#define QC_REPLICA_TEST_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replica/replica.h"

enum {
    QC_CLUSTER_NODES_MAX = 8,
    QC_CLUSTER_NUMBERS_MAX = 4096,
    QC_CLUSTER_TENANTS = 3, /* A command's is its number modulo this. */
    QC_CLUSTER_ELECTION_MS = 500,
    QC_CLUSTER_HEARTBEAT_MS = 50,
    QC_CLUSTER_BODY_SIZE_MAX = 1024 * 1024,
    QC_CLUSTER_WALL_MS = 1700000000, /* Of a right clock, at the start. */
};

struct qc_cluster;
struct qc_ledger;
struct qc_mem_checkpoints;

struct qc_cluster_settings {
    unsigned n_nodes;
    unsigned n_joining; /* More nodes, which are down and no members. */
    uint64_t seed;
    uint64_t checkpoint_entries; /* 0: none are taken. */
    uint64_t trailing_entries;
    uint32_t version; /* Of the cluster; below 2 nodes propose nothing. */
    uint32_t compare_ms;
};

struct qc_cluster *qc_cluster_new_with(
    const struct qc_cluster_settings *settings);

/* Without checkpoints. */
struct qc_cluster *qc_cluster_new(unsigned n_nodes, uint64_t seed);
void qc_cluster_free(struct qc_cluster *cluster);

uint64_t qc_cluster_random(struct qc_cluster *cluster, uint64_t below);

/* One event; false when its time is later than |until_ms|. */
bool qc_cluster_step(struct qc_cluster *cluster, int64_t until_ms);
int64_t qc_cluster_now_ms(const struct qc_cluster *cluster);

/* Steps until |ms| have passed. */
void qc_cluster_run(struct qc_cluster *cluster, int64_t ms);

/* Steps until the node |id| leads (0: until anyone does) and may append: who.
 * Fails after a virtual minute. */
unsigned qc_cluster_run_until_leader(struct qc_cluster *cluster, unsigned id);

/* Steps until every node that runs has applied the same, and is idle. */
void qc_cluster_settle(struct qc_cluster *cluster);

/* --- faults --- */

/* Loses memory, a part of what was fetched, writes that are not durable, and
 * rows since some moment. */
void qc_cluster_crash(struct qc_cluster *cluster, unsigned id);
void qc_cluster_restart(struct qc_cluster *cluster, unsigned id);
bool qc_cluster_is_up(const struct qc_cluster *cluster, unsigned id);

/* A paused node does nothing; messages to it wait. */
void qc_cluster_pause(struct qc_cluster *cluster, unsigned id, bool paused);

/* Messages of |from| to |to| are lost. */
void qc_cluster_cut(struct qc_cluster *cluster,
                    unsigned from,
                    unsigned to,
                    bool cut);
/* All to and from it. */
void qc_cluster_isolate(struct qc_cluster *cluster, unsigned id, bool cut);
void qc_cluster_heal(struct qc_cluster *cluster);

/* Loses all that is under way. */
void qc_cluster_drop_messages(struct qc_cluster *cluster);

void qc_cluster_set_loss(struct qc_cluster *cluster, unsigned percent);
void qc_cluster_set_skew_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t skew_ms);
/* How late its timers fire: its loop is busy. */
void qc_cluster_set_late_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t late_ms);
void qc_cluster_set_disk_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t disk_ms);

/* Makes the |nth| operation of the disk from now on fail. 0: none. */
void qc_cluster_fail_disk_at(struct qc_cluster *cluster,
                             unsigned id,
                             unsigned nth);
/* How long a checkpoint takes, and an installation. */
void qc_cluster_set_checkpoint_ms(struct qc_cluster *cluster,
                                  unsigned id,
                                  int64_t checkpoint_ms);
struct qc_mem_checkpoints *qc_cluster_checkpoints(struct qc_cluster *cluster,
                                                  unsigned id);

/* The connection between them is lost, and |id| is told. */
void qc_cluster_lose_connection(struct qc_cluster *cluster,
                                unsigned id,
                                unsigned peer);

/* ... and nobody listens at |peer|'s address. */
void qc_cluster_refuse_connection(struct qc_cluster *cluster,
                                  unsigned id,
                                  unsigned peer);

/* Its rows are not those of the others from now on. */
void qc_cluster_spoil(struct qc_cluster *cluster, unsigned id);

/* The fault that stopped the node; 0: none has. */
int qc_cluster_fault(const struct qc_cluster *cluster, unsigned id);

/* --- operators --- */

enum qc_cluster_role {
    QC_CLUSTER_OUT,
    QC_CLUSTER_STANDBY,
    QC_CLUSTER_VOTER,
};

/* What |of| shall be. */
void qc_cluster_want(struct qc_cluster *cluster,
                     unsigned of,
                     enum qc_cluster_role role);

/* What |of| is, as the node |id| has it. */
enum qc_cluster_role qc_cluster_role(const struct qc_cluster *cluster,
                                     unsigned id,
                                     unsigned of);

/* Whether the node |id| has applied the newest configuration that anybody has,
 * and |of| is not in it. */
bool qc_cluster_knows_removed(const struct qc_cluster *cluster,
                              unsigned id,
                              unsigned of);

void qc_cluster_set_room(struct qc_cluster *cluster,
                         unsigned id,
                         enum qc_room room);
void qc_cluster_set_drain(struct qc_cluster *cluster, unsigned id, bool drain);

/* As qc_replica_step_down(). */
int qc_cluster_step_down(struct qc_cluster *cluster, unsigned id, unsigned to);

/* --- callers --- */

struct qc_cluster_outcome {
    unsigned n_ended; /* How many proposals of this number have ended. */
    unsigned n_open;
    enum qc_outcome last;
    uint64_t index;    /* Of its entry, when it was applied. */
    bool acknowledged; /* One of them was answered. */
};

/* False when the replica has refused for want of memory, or the node is down.
 */
bool qc_cluster_propose(struct qc_cluster *cluster,
                        unsigned id,
                        unsigned number,
                        int64_t patience_ms);
/* Of commands proposed from now on. */
void qc_cluster_set_body_size(struct qc_cluster *cluster, size_t size);

struct qc_cluster_outcome qc_cluster_outcome(const struct qc_cluster *cluster,
                                             unsigned number);

bool qc_cluster_read(struct qc_cluster *cluster,
                     unsigned id,
                     int64_t patience_ms);
unsigned qc_cluster_n_reads_confirmed(const struct qc_cluster *cluster);
unsigned qc_cluster_n_reads_failed(const struct qc_cluster *cluster);

/* --- what came of it --- */

struct qc_replica *qc_cluster_replica(struct qc_cluster *cluster, unsigned id);
struct qc_replica_status qc_cluster_status(const struct qc_cluster *cluster,
                                           unsigned id);

/* How often the node's rows hold the command: 0 or 1. */
unsigned qc_cluster_times_done(const struct qc_cluster *cluster,
                               unsigned id,
                               unsigned number);

/* How many commands stand in the entry |index|; at what time of the log. */
unsigned qc_cluster_n_commands_at(const struct qc_cluster *cluster,
                                  uint64_t index);
int64_t qc_cluster_at_ms(const struct qc_cluster *cluster, uint64_t index);

/* The machine's timer on every node, in the log's time; 0: one is always due.
 */
void qc_cluster_set_timer_ms(struct qc_cluster *cluster, int64_t timer_ms);

/* Alarms are answered with |refusal|; 0: they are raised again. */
void qc_cluster_refuse_alarms(struct qc_cluster *cluster, int refusal);

const struct qc_ledger *qc_cluster_ledger(const struct qc_cluster *cluster);

/* How often the node has installed a checkpoint, in all its lives. */
unsigned qc_cluster_n_installed(const struct qc_cluster *cluster, unsigned id);

/* The entry that has removed it, as it was told; 0: it was not. */
uint64_t qc_cluster_removed_at(const struct qc_cluster *cluster, unsigned id);

uint64_t qc_cluster_n_steps(const struct qc_cluster *cluster);

#endif
