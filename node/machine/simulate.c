#include "machine/simulate.h"

#include "machine/explain.h"
#include "machine/gate.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/principal.h"
#include "machine/queue.h"
#include "machine/route.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

#define QUEUED  QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define CLOSED  QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED

/* The last of all ids: it comes after everything that is there. */
static const uint64_t NEWCOMER = UINT64_MAX;

static int find_subject(struct qc_txn *txn,
                        const Qc__V1__SimulateRouteRequest *request,
                        const Qc__State__SubjectRow **subject_out)
{
    bool by_page = request->subject[0] == '\0';
    const char *key =
        by_page ? qc_subject_of_page(txn, request->page_url) : request->subject;

    *subject_out = qc_subject_get(txn, key);
    if (*subject_out == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN,
                         by_page ? "page_url" : "subject");
    }
    if (request->queue[0] != '\0' &&
        qc_queue_get(txn, request->queue) == NULL) {
        return qc_refuse(txn, QC_REFUSED_QUEUE_UNKNOWN, "queue");
    }
    return 0;
}

/* It would be over at once. */
static void turn_away(const Qc__State__SubjectRow *subject,
                      Qc__V1__EndReason bar,
                      Qc__V1__SimulateRouteResponse *response)
{
    response->state = CLOSED;
    response->end_reason = qc_routing_turn_away(subject, bar);
    if (response->end_reason ==
        QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL) {
        response->overflow_number = subject->subject->overflow_number;
    }
}

/* It waits, as if it had just come. NULL is a fault. */
static Qc__State__InteractionRow *let_wait(
    struct qc_txn *txn,
    const Qc__V1__SimulateRouteRequest *request,
    const struct qc_newcomer *newcomer)
{
    Qc__State__InteractionRow *row =
        qc_row_new(txn, &qc__state__interaction_row__descriptor);
    Qc__V1__Interaction *x = qc_row_new(txn, &qc__v1__interaction__descriptor);

    if (row == NULL || x == NULL) {
        return NULL;
    }
    row->interaction = x;
    x->interaction_id = qc_id_text(txn, QC_INTERACTION_PREFIX, NEWCOMER);
    x->media = newcomer->media;
    x->customer = request->customer;
    x->priority_delta = request->priority_delta;
    x->age_adjust_ms = request->age_adjust_ms;
    qc_routing_enqueue(txn, row, newcomer->subject, newcomer->queue,
                       newcomer->route);
    return txn->fault == 0 ? row : NULL;
}

static void tell(struct qc_txn *txn,
                 const Qc__State__InteractionRow *row,
                 Qc__V1__SimulateRouteResponse *response)
{
    response->priority = row->interaction->priority;
    response->decision = qc_explain_now(txn, row);
    if (response->decision == NULL) {
        return;
    }
    response->agent = response->decision->chosen;
    if (response->agent[0] != '\0') {
        response->state = OFFERED;
        return;
    }
    response->state = QUEUED;
    response->position = qc_routing_position(txn, row);
    response->wait = qc_gate_wait_of(txn, row);
    response->n_steps = qc_explain_steps(txn, row, &response->steps);
}

int qc_simulate(struct qc_txn *txn,
                const Qc__V1__SimulateRouteRequest *request,
                Qc__V1__SimulateRouteResponse *response)
{
    struct qc_newcomer newcomer = {.queue = request->queue,
                                   .media = request->media};
    const Qc__V1__Subject *subject;
    Qc__State__InteractionRow *row;
    Qc__V1__EndReason bar;
    int r = find_subject(txn, request, &newcomer.subject);

    if (r != 0) {
        return r;
    }
    subject = newcomer.subject->subject;
    response->subject = subject->key;
    response->queue =
        request->queue[0] != '\0' ? request->queue : subject->queue;
    response->asof_ms = txn->now_ms;
    if (!qc_principal_sees(txn, response->queue)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "subject");
    }
    r = qc_route_own(txn, newcomer.subject->route, request->steps,
                     request->n_steps, &newcomer.route);
    if (r != 0) {
        return r;
    }
    bar = qc_routing_bar(txn, &newcomer);
    if (bar != QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        turn_away(newcomer.subject, bar, response);
        return 0;
    }
    row = let_wait(txn, request, &newcomer);
    if (row == NULL) {
        return txn->fault;
    }
    tell(txn, row, response);
    return request->agent[0] != '\0'
               ? qc_explain_agent(txn, row, request->agent, &response->about)
               : txn->fault;
}
