/*
 * Routes: the steps of a subject, or of a request, as rows keep them (domain
 * model B.11).
 */
#ifndef QC_MACHINE_ROUTE_H
#define QC_MACHINE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "quorumcall/state/v1/route.pb-c.h"
#include "quorumcall/v1/subject.pb-c.h"

struct qc_txn;

/* The steps of a subject, or of a request, by the indexes of skills and agents.
 * NULL: a fault, or a refusal, which |refusal_out| says: SKILL_UNKNOWN, INVALID
 * for levels that there are not, NOT_FOUND for agents; |field| names the steps
 * in it. */
Qc__State__Route *qc_route_make(struct qc_txn *txn,
                                Qc__V1__TargetStep *const *steps,
                                size_t n_steps,
                                bool replace,
                                const char *field,
                                int *refusal_out);

/* The steps that a request brings in place of |of|, which may be NULL. Refuses:
 * as above, about "steps". NULL in |route_out|: it brings none. */
QC_MUST_CHECK int qc_route_own(struct qc_txn *txn,
                               const Qc__State__Route *of,
                               Qc__V1__TargetStep *const *steps,
                               size_t n_steps,
                               Qc__State__Route **route_out);

/* The one step that means |agent|, whatever they can do. NULL is a fault. */
Qc__State__Route *qc_route_to(struct qc_txn *txn, uint32_t agent);

#endif
