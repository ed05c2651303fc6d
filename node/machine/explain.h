/*
 * Explanations: what decision.h has recorded, and how it is now, in words of
 * the contract (domain model D.18).
 *
 * Records hold indexes; here they become the keys of agents and skills. What is
 * told as of now is looked up now, and stands in no record: what an agent
 * lacks, who else is ready, what the next steps hold. Nothing here writes.
 */
#ifndef QC_MACHINE_EXPLAIN_H
#define QC_MACHINE_EXPLAIN_H

#include "base/error.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

struct qc_txn;

/* Explains what the request names. Refuses: NOT_FOUND, also for decisions that
 * have left the list; LOB; BAD_STATE for an agent where nobody was ever looked
 * for. */
QC_MUST_CHECK int qc_explain(struct qc_txn *txn,
                             const Qc__V1__ExplainDecisionRequest *request,
                             Qc__V1__ExplainDecisionResponse *response);

/* What context rules came to; NULL where there were none, or on a fault. */
Qc__V1__RulesHeld *qc_explain_rules(struct qc_txn *txn,
                                    const Qc__State__RulesHeld *rules);

/* What would be decided now about |row|, which waits, or would. NULL is a
 * fault. */
Qc__V1__Decision *qc_explain_now(struct qc_txn *txn,
                                 const Qc__State__InteractionRow *row);

/* What its step, and those to come, hold for it; gives how many they are. */
size_t qc_explain_steps(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row,
                        Qc__V1__StepProspect ***steps_out);

/* What speaks for or against |agent|. Refuses: NOT_FOUND. */
QC_MUST_CHECK int qc_explain_agent(struct qc_txn *txn,
                                   const Qc__State__InteractionRow *row,
                                   const char *agent,
                                   Qc__V1__Candidate **about_out);

#endif
