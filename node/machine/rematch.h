/*
 * Rematching: what a change makes possible is offered (domain model D.3).
 *
 * Most changes make one agent able to take something, or one interaction ready
 * to be taken: routing.h. A change of configuration may do so for all at once.
 * Then all agents are asked, one after the other, what they could take; each of
 * these interactions goes to the best agent for it, whoever that is. An entry
 * holds the loop until it is applied, so it makes no more than so many offers;
 * for what is left a row says with which agent to go on, and a timer in it is
 * due at once.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_REMATCH_H
#define QC_MACHINE_REMATCH_H

#include <stdint.h>

#include "machine/entity.h"

struct qc_txn;

enum {
    /* Made by one entry before rematching leaves the rest to the next one: as
     * many as timers, and as long. */
    QC_REMATCH_OFFERS_MAX = 128,
    QC_REMATCH_AGENTS_MAX = 1024, /* Asked at a time. */
};

extern const struct qc_entity qc_rematch_entity;

/* Something has changed: offers what agents from the index |from| on can take,
 * now as far as may be. */
void qc_rematch(struct qc_txn *txn, uint32_t from);

/* The same, but not in this entry. */
void qc_rematch_later(struct qc_txn *txn, uint32_t from);

/* The index of the first agent for whom something may wait that he could take;
 * UINT32_MAX: nothing waits that anybody could take. */
uint32_t qc_rematch_from(struct qc_txn *txn);

#endif
