/* What was decided about a contact, and why, for people. */
#ifndef QC_CLI_EXPLANATION_H
#define QC_CLI_EXPLANATION_H

#include "quorumcall/v1/routing_service.pb-c.h"

/* Prints sentences and tables on stdout. */
void qc_explanation_print(const Qc__V1__ExplainDecisionResponse *told);
void qc_explanation_print_simulated(const Qc__V1__SimulateRouteResponse *told);

#endif
