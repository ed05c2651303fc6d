/*
 * Number pools: the telephone numbers, or codes, that visitors are given
 * (domain model B.4).
 *
 * All functions are about the tenant of the transaction. How a pool matches
 * calls is fixed once it has numbers: so a number's row can repeat it.
 */
#ifndef QC_MACHINE_POOL_H
#define QC_MACHINE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/pool.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_pool_entity;
extern const struct qc_config_kind qc_pool_kind;

/* NULL when there is none. In the row every default is filled in: the mode and
 * both policies are set, a duration of 0 is 0, and there are no gauges. */
const Qc__State__PoolRow *qc_pool_get(struct qc_txn *txn, const char *key);

/* The pool from which visits of |subject| are served in |mode|: of its enabled
 * pools of that mode the one with the lowest key; UNSPECIFIED: the first of
 * DNIS, DNIS_ANI, ACCESS_CODE that has one (D.15). NULL when there is none. */
const Qc__State__PoolRow *qc_pool_of_subject(struct qc_txn *txn,
                                             const char *subject,
                                             Qc__V1__MatchMode mode);

/* The pool as it is shown, with its gauges; in the arena. NULL for NULL. */
Qc__V1__Pool *qc_pool_show(struct qc_txn *txn, const Qc__State__PoolRow *row);

/* Creates or replaces. Refuses: INVALID, INVALID_PHONE, REV_MISMATCH, QUOTA,
 * SUBJECT_UNKNOWN; IN_USE for another mode of a pool that has numbers;
 * FEATURE_OFF for codes. */
QC_MUST_CHECK int qc_pool_put(struct qc_txn *txn,
                              const Qc__V1__Pool *pool,
                              uint64_t if_rev,
                              enum qc_change *change_out);

#endif
