/*
 * Hold: the customer waits a moment, and is spoken to again (domain model C.1).
 *
 * An agent asks for it, and the telephone does it: the interaction is HELD when
 * the connector says so, by the effect that it has done or by an event of its
 * own. What it cannot do, or does not in time, changes nothing.
 */
#ifndef QC_MACHINE_HOLD_H
#define QC_MACHINE_HOLD_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/effect.pb-c.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

/* Why |agent| may not tell the telephone of |row| what to do; 0: nothing is
 * against it. BAD_STATE, when no agent has it, or it is no customer's call;
 * NOT_FOUND, when it is another's. */
QC_MUST_CHECK int qc_hold_refuses(struct qc_txn *txn,
                                  const Qc__State__InteractionRow *row,
                                  const char *agent);

/* |agent| wants the customer to wait, or to be spoken to again. May be asked
 * for in either state, for the telephone may be on its way to the other.
 * Refuses as qc_hold_refuses() says. */
QC_MUST_CHECK int qc_hold_ask(struct qc_txn *txn,
                              const Qc__State__InteractionRow *row,
                              const char *agent,
                              bool held);

/* The customer of |row|, which an agent has, is on hold, or is not: writes
 * that. False: that was so. */
bool qc_hold_set(struct qc_txn *txn, Qc__State__InteractionRow *row, bool held);

/* A VOICE_HOLD or VOICE_RETRIEVE is over. */
void qc_hold_effect_ended(struct qc_txn *txn, const Qc__State__EffectRow *row);

#endif
