/*
 * Handling: from an offer to its end (domain model C.1).
 *
 *   OFFERED --accept--> CONNECTED <--> HELD --> WRAP --> CLOSED
 *      +--rejected, not taken, withdrawn--> QUEUED
 *
 * Each of these writes what it changes: the interaction, the presences of its
 * agents, and what is offered to whom because of it. All are about the tenant
 * of the transaction.
 */
#ifndef QC_MACHINE_HANDLING_H
#define QC_MACHINE_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/presence.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"

struct qc_txn;

/* The agent of |presence| takes, or does not take, what is offered. Refuses:
 * BAD_STATE when the offer is not open, or another's. |*row_out| is the
 * interaction as it is then. */
QC_MUST_CHECK int qc_handling_accept(struct qc_txn *txn,
                                     const char *offer_id,
                                     const Qc__State__PresenceRow *presence,
                                     Qc__State__InteractionRow **row_out);
QC_MUST_CHECK int qc_handling_reject(struct qc_txn *txn,
                                     const char *offer_id,
                                     const Qc__State__PresenceRow *presence);

/* The customer has gone, or the call has ended: |row| is neither IDENTIFYING
 * nor over. */
void qc_handling_end(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Caller and agent could not be connected; the caller is still there. */
void qc_handling_bridge_failed(struct qc_txn *txn,
                               Qc__State__InteractionRow *row);

/* Its connector has not said that it still lives: |row|, whose customer is
 * there, is closed, and nothing is wrapped up. */
void qc_handling_lose(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Takes back what no agent has. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_handling_cancel(struct qc_txn *txn,
                                     Qc__State__InteractionRow *row);

/* Passes it on, to |queue|; "": to the subject's own. Refuses: BAD_STATE, and
 * as qc_routing_admit() does. */
QC_MUST_CHECK int qc_handling_transfer(struct qc_txn *txn,
                                       Qc__State__InteractionRow *row,
                                       const char *subject,
                                       const char *queue);

/* Passes it on to a number outside. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_handling_transfer_out(struct qc_txn *txn,
                                           Qc__State__InteractionRow *row,
                                           const char *number);

/* The agent says what it came to; up to 24 h after it was closed. Refuses:
 * NOT_FOUND when it never was the agent's, BAD_STATE, INVALID. */
QC_MUST_CHECK int qc_handling_dispose(
    struct qc_txn *txn,
    Qc__State__InteractionRow *row,
    const char *agent,
    const Qc__V1__SetDispositionRequest *request);

/* Adds a line to what the agent has written; up to 24 h after it was closed.
 * Refuses: NOT_FOUND when it never was the agent's, BAD_STATE, INVALID when it
 * becomes too long. */
QC_MUST_CHECK int qc_handling_note(struct qc_txn *txn,
                                   Qc__State__InteractionRow *row,
                                   const char *agent,
                                   const char *note);

/* The agent has wrapped up. Refuses: BAD_STATE when there is nothing to wrap
 * up, or its outcome is missing. */
QC_MUST_CHECK int qc_handling_wrap_up(struct qc_txn *txn,
                                      Qc__State__InteractionRow *row,
                                      const char *agent);

/* The agent leaves what there is to wrap up. */
void qc_handling_leave_wrap_ups(struct qc_txn *txn, const char *agent);

#endif
