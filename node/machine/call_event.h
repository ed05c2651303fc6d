/*
 * Events of the telephone network, or of another connector, about an
 * interaction: in whatever order, and however often, they come (domain model
 * C.1).
 */
#ifndef QC_MACHINE_CALL_EVENT_H
#define QC_MACHINE_CALL_EVENT_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

struct qc_txn;

/* Does what follows from the event, once. |*late_out|: it means nothing any
 * more where the interaction is, and nothing changed. Refuses: INVALID, when a
 * recording is of a segment that there is not. */
QC_MUST_CHECK int qc_call_event(struct qc_txn *txn,
                                Qc__State__InteractionRow *row,
                                const Qc__V1__ReportCallEventRequest *request,
                                bool *late_out);

/* Something that is to wait, and its connector's id of it: the same is the same
 * interaction. Refuses: SKILL_UNKNOWN, INVALID, BAD_CONTEXT, QUOTA, and as
 * qc_routing_admit() does. */
QC_MUST_CHECK int qc_call_enqueue(
    struct qc_txn *txn,
    const Qc__V1__EnqueueInteractionRequest *request,
    Qc__State__InteractionRow **row_out);

/* Changes who may take it, and how soon. Refuses: BAD_STATE, SKILL_UNKNOWN,
 * INVALID. */
QC_MUST_CHECK int qc_call_reroute(struct qc_txn *txn,
                                  Qc__State__InteractionRow *row,
                                  const Qc__V1__SetRoutingRequest *request);

#endif
