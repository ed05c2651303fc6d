/*
 * Subjects: the business reason of a call, chosen from where the customer was
 * (domain model B.3).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_SUBJECT_H
#define QC_MACHINE_SUBJECT_H

#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/subject.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_subject_entity;
extern const struct qc_config_kind qc_subject_kind;

/* NULL when there is none. In the row every default is filled in. */
const Qc__State__SubjectRow *qc_subject_get(struct qc_txn *txn,
                                            const char *key);

/* Creates or replaces. Refuses: INVALID, INVALID_PHONE, SKILL_UNKNOWN,
 * NOT_FOUND, SUBJECT_UNKNOWN, REV_MISMATCH, QUOTA. */
QC_MUST_CHECK int qc_subject_put(struct qc_txn *txn,
                                 const Qc__V1__Subject *subject,
                                 uint64_t if_rev,
                                 enum qc_change *change_out);

/* Writes a subject as every new tenant has it, with the queue "default". There
 * is none of this key yet. */
void qc_subject_seed(struct qc_txn *txn, const char *key);

/* The path of |page_url|, which rules are about. In the arena; "" on a fault.
 */
const char *qc_subject_path(struct qc_txn *txn, const char *page_url);

/* The key of the subject that a page leads to (D.15): that of the rule with the
 * longest literal prefix, then of the lowest subject, among the rules of all
 * enabled subjects that match the path of |page_url|; without one the tenant's
 * default subject, which may not exist. In the arena; "" on a fault. */
const char *qc_subject_of_page(struct qc_txn *txn, const char *page_url);

#endif
