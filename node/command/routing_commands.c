#include <string.h>

#include "command/glue.h"
#include "machine/call_event.h"
#include "machine/decision.h"
#include "machine/gate.h"
#include "machine/handling.h"
#include "machine/interaction.h"
#include "machine/interaction_page.h"
#include "machine/principal.h"
#include "machine/routing.h"
#include "machine/store.h"

/* RoutingService: from messages to transitions. */

int qc_report_call_event_check(const Qc__V1__ReportCallEventRequest *request,
                               struct qc_refusal_detail *detail)
{
    if (request->event == QC__V1__CALL_EVENT__CALL_EVENT_UNSPECIFIED ||
        request->event > QC__V1__CALL_EVENT__CALL_EVENT_RECORDED) {
        detail->field = "event";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_report_call_event_run(struct qc_txn *txn,
                             const Qc__V1__ReportCallEventRequest *request,
                             Qc__V1__ReportCallEventResponse *response)
{
    Qc__State__InteractionRow *row =
        qc_interaction_of_call(txn, request->connector, request->ext_ref);
    bool late;
    int r;

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "ext_ref");
    }
    r = qc_call_event(txn, row, request, &late);
    response->interaction_id = row->interaction->interaction_id;
    response->state = row->interaction->state;
    response->late = late;
    return r;
}

int qc_enqueue_interaction_check(
    const Qc__V1__EnqueueInteractionRequest *request,
    struct qc_refusal_detail *detail)
{
    if (request->media > QC__V1__MEDIA__MEDIA_WORKITEM) {
        detail->field = "media";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_enqueue_interaction_run(struct qc_txn *txn,
                               const Qc__V1__EnqueueInteractionRequest *request,
                               Qc__V1__EnqueueInteractionResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = qc_call_enqueue(txn, request, &row);

    if (r == 0) {
        response->interaction_id = row->interaction->interaction_id;
        response->state = row->interaction->state;
        response->agent = row->interaction->agent;
        response->offer_id = row->interaction->offer_id;
        response->offer_deadline_ms = row->interaction->offer_deadline_ms;
        response->wait = qc_gate_wait_of(txn, row);
        response->decision_id = qc_decision_id(
            txn, row->interaction->interaction_id, row->last_decision);
    }
    return r;
}

/* --- what is done to one -------------------------------------------------- */

/* The one that the caller may change: an agent only what is his own, others
 * what is of their line of business, too. */
static int find(struct qc_txn *txn,
                const char *interaction_id,
                Qc__State__InteractionRow **row_out)
{
    *row_out = qc_interaction_of_text(txn, interaction_id);
    if (*row_out == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
    }
    if (strcmp(txn->principal, (*row_out)->interaction->agent) == 0) {
        return 0;
    }
    if (txn->roles == QC_ROLE_AGENT) {
        return qc_refuse(txn, QC_REFUSED_ROLE, "interaction_id");
    }
    return qc_principal_sees(txn, (*row_out)->interaction->queue)
               ? 0
               : qc_refuse(txn, QC_REFUSED_LOB, "interaction_id");
}

QC_NOTHING_TO_CHECK(CancelInteraction, cancel_interaction)
QC_NOTHING_TO_CHECK(TransferInteraction, transfer_interaction)
QC_NOTHING_TO_CHECK(TransferExternal, transfer_external)
QC_NOTHING_TO_CHECK(SetRouting, set_routing)

int qc_cancel_interaction_run(struct qc_txn *txn,
                              const Qc__V1__CancelInteractionRequest *request,
                              Qc__V1__CancelInteractionResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = find(txn, request->interaction_id, &row);

    r = r == 0 ? qc_handling_cancel(txn, row) : r;
    response->interaction = r == 0 ? row->interaction : NULL;
    return r;
}

int qc_transfer_interaction_run(
    struct qc_txn *txn,
    const Qc__V1__TransferInteractionRequest *request,
    Qc__V1__TransferInteractionResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = find(txn, request->interaction_id, &row);

    r = r == 0
            ? qc_handling_transfer(txn, row, request->subject, request->queue)
            : r;
    response->interaction = r == 0 ? row->interaction : NULL;
    return r;
}

int qc_transfer_external_run(struct qc_txn *txn,
                             const Qc__V1__TransferExternalRequest *request,
                             Qc__V1__TransferExternalResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = find(txn, request->interaction_id, &row);

    r = r == 0 ? qc_handling_transfer_out(txn, row, request->number) : r;
    response->interaction = r == 0 ? row->interaction : NULL;
    return r;
}

int qc_set_routing_run(struct qc_txn *txn,
                       const Qc__V1__SetRoutingRequest *request,
                       Qc__V1__SetRoutingResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = find(txn, request->interaction_id, &row);

    r = r == 0 ? qc_call_reroute(txn, row, request) : r;
    response->interaction = r == 0 ? row->interaction : NULL;
    return r;
}

/* --- looking -------------------------------------------------------------- */

/* The one that the caller may see. */
static int look(struct qc_txn *txn,
                const char *interaction_id,
                Qc__State__InteractionRow **row_out)
{
    *row_out = qc_interaction_of_text(txn, interaction_id);
    if (*row_out == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
    }
    return qc_principal_sees(txn, (*row_out)->interaction->queue)
               ? 0
               : qc_refuse(txn, QC_REFUSED_LOB, "interaction_id");
}

QC_NOTHING_TO_CHECK(GetInteraction, get_interaction)
QC_NOTHING_TO_CHECK(GetPosition, get_position)

int qc_get_interaction_run(struct qc_txn *txn,
                           const Qc__V1__GetInteractionRequest *request,
                           Qc__V1__GetInteractionResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = look(txn, request->interaction_id, &row);

    if (r == 0) {
        response->interaction = row->interaction;
    }
    return r;
}

int qc_list_interactions_check(const Qc__V1__ListInteractionsRequest *request,
                               struct qc_refusal_detail *detail)
{
    if (request->state > QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED) {
        detail->field = "state";
        return QC_REFUSED_INVALID;
    }
    if (request->media > QC__V1__MEDIA__MEDIA_WORKITEM) {
        detail->field = "media";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_list_interactions_run(struct qc_txn *txn,
                             const Qc__V1__ListInteractionsRequest *request,
                             Qc__V1__ListInteractionsResponse *response)
{
    struct qc_page page;
    int r;

    /* An agent sees what is his own. */
    if (txn->roles == QC_ROLE_AGENT &&
        strcmp(txn->principal, request->agent) != 0) {
        return qc_refuse(txn, QC_REFUSED_ROLE, "agent");
    }
    r = qc_interaction_page(txn, request, &page);
    if (r != 0) {
        return r;
    }
    response->items =
        qc_alloc(txn, (page.n_rows + 1) * sizeof(Qc__V1__Interaction *));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__InteractionRow *row = page.rows[i];

        response->items[response->n_items++] = row->interaction;
    }
    response->next_token = page.next_token;
    return txn->fault;
}

int qc_get_position_run(struct qc_txn *txn,
                        const Qc__V1__GetPositionRequest *request,
                        Qc__V1__GetPositionResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = look(txn, request->interaction_id, &row);

    if (r != 0) {
        return r;
    }
    response->interaction_id = row->interaction->interaction_id;
    response->state = row->interaction->state;
    response->queue = row->interaction->queue;
    response->position = qc_routing_position(txn, row);
    response->wait = qc_gate_wait_of(txn, row);
    return txn->fault;
}
