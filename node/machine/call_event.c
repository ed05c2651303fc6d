#include "machine/call_event.h"

#include <string.h>

#include "machine/context.h"
#include "machine/context_rule.h"
#include "machine/handling.h"
#include "machine/hold.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/orphan.h"
#include "machine/planted.h"
#include "machine/rosters.h"
#include "machine/route.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/subject.h"

#define QUEUED    QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED   QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define CONNECTED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD      QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD

/* Of an event: it is about the agent's telephone. */
#define BY_AGENT "agent"

enum {
    FIELD_ATTACHED = 6, /* Of an EnqueueInteractionRequest. */
};

/* --- events ------------------------------------------------------------------
 */

static int record(struct qc_txn *txn,
                  Qc__State__InteractionRow *row,
                  const Qc__V1__ReportCallEventRequest *request)
{
    const Qc__V1__Interaction *x = row->interaction;
    size_t n = request->segment != 0 ? request->segment : x->n_segments;
    const Qc__State__InteractionRow *was;

    if (n == 0 || n > x->n_segments) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "segment");
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        x->segments[n - 1]->recording_ref = request->recording_ref;
        qc_interaction_put(txn, was, row);
    }
    return txn->fault;
}

static bool is_with_agent(const Qc__V1__Interaction *x)
{
    return x->state == CONNECTED || x->state == HELD;
}

/* Gives whether the event means anything where the interaction is. */
static bool obey(struct qc_txn *txn,
                 Qc__State__InteractionRow *row,
                 const Qc__V1__ReportCallEventRequest *request)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__V1__CallEvent event = request->event;
    bool has_ended = event == QC__V1__CALL_EVENT__CALL_EVENT_CALLER_HUNG_UP ||
                     event == QC__V1__CALL_EVENT__CALL_EVENT_ENDED;
    bool has_failed = event == QC__V1__CALL_EVENT__CALL_EVENT_FAILED;
    bool is_held = event == QC__V1__CALL_EVENT__CALL_EVENT_HELD;

    if (has_failed && is_with_agent(x)) {
        qc_handling_bridge_failed(txn, row);
        return true;
    }
    if (has_failed && strcmp(request->by, BY_AGENT) == 0) {
        return false; /* The customer's telephone is another one. */
    }
    if (has_ended || has_failed) {
        qc_handling_end(txn, row);
        return true;
    }
    if (is_held || event == QC__V1__CALL_EVENT__CALL_EVENT_RETRIEVED) {
        if (is_with_agent(x)) {
            qc_hold_set(txn, row, is_held);
        }
        return is_with_agent(x);
    }
    return true; /* Good to know. */
}

int qc_call_event(struct qc_txn *txn,
                  Qc__State__InteractionRow *row,
                  const Qc__V1__ReportCallEventRequest *request,
                  bool *late_out)
{
    *late_out = false;
    qc_orphan_heard(txn, row);
    if (request->event_seq <= row->event_seq) {
        return 0;
    }
    row->heard_ms = txn->now_ms; /* Kept by whatever changes the row. */
    if (request->event == QC__V1__CALL_EVENT__CALL_EVENT_RECORDED) {
        return record(txn, row, request);
    }
    if (row->interaction->ended_ms != 0) {
        *late_out = true;
        return 0;
    }
    row->event_seq = request->event_seq;
    *late_out = !obey(txn, row, request);
    return txn->fault;
}

/* --- what is to wait ------------------------------------------------------ */

static void know(struct qc_txn *txn,
                 const Qc__V1__EnqueueInteractionRequest *request,
                 struct qc_contact *contact)
{
    const Qc__V1__Place *place = request->place;

    *contact = (struct qc_contact){.language = request->language,
                                   .origin = request->origin,
                                   .region = ""};
    qc_context_read(&contact->context, &request->base, FIELD_ATTACHED);
    if (place != NULL) {
        qc_contact_place(txn, contact,
                         (struct qc_place){place->lat_e7, place->lon_e7});
    }
}

