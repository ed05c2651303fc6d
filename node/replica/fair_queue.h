/*
 * Requests that wait for their turn, fair between tenants: each tenant that
 * waits gives one in turn, in the order of their numbers, beginning after the
 * one served last; within a tenant the order is that of arrival (domain model
 * 0.5, rule 1).
 */
#ifndef QC_REPLICA_FAIR_QUEUE_H
#define QC_REPLICA_FAIR_QUEUE_H

#include "base/error.h"
#include "replica/request.h"

struct qc_tenant_line;

/* Zeroed, it is empty. */
struct qc_fair_queue {
    RB_HEAD(qc_tenant_line_tree, qc_tenant_line) lines; /* None is empty. */
    uint32_t served_last;
};

/* At the end of its tenant's line; NOMEM when memory is short. */
QC_MUST_CHECK int qc_fair_queue_add(struct qc_fair_queue *queue,
                                    struct qc_request *request);

/* At the front: it has been taken before, and comes back. */
QC_MUST_CHECK int qc_fair_queue_return(struct qc_fair_queue *queue,
                                       struct qc_request *request);

/* Whose turn it is; NULL when nobody waits. It stays in the queue. */
struct qc_request *qc_fair_queue_next(struct qc_fair_queue *queue);

/* Takes the one whose turn it is. */
void qc_fair_queue_take(struct qc_fair_queue *queue,
                        struct qc_request *request);

/* Takes one out of its line, out of turn. */
void qc_fair_queue_remove(struct qc_fair_queue *queue,
                          struct qc_request *request);

#endif
