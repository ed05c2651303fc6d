/*
 * Whom to tell that an agent is available (domain model C.9).
 *
 * The first of a subject that waits is told when the subject's gate is open and
 * an agent is ready for the call whom nobody else counts on. Of several
 * subjects the one whose first has waited longest comes first.
 *
 * All that may make it so, an agent who becomes able or a claim that ends,
 * calls qc_notify_soon(), which costs a look into an index where nobody waits,
 * and where somebody does at most one row: a timer, due at once, looks once for
 * all that happened until then. What opens a gate without such an event (hours,
 * another queue that empties) is seen by the same timer, which comes back while
 * anybody waits.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_NOTIFY_H
#define QC_MACHINE_NOTIFY_H

#include "machine/entity.h"

struct qc_txn;

enum {
    QC_NOTIFY_MS = 5 * 1000, /* It is looked at least so often. */
    /* Subjects that one look judges, once for each that it tells; the rest
     * goes on in the next entry. */
    QC_NOTIFY_TRIES_MAX = 128,
};

extern const struct qc_entity qc_notify_entity;

/* Has it looked whom to tell, at the next entry. */
void qc_notify_soon(struct qc_txn *txn);

/* The same, if |agent|, by his index, could take a call. */
void qc_notify_of(struct qc_txn *txn, uint32_t agent);

#endif
