/*
 * Decisions: what was decided about an interaction, and why, as a record in its
 * row (domain model B.28, D.18). explain.h tells it.
 *
 * A record says who was thought of, not who was looked up: it holds indexes,
 * counts and reasons, no personal data. Of an interaction there are few, and
 * they name few agents altogether: the oldest leave first. Those of allocations
 * are in allocation.h.
 *
 * These functions add to |row|, a copy that is not yet written.
 */
#ifndef QC_MACHINE_DECISION_H
#define QC_MACHINE_DECISION_H

#include "machine/roster.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

#define QC_DECISION_PREFIX "dc_"

enum {
    QC_ROUTE_DECISIONS_MAX = 16, /* Of an interaction; */
    QC_CANDIDATES_KEPT_MAX = 32, /* and so many candidates, in all of them. */
};

/* How the decision |n| of the row |of|, an id, is called; "" on a fault. */
const char *qc_decision_id(struct qc_txn *txn, const char *of, uint32_t n);

/* Whom to ask, if anybody can be, and how that was found. */
struct qc_finding {
    struct qc_choice choice;
    Qc__V1__OfferCause cause;
    Qc__V1__Selection selection; /* Where agents were compared. */
};

void qc_decision_route(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       const struct qc_finding *finding);

/* Where a call belongs that is of no visit, or is over at once. */
struct qc_match_found {
    Qc__V1__MatchRule rule;
    uint64_t visit; /* Of the allocation that was looked at; 0: none. */
    Qc__V1__VisitPassedOver passed_over;
};

void qc_decision_match(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       const struct qc_match_found *found);

/* That it waits no longer: it is to be closed as |reason|. */
void qc_decision_leave(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       Qc__V1__EndReason reason);

#endif
