/*
 * How a visit gets a number (domain model C.2, D.15).
 *
 * The page leads to a subject, the subject to a pool, the pool to a number, or
 * to a code on one. A visit that proves itself gets what it holds already. One
 * that may not hold more, or finds nothing free, gets a number that all share,
 * or a code, or a refusal, as the pool says.
 */
#ifndef QC_MACHINE_ALLOCATE_H
#define QC_MACHINE_ALLOCATE_H

#include <stdbool.h>

#include "base/error.h"
#include "quorumcall/state/v1/allocation.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

/* What the visit gets. In the arena. */
struct qc_grant {
    const char *subject;
    const char *number;
    Qc__State__AllocationRow *allocation; /* NULL: |number| is a shared one. */
    ProtobufCBinaryData visit_token;      /* With an allocation. */
    bool reused;                          /* The visit had it already. */
    Qc__V1__WaitEstimate *wait;           /* NULL: nobody can tell. */
};

/* Refuses: SUBJECT_UNKNOWN, POOL_UNKNOWN, FEATURE_OFF, NOT_FOUND (the claim),
 * BAD_STATE (a disabled subject; a claim that is over), BAD_CONTEXT,
 * PHONE_LIMIT, IP_LIMIT, POOL_EMPTY, CODE_SPACE; and what shuts the gate:
 * EWT_ABOVE_THRESHOLD, NO_AGENTS, OUT_OF_HOURS, QUEUE_FULL. */
QC_MUST_CHECK int qc_allocate(struct qc_txn *txn,
                              const Qc__V1__AllocateNumberRequest *request,
                              struct qc_grant *grant_out);

#endif
