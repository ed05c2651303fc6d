/* Texts made in the arena, for those who may not print. */
#ifndef QC_MACHINE_TEXT_H
#define QC_MACHINE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct qc_txn;

/* |number| in decimal digits; "" on a fault. */
const char *qc_text_decimal(struct qc_txn *txn, int64_t number);

/* |parts| one after the other; "" on a fault. */
const char *qc_text_join(struct qc_txn *txn,
                         const char *const *parts,
                         size_t n_parts);

#endif
