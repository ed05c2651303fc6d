/*
 * Last agents: who had a customer last in a queue, where the queue asks for it
 * (domain model D.3, B.10).
 *
 * A customer is whom the visit or the connector names; else who has this
 * telephone number, or this e-mail address. What is remembered goes with its
 * interaction.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_LAST_AGENT_H
#define QC_MACHINE_LAST_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/queue.pb-c.h"

struct qc_txn;

/* Whether |queue|, which may be NULL, asks who had a customer last. */
bool qc_last_agent_counts(const Qc__State__QueueRow *queue);

/* The index of the agent who had |row|'s customer last, within the tenant's
 * window; false: nobody had. Fills in who the customer is. */
bool qc_last_agent_find(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        uint32_t *agent_out);

/* The agent of |segment|, the last one of |row|, has had the customer. Changes
 * |row|, and writes who it was. */
void qc_last_agent_remember(struct qc_txn *txn,
                            Qc__State__InteractionRow *row,
                            const Qc__V1__Segment *segment);

/* |row| is about to be removed. */
void qc_last_agent_forget(struct qc_txn *txn,
                          const Qc__State__InteractionRow *row);

#endif
