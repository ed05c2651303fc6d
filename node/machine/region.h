/*
 * Regions: parts of the earth that a visitor may be in (domain model B.32).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_REGION_H
#define QC_MACHINE_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/place.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/region.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_region_entity;
extern const struct qc_config_kind qc_region_kind;

/* NULL when there is none. */
const Qc__State__RegionRow *qc_region_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA. */
QC_MUST_CHECK int qc_region_put(struct qc_txn *txn,
                                const Qc__V1__Region *region,
                                uint64_t if_rev,
                                enum qc_change *change_out);

/* Whether |place| is in |region|. */
bool qc_region_holds(const Qc__V1__Region *region, struct qc_place place);

/* The key of the smallest region that |place| is in, of equally small ones the
 * lowest; "" when it is in none. In the arena. */
const char *qc_region_of(struct qc_txn *txn, struct qc_place place);

#endif
