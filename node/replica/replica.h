/*
 * The replica: one member of the cluster, around libraft's pure core.
 *
 * It owns the order of things: what is proposed, when it is stamped, what is
 * committed, when it is applied and who is answered. It is given a disk, a
 * network, clocks and a machine as small structs of functions, so that the
 * same code runs in production and in a simulator. It calls no library that
 * does I/O, has no thread and no global state.
 *
 * Whoever drives it tells it what happened (a message came, a write is durable,
 * time has passed) and, at the end of each turn of the loop, calls
 * qc_replica_turn(): then everything that arrived meanwhile is proposed as one
 * entry, or handed to the leader, and one round of confirmation is begun for
 * all reads that wait.
 *
 * Any int below 0 that a function returns is a fault: the node must stop.
 */
#ifndef QC_REPLICA_REPLICA_H
#define QC_REPLICA_REPLICA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log_entry.h"
#include "command/apply.h"

struct qc_replica;

enum {
    QC_SERVERS_MAX = 16,
};

struct qc_server {
    uint64_t id;
    const char *address;
    bool voter;
};

/* Each int is 0 or a fault. */
struct qc_disk {
    void *ctx;
    /* Durable when it returns. */
    int (*set_term_and_vote)(void *ctx, uint64_t term, uint64_t vote);
    /* Queues entries, after cutting off what stands at or above the first.
     * When they are durable, somebody calls qc_replica_persisted(). */
    int (*append)(void *ctx, const struct qc_log_entry *entries, size_t n);
    /* As qc_log_read(). */
    int (*read)(void *ctx,
                uint64_t first,
                size_t n,
                size_t size_max,
                int (*entry)(void *ctx, const struct qc_log_entry *entry),
                void *entry_ctx);
};

enum qc_channel {
    QC_CHANNEL_CONSENSUS, /* peer.v1 ConsensusRequest */
    QC_CHANNEL_EXCHANGE,  /* peer.v1 ExchangeRequest */
};

/* Messages may be lost, and then nothing is said of it. Those of one channel
 * to one peer arrive in order, if at all. */
struct qc_network {
    void *ctx;
    void (*send)(void *ctx,
                 uint64_t to,
                 enum qc_channel channel,
                 struct qc_bytes message);
};

struct qc_clocks {
    void *ctx;
    int64_t (*monotonic_ms)(void *ctx);
    int64_t (*wall_ms)(void *ctx);
    void (*entropy)(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE]);
};

/* The state machine behind the log. */
struct qc_applier {
    void *ctx;
    /* As qc_entry_apply(). */
    int (*apply)(void *ctx,
                 uint64_t index,
                 struct qc_bytes entry,
                 qc_answered_fn answered,
                 void *answered_ctx);
    /* The index the rows carry. */
    uint64_t (*applied)(void *ctx);
    /* The log's time there. */
    int64_t (*now_ms)(void *ctx);
    /* As qc_machine_next_timer_ms(). */
    int64_t (*next_timer_ms)(void *ctx);
};

/* Things worth a line in the log of the process. |text| is borrowed. */
enum qc_notice {
    QC_NOTICE_DEBUG,
    QC_NOTICE_INFO,
    QC_NOTICE_WARNING,
};

struct qc_replica_options {
    uint64_t id;
    const char *address;
    const struct qc_server *initial; /* The cluster's first members. */
    unsigned n_initial;
    uint32_t election_timeout_ms;
    uint32_t heartbeat_ms;
    uint32_t seed; /* Of election timers. */
    struct qc_disk disk;
    struct qc_network network;
    struct qc_clocks clocks;
    struct qc_applier applier;
    void (*notice)(void *ctx, enum qc_notice notice, const char *text);
    void *notice_ctx;
};

/* What the disk held when the process began. */
struct qc_replica_state {
    uint64_t term;
    uint64_t vote;
    uint64_t first_index; /* 0 for a new node: its log begins with |initial|. */
    uint64_t last_index;
};

/* Gives; nothing happens until it is started. NULL when memory is short. */
struct qc_replica *qc_replica_new(const struct qc_replica_options *options);

/* Every open request and read ends with OUTCOME_UNKNOWN or READ_ABORTED. */
void qc_replica_free(struct qc_replica *replica);

