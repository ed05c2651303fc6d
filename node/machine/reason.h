/*
 * Reasons for not being ready (domain model B.8).
 *
 * Those of kind RONA and SYSTEM are set by the machine alone: each tenant has
 * them from its beginning, and people change only how they are called, and when
 * a supervisor is told.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_REASON_H
#define QC_MACHINE_REASON_H

#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/reason.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_reason_entity;
extern const struct qc_config_kind qc_reason_kind;

/* NULL when there is none. */
const Qc__State__ReasonRow *qc_reason_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA; BAD_STATE for
 * what is the machine's. */
QC_MUST_CHECK int qc_reason_put(struct qc_txn *txn,
                                const Qc__V1__Reason *reason,
                                uint64_t if_rev,
                                enum qc_change *change_out);

/* Writes the reasons that every tenant has. There are none yet. */
void qc_reason_seed(struct qc_txn *txn);

#endif
