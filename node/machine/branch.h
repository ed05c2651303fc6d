/*
 * Branches: places a customer can be sent to (domain model B.32).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_BRANCH_H
#define QC_MACHINE_BRANCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/place.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/branch.pb-c.h"

struct qc_txn;

enum {
    QC_BRANCH_NEAREST_MAX = 20,
};

extern const struct qc_entity qc_branch_entity;
extern const struct qc_config_kind qc_branch_kind;

/* NULL when there is none. */
const Qc__State__BranchRow *qc_branch_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, INVALID_PHONE, REV_MISMATCH, QUOTA. */
QC_MUST_CHECK int qc_branch_put(struct qc_txn *txn,
                                const Qc__V1__Branch *branch,
                                uint64_t if_rev,
                                enum qc_change *change_out);

struct qc_branch_distance {
    const char *key; /* In the arena. */
    uint64_t metres;
};

/* Writes the |max| (at most QC_BRANCH_NEAREST_MAX) branches nearest to |place|
 * to |found|, nearest first, of equally near ones the lowest key first. Returns
 * how many there are. */
size_t qc_branch_nearest(struct qc_txn *txn,
                         struct qc_place place,
                         size_t max,
                         struct qc_branch_distance *found);

#endif