static Qc__State__InteractionRow *make(
    struct qc_txn *txn,
    const Qc__V1__EnqueueInteractionRequest *request,
    const struct qc_contact *contact)
{
    Qc__State__InteractionRow *row =
        qc_row_new(txn, &qc__state__interaction_row__descriptor);
    Qc__V1__Interaction *x = qc_row_new(txn, &qc__v1__interaction__descriptor);

    if (row == NULL || x == NULL) {
        return NULL;
    }
    x->interaction_id = qc_id_text(txn, QC_INTERACTION_PREFIX, qc_id_draw(txn));
    x->connector = request->connector;
    x->ext_ref = request->ext_ref;
    x->ani = request->ani;
    x->media = request->media;
    x->customer = request->customer;
    x->language = request->language;
    x->priority_delta = request->priority_delta;
    x->age_adjust_ms = request->age_adjust_ms;
    x->created_ms = txn->now_ms;
    x->geo_region = contact->region;
    qc_context_write(txn, &contact->context, &x->base,
                     QC_CONTEXT_OF_INTERACTION);
    row->interaction = x;
    return txn->fault == 0 ? row : NULL;
}

/* Whether there is room for one that waits by steps of its own. */
static int admit_steps(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_waiting waiting;

    if (roster == NULL) {
        return txn->fault;
    }
    qc_interaction_waiting(row, &waiting);
    return qc_roster_has_room(roster, &waiting)
               ? 0
               : qc_refuse(txn, QC_REFUSED_QUOTA, "steps");
}

static int enqueue(struct qc_txn *txn,
                   const Qc__V1__EnqueueInteractionRequest *request,
                   Qc__State__InteractionRow **row_out)
{
    struct qc_newcomer newcomer = {.queue = request->queue,
                                   .media = request->media};
    const Qc__State__SubjectRow *subject =
        qc_subject_get(txn, request->subject);
    Qc__State__InteractionRow *row;
    Qc__State__RulesHeld *rules;
    struct qc_contact contact;
    Qc__State__Route *route;
    int r;

    if (subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    know(txn, request, &contact);
    subject = qc_context_rules_look(txn, subject, &contact, &rules);
    if (subject == NULL) {
        return txn->fault;
    }
    r = qc_route_own(txn, subject->route, request->steps, request->n_steps,
                     &route);
    if (r == 0) {
        newcomer.subject = subject;
        newcomer.route = qc_context_rules_route(
            txn, rules, route != NULL ? route : subject->route);
        r = qc_routing_admit(txn, &newcomer);
    }
    if (r != 0) {
        return r;
    }
    row = make(txn, request, &contact);
    if (row == NULL) {
        return txn->fault;
    }
    qc_context_rules_bind(row, rules, subject);
    qc_routing_enqueue(txn, row, subject, request->queue, route);
    r = route != NULL ? admit_steps(txn, row) : 0;
    if (r != 0) {
        return r;
    }
    qc_routing_put(txn, NULL, row);
    *row_out = row;
    return txn->fault;
}

int qc_call_enqueue(struct qc_txn *txn,
                    const Qc__V1__EnqueueInteractionRequest *request,
                    Qc__State__InteractionRow **row_out)
{
    *row_out =
        qc_interaction_of_call(txn, request->connector, request->ext_ref);
    return *row_out == NULL || QC_PLANTED_BUG(33)
               ? enqueue(txn, request, row_out)
               : txn->fault;
}

int qc_call_reroute(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    const Qc__V1__SetRoutingRequest *request)
{
    Qc__V1__Interaction *x = row->interaction;
    const Qc__State__InteractionRow *was;
    Qc__State__Route *route;
    int r;

    if (x->state != QUEUED && x->state != OFFERED) {
        return QC_REFUSED_BAD_STATE;
    }
    if (request->steps_are_all && request->n_steps == 0) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "steps_are_all");
    }
    r = qc_route_own(txn, row->route, request->steps, request->n_steps, &route);
    if (r != 0) {
        return r;
    }
    was = qc_interaction_copy(txn, row);
    if (was == NULL) {
        return txn->fault;
    }
    if (route != NULL) {
        row->route = route;
        qc_interaction_unhold(row);
        qc_routing_begin_steps(txn, row);
        if (request->steps_are_all) {
            qc_context_rules_lift(txn, row);
        }
        qc_context_rules_narrow(txn, row);
        r = admit_steps(txn, row);
    }
    if (r != 0) {
        return r;
    }
    if (request->priority_case ==
        QC__V1__SET_ROUTING_REQUEST__PRIORITY_PRIORITY_DELTA) {
        x->priority_delta = request->priority_delta;
    }
    if (request->age_case == QC__V1__SET_ROUTING_REQUEST__AGE_AGE_ADJUST_MS) {
        x->age_adjust_ms = request->age_adjust_ms;
    }
    qc_routing_rank(txn, row);
    qc_routing_put(txn, was, row);
    return txn->fault;
}
