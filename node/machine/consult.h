/*
 * Consults: an agent who has a call asks a colleague about it (domain model
 * C.1).
 *
 * A consult is an interaction of its own, a call between the two: it waits, is
 * offered, and ends as any, but is no customer's. So it counts for its agent's
 * load, and in no rate and no estimate; nobody wraps it up. It names its
 * parent, the call that it is about, which an agent has as long as there is a
 * consult; of each call there is one at a time. It comes before all customers,
 * since it keeps one, and an agent, waiting.
 *
 *   QUEUED <--> OFFERED --accepted--> CONNECTED --completed--> CLOSED
 *     |            |                      |
 *     +------------+--cancelled, or ------+--> CLOSED
 *                     somebody hangs up
 *
 * What the telephones do is told by effects of the consult, of 10 seconds: with
 * VOICE_CONSULT the caller is on hold, with VOICE_CONFERENCE he is with them.
 */
#ifndef QC_MACHINE_CONSULT_H
#define QC_MACHINE_CONSULT_H

#include "base/error.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/effect.pb-c.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"

struct qc_txn;

/* |agent|, who has the call |row|, asks a colleague, or who serves a subject.
 * Refuses: as qc_hold_refuses() says; BAD_STATE when there is a consult, or the
 * colleague is not there; INVALID when it is not said who
 * is meant, or |agent| is; NOT_FOUND, QUOTA, and as qc_routing_admit() does. */
QC_MUST_CHECK int qc_consult_start(struct qc_txn *txn,
                                   const Qc__State__InteractionRow *row,
                                   const char *agent,
                                   const Qc__V1__ConsultRequest *request,
                                   Qc__State__InteractionRow **consult_out);

/* The next three are about a call |row| that |agent| has, and refuse as
 * qc_hold_refuses() says, and BAD_STATE when there is no consult or, but for
 * qc_consult_cancel(), nobody has taken it. */

/* The colleague has the call from now on, in a segment of its own; |agent|
 * wraps up. Refuses also: QUEUE_FULL when there are too many segments. */
QC_MUST_CHECK int qc_consult_complete(struct qc_txn *txn,
                                      Qc__State__InteractionRow *row,
                                      const char *agent);

/* The consult is over, and |agent| goes back to the caller. */
QC_MUST_CHECK int qc_consult_cancel(struct qc_txn *txn,
                                    Qc__State__InteractionRow *row,
                                    const char *agent);

/* The caller is to be with them. */
QC_MUST_CHECK int qc_consult_join(struct qc_txn *txn,
                                  const Qc__State__InteractionRow *row,
                                  const char *agent);

/* The colleague has hung up, or |consult| is taken back: it is not over. */
void qc_consult_end(struct qc_txn *txn, Qc__State__InteractionRow *consult);

/* The two could not be connected: an agent has taken |consult|. */
void qc_consult_fail(struct qc_txn *txn, Qc__State__InteractionRow *consult);

/* The agent of |row| has it no more: the consult about it, if there is one, is
 * over. */
void qc_consult_leave(struct qc_txn *txn, const Qc__State__InteractionRow *row);

/* A VOICE_CONSULT or VOICE_CONFERENCE is over; or a VOICE_OFFER_AGENT, perhaps
 * of a consult. */
void qc_consult_effect_ended(struct qc_txn *txn,
                             const Qc__State__EffectRow *row);
void qc_consult_offer_ended(struct qc_txn *txn,
                            const Qc__State__EffectRow *row);

#endif
