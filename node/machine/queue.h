/*
 * Queues: where interactions wait (domain model B.10).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_QUEUE_H
#define QC_MACHINE_QUEUE_H

#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/queue.pb-c.h"

struct qc_txn;

enum {
    /* When nothing else is said. */
    QC_QUEUE_MAX_WAITING = 10000,
    QC_ANNOUNCE_MS = 60 * 1000,
    /* No caller is told more often: each time is an entry of the log. */
    QC_ANNOUNCE_MIN_MS = 15 * 1000,
};

/* The queue that each tenant has from its beginning. */
#define QC_QUEUE_DEFAULT "default"

extern const struct qc_entity qc_queue_entity;
extern const struct qc_config_kind qc_queue_kind;

/* NULL when there is none. In the row every default is filled in. */
const Qc__State__QueueRow *qc_queue_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA, HOURS_UNKNOWN. */
QC_MUST_CHECK int qc_queue_put(struct qc_txn *txn,
                               const Qc__V1__Queue *queue,
                               uint64_t if_rev,
                               enum qc_change *change_out);

/* Writes the queue that every tenant has. It is not there yet. */
void qc_queue_seed(struct qc_txn *txn);

#endif
