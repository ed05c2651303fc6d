#include "command/glue.h"
#include "machine/interaction.h"
#include "machine/principal.h"
#include "machine/store.h"

/* RoutingService: from messages to transitions. */

int qc_report_call_event_check(const Qc__V1__ReportCallEventRequest *request,
                               struct qc_refusal_detail *detail)
{
    if (request->event == QC__V1__CALL_EVENT__CALL_EVENT_UNSPECIFIED ||
        request->event > QC__V1__CALL_EVENT__CALL_EVENT_FAILED) {
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

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "ext_ref");
    }
    qc_interaction_event(txn, row, request->event_seq, &late);
    response->interaction_id = row->interaction->interaction_id;
    response->state = row->interaction->state;
    response->late = late;
    return 0;
}

int qc_get_interaction_check(const Qc__V1__GetInteractionRequest *request,
                             struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_interaction_run(struct qc_txn *txn,
                           const Qc__V1__GetInteractionRequest *request,
                           Qc__V1__GetInteractionResponse *response)
{
    Qc__State__InteractionRow *row =
        qc_interaction_of_text(txn, request->interaction_id);

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
    }
    if (!qc_principal_sees(txn, row->interaction->queue)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "interaction_id");
    }
    response->interaction = row->interaction;
    return 0;
}
