#include "machine/decision.h"

#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"

const char *qc_decision_id(struct qc_txn *txn, const char *of, uint32_t n)
{
    const char *const parts[] = {QC_DECISION_PREFIX, of, ".",
                                 qc_text_decimal(txn, n)};

    return qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool add_candidates(struct qc_txn *txn,
                           Qc__State__RouteDecision *decision,
                           const struct qc_choice *choice)
{
    decision->candidates = qc_alloc(
        txn, (choice->n_candidates + 1) * sizeof(Qc__State__RouteCandidate *));
    if (decision->candidates == NULL) {
        return false;
    }
    for (size_t i = 0; i < choice->n_candidates; i++) {
        const struct qc_candidate *found = &choice->candidates[i];
        Qc__State__RouteCandidate *candidate =
            qc_row_new(txn, &qc__state__route_candidate__descriptor);

        if (candidate == NULL) {
            return false;
        }
        candidate->agent = found->agent;
        candidate->reason = (Qc__V1__PassedOver)found->why;
        candidate->step = found->step;
        candidate->rank = found->rank;
        decision->candidates[decision->n_candidates++] = candidate;
    }
    return true;
}

/* How many of the oldest leave, so that there is room for |decision|. */
static size_t leaving(const Qc__State__InteractionRow *row,
                      const Qc__State__RouteDecision *decision)
{
    size_t n_candidates = decision->n_candidates;
    size_t kept = 0;

    while (kept < row->n_decisions && kept < QC_ROUTE_DECISIONS_MAX - 1) {
        const Qc__State__RouteDecision *next =
            row->decisions[row->n_decisions - kept - 1];

        n_candidates += next->n_candidates;
        if (n_candidates > QC_CANDIDATES_KEPT_MAX) {
            break;
        }
        kept++;
    }
    return row->n_decisions - kept;
}

/* Adds |decision|, made now; NULL is a fault. */
static void add(struct qc_txn *txn,
                Qc__State__InteractionRow *row,
                Qc__State__RouteDecision *decision)
{
    const Qc__V1__Interaction *x = row->interaction;
    size_t drop = decision != NULL ? leaving(row, decision) : 0;
    size_t kept = row->n_decisions - drop;
    Qc__State__RouteDecision **list = qc_row_append(
        txn, kept > 0 ? row->decisions + drop : NULL, kept, decision);

    if (decision == NULL || list == NULL) {
        return;
    }
    decision->n = ++row->last_decision;
    decision->at_ms = txn->now_ms;
    decision->log_index = txn->log_index;
    decision->segment = (uint32_t)x->n_segments;
    decision->step = x->step;
    decision->priority = x->priority;
    row->decisions = list;
    row->n_decisions = kept + 1;
}

void qc_decision_route(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       const struct qc_finding *finding)
{
    const struct qc_choice *choice = &finding->choice;
    const Qc__V1__Interaction *x = row->interaction;
    Qc__State__RouteDecision *decision =
        qc_row_new(txn, &qc__state__route_decision__descriptor);

    if (decision == NULL || !add_candidates(txn, decision, choice)) {
        return;
    }
    decision->kind = choice->found ? QC__V1__DECISION_KIND__DECISION_KIND_OFFER
                                   : QC__V1__DECISION_KIND__DECISION_KIND_ROUTE;
    decision->chosen = choice->found ? choice->agent + 1 : 0;
    decision->selection = finding->selection;
    decision->cause = finding->cause;
    decision->held_for = x->hold_agent;
    decision->rules = row->rules;
    decision->n_meant = choice->n_meant;
    decision->n_there = choice->n_there;
    decision->n_ready = choice->n_ready;
    decision->n_able = choice->n_able;
    decision->since_ms = x->enqueued_ms - x->age_adjust_ms;
    add(txn, row, decision);
}

void qc_decision_match(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       const struct qc_match_found *found)
{
    Qc__State__RouteDecision *decision =
        qc_row_new(txn, &qc__state__route_decision__descriptor);

    if (decision != NULL) {
        decision->kind = QC__V1__DECISION_KIND__DECISION_KIND_MATCH;
        decision->rule = found->rule;
        decision->visit = found->visit;
        decision->visit_passed_over = found->passed_over;
        decision->end_reason = row->interaction->end_reason;
        decision->rules = row->rules;
    }
    add(txn, row, decision);
}

void qc_decision_leave(struct qc_txn *txn,
                       Qc__State__InteractionRow *row,
                       Qc__V1__EndReason reason)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__State__RouteDecision *decision =
        qc_row_new(txn, &qc__state__route_decision__descriptor);

    if (decision != NULL) {
        decision->kind = QC__V1__DECISION_KIND__DECISION_KIND_LEAVE;
        decision->end_reason = reason;
        decision->since_ms = x->enqueued_ms - x->age_adjust_ms;
    }
    add(txn, row, decision);
}
