/*
 * What has been proposed here and is not answered, and what other nodes have
 * forwarded and is not appended.
 *
 * A request waits in the fair queue until it is sent: appended, when this node
 * leads, or forwarded to the leader. A request of this node then stays open,
 * known by its id, until the entry that holds it is applied here; it may be
 * sent any number of times meanwhile, for it is done once (command/apply.h). A
 * forwarded one is forgotten when it is sent: the node that it came from
 * answers.
 *
 * Invariant: a request is in the queue, or among the sent, or is ending.
 */
#ifndef QC_REPLICA_PROPOSAL_H
#define QC_REPLICA_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "command/entry.h"
#include "replica/deadline.h"
#include "replica/fair_queue.h"
#include "replica/replica.h"
#include "replica/request.h"

enum {
    QC_PROPOSALS_MAX = 65536,
    QC_PROPOSALS_SIZE_MAX = 64 * 1024 * 1024,
    /* A forwarded request that was not answered for so long is sent again. */
    QC_RESEND_MS = 1000,
};

struct qc_proposals {
    struct qc_fair_queue queue;
    RB_HEAD(qc_request_tree, qc_request) open; /* Of this node, by id. */
    struct qc_request_list sent;               /* The earliest first. */
    struct qc_request_list dropped;            /* Their origin is to be told. */
    struct qc_proposal_list overloaded; /* To be answered in the next turn. */
    struct qc_deadlines deadlines;
    size_t n; /* Of proposals, forwarded requests included. */
    size_t size;
    uint64_t number;               /* Of the last request of this node. */
    uint64_t n_ended[QC_OUTCOMES]; /* Of callers here, by how they ended, */
    uint64_t n_replayed;           /* by a stored answer, */
    uint64_t n_forgotten;          /* and before they did. */
};

/* |seed| makes the numbers of this life of the process differ from those of
 * the last one, so that no late word of a leader fits. */
void qc_proposals_init(struct qc_proposals *proposals, uint64_t seed);

/* Answers all with UNKNOWN. */
void qc_proposals_done(struct qc_proposals *proposals);

/* As qc_replica_propose(). */
struct qc_proposal *qc_proposals_add(struct qc_proposals *proposals,
                                     const struct qc_command *command,
                                     int64_t deadline_ms,
                                     qc_proposed_fn done,
                                     void *ctx);

/* One that |origin| has forwarded, and calls |number|. When there is no room,
 * or when it is of a newer release than this one, it goes to the dropped ones
 * at once. */
QC_MUST_CHECK int qc_proposals_add_forwarded(struct qc_proposals *proposals,
                                             uint64_t origin,
                                             uint64_t number,
                                             const struct qc_command *command,
                                             int64_t deadline_ms);

/* What goes into one entry, or one message to the leader. */
struct qc_batch {
    struct qc_request *requests[QC_ENTRY_COMMANDS_MAX];
    size_t n;
};

/* Takes what fits an entry out of the queue. Unless this node |leads|, what was
 * forwarded to it is dropped: only its origin passes it on. */
void qc_proposals_take(struct qc_proposals *proposals,
                       bool leads,
                       struct qc_batch *batch);

/* The batch was appended, or handed to the leader. */
void qc_proposals_sent(struct qc_proposals *proposals,
                       const struct qc_batch *batch,
                       int64_t now_ms);

/* The batch was not. */
QC_MUST_CHECK int qc_proposals_return(struct qc_proposals *proposals,
                                      const struct qc_batch *batch);

/* Puts what was sent at or before |sent_ms| back into the queue, in front. */
QC_MUST_CHECK int qc_proposals_resend(struct qc_proposals *proposals,
                                      int64_t sent_ms);

/* The leader says of a request, forwarded as |number|, that it was not
 * appended. */
void qc_proposals_not_appended(struct qc_proposals *proposals,
                               const struct qc_command *id,
                               uint64_t number,
                               enum qc_drop drop);

/* Disks are full: ends all that wait to be appended, and are nowhere else. */
void qc_proposals_refuse(struct qc_proposals *proposals);

/* |command| has been applied: answers all who wait for it. */
void qc_proposals_answer(struct qc_proposals *proposals,
                         const struct qc_command *command,
                         const struct qc_answer *answer,
                         uint64_t index);

/* Ends what is due, and what there was no room for. */
void qc_proposals_expire(struct qc_proposals *proposals,
                         int64_t now_ms,
                         bool has_leader);

/* The latest deadline of those who wait for it. */
int64_t qc_request_deadline_ms(const struct qc_request *request);

bool qc_proposals_is_waiting(const struct qc_proposals *proposals);

/* When to call qc_proposals_expire() next. INT64_MAX: no need. */
int64_t qc_proposals_next_ms(const struct qc_proposals *proposals);

/* When the first of those sent was; INT64_MAX when there are none. */
int64_t qc_proposals_first_sent_ms(const struct qc_proposals *proposals);

#endif
