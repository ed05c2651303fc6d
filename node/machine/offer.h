/*
 * Offers: an agent is asked to take an interaction, and why that agent (domain
 * model B.28, B.32, D.18).
 *
 * An offer is no row of its own: it stands in its interaction, and as a piece
 * of work in the agent's presence. Its id leads to the interaction while it is
 * open, and nowhere afterwards.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_OFFER_H
#define QC_MACHINE_OFFER_H

#include <stdint.h>

#include "machine/roster.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

#define QC_OFFER_PREFIX "of_"

enum {
    QC_ROUTE_DECISIONS_MAX = 16, /* Of an interaction; the oldest leave. */
    QC_DECISION_ROUTE = 1,       /* Nobody could be asked. */
    QC_DECISION_OFFER = 2,
};

/* Adds what was decided to |row|, which is not yet written. */
void qc_offer_decide(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     const struct qc_choice *choice);

/* Asks the agent of the index |agent|: changes |row|, which is not yet written,
 * and writes the agent's presence. */
void qc_offer_make(struct qc_txn *txn,
                   Qc__State__InteractionRow *row,
                   uint32_t agent);

/* The interaction of an open offer; NULL when there is none. */
Qc__State__InteractionRow *qc_offer_get(struct qc_txn *txn, const char *text);

/* ROUND_ROBIN: the index of the agent of |queue| who was asked last. */
uint32_t qc_offer_cursor(struct qc_txn *txn, const char *queue);
void qc_offer_set_cursor(struct qc_txn *txn, const char *queue, uint32_t agent);

#endif
