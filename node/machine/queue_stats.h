/*
 * What a queue remembers of what has happened in it, for each medium (domain
 * model B.32): whom it asked last, how long things were handled, and how good
 * its estimates were.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_QUEUE_STATS_H
#define QC_MACHINE_QUEUE_STATS_H

#include <stdint.h>

#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/queue_stats.pb-c.h"

struct qc_txn;

enum {
    QC_HANDLES_MAX = 64, /* That are remembered. */
    QC_DAY_MS = 24 * 60 * 60 * 1000,
};

/* NULL when nothing has happened there. */
const Qc__State__QueueStatsRow *qc_queue_stats_get(struct qc_txn *txn,
                                                   const char *queue,
                                                   Qc__V1__Media media);

/* ROUND_ROBIN: the index of who was asked last; UINT32_MAX: nobody yet. */
uint32_t qc_queue_stats_asked_last(struct qc_txn *txn,
                                   const char *queue,
                                   Qc__V1__Media media);
void qc_queue_stats_ask(struct qc_txn *txn,
                        const char *queue,
                        Qc__V1__Media media,
                        uint32_t agent);

/* A segment of |queue| was answered at |since_ms|, and its agent, who has
 * |at_once| of that medium with it, is done with it now. */
void qc_queue_stats_handled(struct qc_txn *txn,
                            const char *queue,
                            Qc__V1__Media media,
                            int64_t since_ms,
                            uint32_t at_once);

/* Somebody has waited |waited_ms|, who was told |estimated_ms|. */
void qc_queue_stats_answered(struct qc_txn *txn,
                             const char *queue,
                             Qc__V1__Media media,
                             int64_t waited_ms,
                             int64_t estimated_ms);

#endif
