/*
 * The last state hashes, by log index: so that two nodes, one of which is
 * ahead, can still be compared.
 */
#ifndef QC_COMMAND_HASHES_H
#define QC_COMMAND_HASHES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/fold.h"

enum {
    QC_HASHES_MAX = 1024,
};

/* Zeroed, it holds nothing. */
struct qc_hashes {
    struct {
        uint64_t log_index;
        uint8_t hash[QC_HASH_SIZE];
    } slots[QC_HASHES_MAX];
    uint64_t n; /* Ever added; the newest stands at (n - 1) % QC_HASHES_MAX. */
};

/* Indexes come in ascending order. */
void qc_hashes_add(struct qc_hashes *hashes,
                   uint64_t log_index,
                   const uint8_t hash[QC_HASH_SIZE]);

/* The hash that held at |log_index|: that of the newest entry at or below it.
 * False when that is not remembered any more. */
bool qc_hashes_at(const struct qc_hashes *hashes,
                  uint64_t log_index,
                  uint8_t hash_out[QC_HASH_SIZE]);

#endif
