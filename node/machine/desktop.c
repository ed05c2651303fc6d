#include "machine/desktop.h"

#include <string.h>

#include "machine/agent.h"
#include "machine/allocation.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/presence.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

#define OFFERED QC__V1__WORK_PHASE__WORK_PHASE_OFFERED
#define ACW     QC__V1__WORK_PHASE__WORK_PHASE_ACW

/* --- who is told ---------------------------------------------------------- */

void qc_desktop_changed(const struct qc_txn *txn, const char *agent)
{
    const struct qc_desktop_listener *listener = txn->desktops;

    if (listener != NULL && agent[0] != '\0') {
        listener->changed(listener->ctx, txn->tenant, agent);
    }
}

/* The agent that is kept free for an interaction, or was; |drained| is its
 * index, plus one. */
static void tell_drained(struct qc_txn *txn, uint32_t drained)
{
    const Qc__State__PresenceRow *row =
        drained != 0 ? qc_presence_of_index(txn, drained - 1) : NULL;

    if (row != NULL) {
        qc_desktop_changed(txn, row->presence->agent);
    }
}

/* Who holds a consult sees how far it is. */
static void tell_parent(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const Qc__State__InteractionRow *parent =
        qc_interaction_of_text(txn, x->parent_id);

    if (parent != NULL) {
        qc_desktop_changed(txn, parent->interaction->agent);
    }
}

void qc_desktop_shows(struct qc_txn *txn,
                      const Qc__State__InteractionRow *was,
                      const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    uint32_t drained = was != NULL ? was->drained : 0;

    if (txn->desktops == NULL) {
        return;
    }
    if (drained != row->drained) {
        tell_drained(txn, drained);
        tell_drained(txn, row->drained);
    }
    qc_desktop_changed(txn, x->agent);
    if (qc_interaction_is_consult(row)) {
        tell_parent(txn, x);
    }
    for (size_t i = 0; i < row->n_wrap_ups; i++) {
        uint32_t segment = row->wrap_ups[i]->segment;

        for (size_t k = 0; k < x->n_segments; k++) {
            if (x->segments[k]->n == segment) {
                qc_desktop_changed(txn, x->segments[k]->agent);
            }
        }
    }
}

/* --- what is shown -------------------------------------------------------- */

/* Who the customer is, as far as the visit, or its connector, tells. */
static void show_customer(struct qc_txn *txn,
                          const Qc__V1__Interaction *x,
                          Qc__V1__ScreenPop *pop)
{
    Qc__V1__Customer *customer = qc_row_new(txn, &qc__v1__customer__descriptor);
    const Qc__State__AllocationRow *visit = NULL;
    uint64_t id;

    pop->customer = x->customer;
    if (customer == NULL || x->customer != NULL ||
        !qc_id_parse(QC_ALLOCATION_PREFIX, x->allocation_id, &id)) {
        return;
    }
    pop->customer = customer;
    customer->phone = x->ani;
    visit = x->withheld ? NULL : qc_allocation_get(txn, id);
    if (visit != NULL) {
        customer->customer_id = visit->allocation->customer_id;
        customer->first_name = visit->allocation->first_name;
        customer->last_name = visit->allocation->last_name;
        customer->email = visit->allocation->email;
        customer->phone = visit->allocation->customer_phone;
        pop->mobile = visit->allocation->mobile;
    }
}

/* A consult itself has no caller's number to show. */
static void show_caller(struct qc_txn *txn,
                        const char *ani,
                        Qc__V1__ScreenPop *pop)
{
    pop->customer = qc_row_new(txn, &qc__v1__customer__descriptor);
    if (pop->customer != NULL) {
        pop->customer->phone = ani;
    }
}

static void show_consult(struct qc_txn *txn,
                         const Qc__State__InteractionRow *row,
                         Qc__V1__ScreenPop *pop)
{
    const Qc__State__InteractionRow *consult = qc_interaction_consult(txn, row);

    if (consult != NULL) {
        pop->consult_id = consult->interaction->interaction_id;
        pop->consult_state = consult->interaction->state;
        pop->consult_agent = consult->interaction->agent;
    }
}

Qc__V1__ScreenPop *qc_desktop_screen_pop(struct qc_txn *txn,
                                         const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__V1__ScreenPop *pop = qc_row_new(txn, &qc__v1__screen_pop__descriptor);
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, x->subject);
    const Qc__State__InteractionRow *parent =
        qc_interaction_is_consult(row)
            ? qc_interaction_of_text(txn, x->parent_id)
            : NULL;

    if (pop == NULL) {
        return NULL;
    }
    pop->interaction_id = x->interaction_id;
    pop->held_since_ms = row->held_ms;
    if (subject != NULL) {
        pop->subject_label = subject->subject->label;
    }
    show_customer(txn, parent != NULL ? parent->interaction : x, pop);
    if (parent != NULL && pop->customer == NULL) {
        show_caller(txn, parent->interaction->ani, pop);
    }
    show_consult(txn, row, pop);
    return pop;
}

/* When a piece of work ends by itself. */
static int64_t work_until_ms(const Qc__V1__Work *work,
                             const Qc__State__InteractionRow *row)
{
    if (work->phase == OFFERED) {
        return row->interaction->offer_deadline_ms;
    }
    for (size_t i = 0; work->phase == ACW && i < row->n_wrap_ups; i++) {
        const Qc__State__WrapUp *wrap_up = row->wrap_ups[i];

        if (wrap_up->segment == work->segment && wrap_up->timer != NULL) {
            return wrap_up->timer->due_ms;
        }
    }
    return 0;
}

static void show_work(struct qc_txn *txn,
                      const Qc__V1__Work *work,
                      Qc__V1__GetDesktopResponse *desktop)
{
    const Qc__State__InteractionRow *row =
        qc_interaction_of_text(txn, work->interaction_id);
    Qc__V1__ScreenPop *pop;

    if (row == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    pop = qc_desktop_screen_pop(txn, row);
    if (pop != NULL) {
        pop->until_ms = work_until_ms(work, row);
        desktop->interactions[desktop->n_interactions++] = row->interaction;
        desktop->screen_pops[desktop->n_screen_pops++] = pop;
    }
}

static int64_t due_ms(const Qc__State__Timer *timer)
{
    return timer != NULL ? timer->due_ms : 0;
}

int qc_desktop_show(struct qc_txn *txn,
                    const char *agent,
                    Qc__V1__GetDesktopResponse *desktop)
{
    Qc__State__PresenceRow *row;
    uint64_t drains_for;
    size_t size;

    if (txn->roles == QC_ROLE_AGENT && strcmp(txn->principal, agent) != 0) {
        return qc_refuse(txn, QC_REFUSED_ROLE, "agent");
    }
    row = qc_presence_get(txn, agent);
    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "agent");
    }
    if (!qc_agent_is_seen(txn, agent)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "agent");
    }
    drains_for = qc_routing_drains_for(txn, row->index);
    if (drains_for != 0) {
        row->presence->draining_for =
            qc_id_text(txn, QC_INTERACTION_PREFIX, drains_for);
    }
    size = (row->presence->n_work + 1) * sizeof(void *);
    desktop->presence = row->presence;
    desktop->heartbeat_due_ms = due_ms(row->heartbeat);
    desktop->reason_until_ms = due_ms(row->overrun);
    desktop->interactions = qc_alloc(txn, size);
    desktop->screen_pops = qc_alloc(txn, size);
    for (size_t i = 0; i < row->presence->n_work && txn->fault == 0; i++) {
        show_work(txn, row->presence->work[i], desktop);
    }
    return txn->fault;
}
