/*
 * What callers are told while they wait: their place, and how long it will take
 * (domain model B.10, announce_position). When they begin to wait, and again
 * after the queue's interval, as long as nobody is asked to take the call.
 *
 * These functions change |row|, which is not written yet.
 */
#ifndef QC_MACHINE_ANNOUNCE_H
#define QC_MACHINE_ANNOUNCE_H

#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

/* |row| begins to wait in its queue. */
void qc_announce_begin(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* |row| waits on: tells the caller, if it is time. */
void qc_announce(struct qc_txn *txn, Qc__State__InteractionRow *row);

#endif
