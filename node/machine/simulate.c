#include "machine/simulate.h"

#include "machine/context_rule.h"
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

enum {
    FIELD_ATTACHED = 7, /* Of a SimulateRouteRequest. */
};

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

static void know(struct qc_txn *txn,
                 const Qc__V1__SimulateRouteRequest *request,
                 struct qc_contact *contact)
{
    const Qc__V1__Place *place = request->place;

    *contact = (struct qc_contact){.language = request->language,
                                   .origin = request->origin,
                                   .region = ""};
    qc_context_read(&contact->context, &request->base, FIELD_ATTACHED);
    if (request->page_url[0] != '\0') {
        qc_context_set(&contact->context, QC_CONTEXT_PAGE, request->page_url);
    }
    if (place != NULL) {
        qc_contact_place(txn, contact,
                         (struct qc_place){place->lat_e7, place->lon_e7});
    }
}

/* What has come; it does not wait yet. NULL is a fault. */
static Qc__State__InteractionRow *make(
    struct qc_txn *txn,
    const Qc__V1__SimulateRouteRequest *request)
{
    Qc__State__InteractionRow *row =
        qc_row_new(txn, &qc__state__interaction_row__descriptor);
    Qc__V1__Interaction *x = qc_row_new(txn, &qc__v1__interaction__descriptor);

    if (row == NULL || x == NULL) {
        return NULL;
    }
    row->interaction = x;
    x->interaction_id = qc_id_text(txn, QC_INTERACTION_PREFIX, NEWCOMER);
    x->media = request->media;
    x->customer = request->customer;
    x->priority_delta = request->priority_delta;
    x->age_adjust_ms = request->age_adjust_ms;
    return row;
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
    Qc__State__InteractionRow *row = make(txn, request);
    const Qc__State__SubjectRow *subject;
    Qc__State__RulesHeld *rules;
    struct qc_contact contact;
    Qc__State__Route *route;
    Qc__V1__EndReason bar;
    int r = find_subject(txn, request, &subject);

    if (r != 0) {
        return r;
    }
    know(txn, request, &contact);
    subject = qc_context_rules_look(txn, subject, &contact, &rules);
    if (subject == NULL || row == NULL) {
        return txn->fault;
    }
    qc_context_rules_bind(row, rules, subject);
    response->subject = subject->subject->key;
    response->context_rules = qc_explain_rules(txn, rules);
    response->queue =
        request->queue[0] != '\0' ? request->queue : subject->subject->queue;
    response->asof_ms = txn->now_ms;
    if (!qc_principal_sees(txn, response->queue)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "subject");
    }
    r = qc_route_own(txn, subject->route, request->steps, request->n_steps,
                     &route);
    if (r != 0) {
        return r;
    }
    newcomer.subject = subject;
    newcomer.route = qc_context_rules_route(
        txn, rules, route != NULL ? route : subject->route);
    bar = qc_routing_bar(txn, &newcomer);
    if (bar != QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        turn_away(subject, bar, response);
        return 0;
    }
    qc_routing_enqueue(txn, row, subject, request->queue, route);
    tell(txn, row, response);
    return request->agent[0] != '\0'
               ? qc_explain_agent(txn, row, request->agent, &response->about)
               : txn->fault;
}
