/*
 * Orphans: interactions that their connector may have forgotten (domain model
 * C.1.3).
 *
 * As long as its customer is there, an interaction has a timer. When that is
 * due, and the connector has said nothing of it for as long as its tenant
 * allows, the connector is asked by an effect QUERY_STATUS. Whatever it says of
 * the interaction then is an answer: any event, or that the effect is done,
 * with the outcome "ended" if it does not know it any more. If it says nothing,
 * the interaction is closed as CONNECTOR_LOST, and its agent is free.
 *
 * What the connector says moves no timer, which looks when it is due; so to
 * guard costs nothing but the timer. Who says something that changes no row is
 * perhaps asked, for nothing.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_ORPHAN_H
#define QC_MACHINE_ORPHAN_H

#include "quorumcall/state/v1/effect.pb-c.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

enum {
    QC_ORPHAN_ANSWER_MS = 60 * 1000,
};

/* Gives |row|, which is about to be written, the timer that it should have. */
void qc_orphan_guard(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* The connector of |row| says something of it: writes it if that was asked. */
void qc_orphan_heard(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Nobody hears of |agent| any more: the connectors of what they are at are
 * asked whether that has ended. Who does not answer is left alone. */
void qc_orphan_ask_about(struct qc_txn *txn, const char *agent);

/* An effect QUERY_STATUS that asks about an interaction is over. */
void qc_orphan_query_ended(struct qc_txn *txn,
                           const Qc__State__EffectRow *query);

#endif
