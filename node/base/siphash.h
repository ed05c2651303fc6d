/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits.
 *
 * In counter mode it is where randomness inside the machine comes from: keyed
 * by the entropy of an entry, it gives every node the same numbers, and nobody
 * without the key the next one.
 */
#ifndef QC_BASE_SIPHASH_H
#define QC_BASE_SIPHASH_H

#include <stdint.h>

#include "base/bytes.h"

enum {
    QC_SIPHASH_KEY_SIZE = 16,
};

uint64_t qc_siphash(const uint8_t key[QC_SIPHASH_KEY_SIZE],
                    struct qc_bytes input);

#endif
