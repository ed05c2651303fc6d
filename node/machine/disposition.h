/*
 * Sets of dispositions: what became of a contact, as its agent says
 * (domain model B.9).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_DISPOSITION_H
#define QC_MACHINE_DISPOSITION_H

#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/disposition.pb-c.h"

struct qc_txn;

/* The set that each tenant has from its beginning. */
#define QC_DISPOSITION_SET_DEFAULT "default"

extern const struct qc_entity qc_disposition_set_entity;
extern const struct qc_config_kind qc_disposition_set_kind;

/* NULL when there is none. In the row every default is filled in. */
const Qc__State__DispositionSetRow *qc_disposition_set_get(struct qc_txn *txn,
                                                           const char *key);

/* The outcome |code| of the set |key|; NULL when there is no such set, or it
 * has none of that code. */
const Qc__V1__Disposition *qc_disposition_find(struct qc_txn *txn,
                                               const char *key,
                                               const char *code);

/* Creates or replaces. Refuses: INVALID, also for a code that is there twice;
 * REV_MISMATCH, QUOTA. */
QC_MUST_CHECK int qc_disposition_set_put(struct qc_txn *txn,
                                         const Qc__V1__DispositionSet *set,
                                         uint64_t if_rev,
                                         enum qc_change *change_out);

/* Writes the set that every tenant has, "default". It is not there yet. */
void qc_disposition_set_seed(struct qc_txn *txn);

#endif
