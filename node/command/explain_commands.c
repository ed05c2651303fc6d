#include <stdbool.h>

#include "command/glue.h"
#include "machine/explain.h"
#include "machine/simulate.h"

/* RoutingService: why, and what if. */

static bool is_set(const char *text)
{
    return text[0] != '\0';
}

int qc_explain_decision_check(const Qc__V1__ExplainDecisionRequest *request,
                              struct qc_refusal_detail *detail)
{
    if (is_set(request->decision_id) + is_set(request->interaction_id) +
            is_set(request->allocation_id) !=
        1) {
        detail->field = "interaction_id";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_explain_decision_run(struct qc_txn *txn,
                            const Qc__V1__ExplainDecisionRequest *request,
                            Qc__V1__ExplainDecisionResponse *response)
{
    return qc_explain(txn, request, response);
}

int qc_simulate_route_check(const Qc__V1__SimulateRouteRequest *request,
                            struct qc_refusal_detail *detail)
{
    if (is_set(request->subject) == is_set(request->page_url)) {
        detail->field = "subject";
        return QC_REFUSED_INVALID;
    }
    if (request->media > QC__V1__MEDIA__MEDIA_WORKITEM) {
        detail->field = "media";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_simulate_route_run(struct qc_txn *txn,
                          const Qc__V1__SimulateRouteRequest *request,
                          Qc__V1__SimulateRouteResponse *response)
{
    return qc_simulate(txn, request, response);
}
