/*
 * Offers: an agent is asked to take an interaction (domain model B.32).
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

#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

#define QC_OFFER_PREFIX "of_"

/* Asks the agent of the index |agent|: changes |row|, which is not yet written,
 * and writes the agent's presence. */
void qc_offer_make(struct qc_txn *txn,
                   Qc__State__InteractionRow *row,
                   uint32_t agent);

/* The agent of the index |agent| is not asked again soon. Changes |row|. */
void qc_offer_exclude(struct qc_txn *txn,
                      Qc__State__InteractionRow *row,
                      uint32_t agent);

/* The time of |row|'s offer is over, and no telephone has rung: others are
 * asked, and nothing is held against the agent. */
void qc_offer_miss(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* The interaction of an open offer; NULL when there is none. */
Qc__State__InteractionRow *qc_offer_get(struct qc_txn *txn, const char *text);

#endif
