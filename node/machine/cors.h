/*
 * Which web pages may call for a tenant (domain model B.1, cors_origins).
 *
 * They are a row of their own and no part of the tenant's, for it is the
 * tenant's own people who write them, not the operators of the cluster.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_CORS_H
#define QC_MACHINE_CORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/principal.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_cors_entity;

/* As it is shown; empty when nobody has written it. NULL is a fault. */
Qc__V1__CorsOrigins *qc_cors_get(struct qc_txn *txn);

/* Replaces the list. Refuses: INVALID, REV_MISMATCH. */
QC_MUST_CHECK int qc_cors_put(struct qc_txn *txn,
                              const char *const *origins,
                              size_t n,
                              uint64_t if_rev);

#endif
