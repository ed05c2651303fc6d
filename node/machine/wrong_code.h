/*
 * Wrong codes: counted for each access number, in six spans of 10 s, and for
 * each caller on it, for an hour (domain model B.5, C.2 "Codes").
 */
#ifndef QC_MACHINE_WRONG_CODE_H
#define QC_MACHINE_WRONG_CODE_H

#include <stdbool.h>

#include "machine/entity.h"

struct qc_txn;

extern const struct qc_entity qc_wrong_codes_entity;
extern const struct qc_entity qc_wrong_caller_entity;

/* Whether there were more than 30 wrong codes on |number| in the last 60 s:
 * then a code counts only from the phone of its visit. */
bool qc_wrong_code_is_guarded(struct qc_txn *txn, const char *number);

/* Whether |ani| has entered 10 wrong codes on |number| within an hour, and that
 * is less than an hour ago: then none of its codes counts. */
bool qc_wrong_code_is_blocked(struct qc_txn *txn,
                              const char *number,
                              const char *ani);

/* Counts one. |ani| may be "": withheld, and so nobody's. */
void qc_wrong_code_count(struct qc_txn *txn,
                         const char *number,
                         const char *ani);

#endif
