/*
 * Business hours: when a queue is open (domain model B.10).
 *
 * They say it in local time, by the clocks of their time zone; what is looked
 * up in them is a time of the log. All functions are about the tenant of the
 * transaction.
 */
#ifndef QC_MACHINE_HOURS_H
#define QC_MACHINE_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/hours.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_hours_entity;
extern const struct qc_config_kind qc_hours_kind;

/* NULL when there are none. */
const Qc__State__HoursRow *qc_hours_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA, ZONE_UNKNOWN. */
QC_MUST_CHECK int qc_hours_put(struct qc_txn *txn,
                               const Qc__V1__Hours *hours,
                               uint64_t if_rev,
                               enum qc_change *change_out);

/* Whether the hours |key| are open at |at_ms|, and until when that stays so, at
 * most 8 days. Hours that do not exist are a fault: who names some has been
 * refused unless they do, and none are ever removed. */
bool qc_hours_open(struct qc_txn *txn,
                   const char *key,
                   int64_t at_ms,
                   int64_t *until_ms_out);

#endif
