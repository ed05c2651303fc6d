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

/* What a request asks for, by the index of the skill. NULL: a fault, or a
 * refusal, which |refusal_out| says: SKILL_UNKNOWN, INVALID for levels that
 * there are not. */
Qc__State__RouteRequirement *qc_route_requirement(
    struct qc_txn *txn,
    const Qc__V1__Requirement *wanted,
    int *refusal_out);

/* |*list| of |*n|, in the order of skills, becomes a new list that asks for
 * |wanted| as well; of two that are about one skill it takes what both allow.
 * False, and unchanged, if it would be of more than |max| skills, or on a
 * fault.
 */
bool qc_route_add(struct qc_txn *txn,
                  Qc__State__RouteRequirement ***list,
                  size_t *n,
                  size_t max,
                  const Qc__State__RouteRequirement *wanted);

/* |route|, with |n| requirements |added| to each of its steps; of so many
 * skills together as a target may have. NULL is a fault. */
Qc__State__Route *qc_route_narrow(struct qc_txn *txn,
                                  const Qc__State__Route *route,
                                  Qc__State__RouteRequirement *const *added,
                                  size_t n);

/* The one step that means |agent|, whatever they can do. NULL is a fault. */
Qc__State__Route *qc_route_to(struct qc_txn *txn, uint32_t agent);

#endif
