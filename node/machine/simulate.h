/*
 * Simulation: what would become of something that came now (domain model D.18).
 * What decides is what decides when it comes; nothing is written, no id drawn,
 * no cursor moved.
 */
#ifndef QC_MACHINE_SIMULATE_H
#define QC_MACHINE_SIMULATE_H

#include "base/error.h"
#include "quorumcall/v1/routing_service.pb-c.h"

struct qc_txn;

/* Refuses: SUBJECT_UNKNOWN, QUEUE_UNKNOWN, what qc_route_make() refuses; LOB;
 * NOT_FOUND for the agent. */
QC_MUST_CHECK int qc_simulate(struct qc_txn *txn,
                              const Qc__V1__SimulateRouteRequest *request,
                              Qc__V1__SimulateRouteResponse *response);

#endif
