/*
 * The state hash: a running XXH3-128 over everything that is ever written.
 *
 * Each entry begins with the hash of the one before, its index and its time,
 * then folds operation, key length, key, value length and value of each put
 * and delete, in the order of the program. Two nodes that have equal hashes at
 * an index have done the same.
 */
#ifndef QC_MACHINE_FOLD_H
#define QC_MACHINE_FOLD_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/key.h"

enum {
    QC_HASH_SIZE = 16,
};

struct qc_fold;

/* Zero. NULL when memory is short. */
struct qc_fold *qc_fold_new(void);
void qc_fold_free(struct qc_fold *fold);

void qc_fold_begin(struct qc_fold *fold,
                   const uint8_t before[QC_HASH_SIZE],
                   uint64_t log_index,
                   int64_t now_ms);
void qc_fold_put(struct qc_fold *fold,
                 const struct qc_key *key,
                 struct qc_bytes row);
void qc_fold_del(struct qc_fold *fold, const struct qc_key *key);
void qc_fold_end(struct qc_fold *fold, uint8_t hash_out[QC_HASH_SIZE]);

#endif