QC_MUST_CHECK int qc_replica_start(struct qc_replica *replica,
                                   const struct qc_replica_state *state);

/* A message of a peer that has said Hello. One that is malformed is dropped,
 * and false returned through |good_out|: the connection should end. */
QC_MUST_CHECK int qc_replica_receive(struct qc_replica *replica,
                                     uint64_t from,
                                     enum qc_channel channel,
                                     struct qc_bytes message,
                                     bool *good_out);

/* Everything up to |index| that was appended and not cut since is durable. */
QC_MUST_CHECK int qc_replica_persisted(struct qc_replica *replica,
                                       uint64_t index);

/* The connection to a peer was lost, refused or made. */
void qc_replica_peer_connected(struct qc_replica *replica,
                               uint64_t peer,
                               bool connected);

/* Fires what is due; to be called when qc_replica_timeout_ms() has come, at
 * the latest. */
QC_MUST_CHECK int qc_replica_tick(struct qc_replica *replica);

/* In the monotonic clock's time. */
int64_t qc_replica_timeout_ms(const struct qc_replica *replica);

/* The end of a turn: see above. */
QC_MUST_CHECK int qc_replica_turn(struct qc_replica *replica);

/* Whether committed entries wait to be applied: then the loop must not sleep
 * before the next turn. (Applying is bounded to 5 ms a turn.) */
bool qc_replica_busy(const struct qc_replica *replica);

/* How a proposal ended. */
enum qc_outcome {
    QC_OUTCOME_APPLIED,    /* There is an answer. */
    QC_OUTCOME_EXPIRED,    /* Its deadline came first; nothing was done. */
    QC_OUTCOME_NO_LEADER,  /* Nothing was done. */
    QC_OUTCOME_UNKNOWN,    /* It may or may not be done yet. */
    QC_OUTCOME_OVERLOADED, /* Too many wait; nothing was done. */
};

struct qc_proposal_result {
    enum qc_outcome outcome;
    const struct qc_answer *answer; /* When APPLIED; borrowed. */
    uint64_t index;                 /* The entry's, when APPLIED. */
};

typedef void (*qc_proposed_fn)(void *ctx,
                               const struct qc_proposal_result *result);

struct qc_proposal; /* The replica's, until it is answered. */

/*
 * Proposes |command| (copied), on whichever node this is. |done| is called
 * exactly once, in a later call of the replica's functions. Open requests are
 * known by (tenant, client id, request id) and answered when this node applies
 * them, whoever proposed them; when leadership is lost nothing fails: it is
 * proposed again, with the same id, inside the deadline. NULL, and |done|
 * never called, when memory is short.
 */
struct qc_proposal *qc_replica_propose(struct qc_replica *replica,
                                       const struct qc_command *command,
                                       int64_t deadline_ms, /* monotonic */
                                       qc_proposed_fn done,
                                       void *ctx);

/* The caller has gone: |done| will not be called. The command may be done all
 * the same. */
void qc_proposal_forget(struct qc_proposal *proposal);

struct qc_read;

/* Calls |done| once, later: with true when this node's rows hold everything
 * that was acknowledged anywhere before the call; with false when that could
 * not be proven by the deadline. NULL when memory is short, or too many wait.
 */
struct qc_read *qc_replica_read(struct qc_replica *replica,
                                int64_t deadline_ms, /* monotonic */
                                void (*done)(void *ctx, bool confirmed),
                                void *ctx);
void qc_read_forget(struct qc_read *read);

/* How it is, for ClusterService.GetStatus and the log of the process. */
struct qc_replica_status {
    int role; /* As quorumcall.v1.NodeRole. */
    uint64_t leader_id;
    const char *leader_address; /* "" when none; lives until the next call. */
    uint64_t term;
    uint64_t last_index;
    uint64_t commit_index;
    uint64_t applied_index;
    uint64_t open_requests;
    int64_t
        leader_contact_ms; /* Since word from a leader or quorum; -1: never. */
    struct qc_server servers[QC_SERVERS_MAX];
    unsigned n_servers;
};

void qc_replica_status(const struct qc_replica *replica,
                       struct qc_replica_status *status_out);

#endif
