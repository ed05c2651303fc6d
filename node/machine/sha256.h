/*
 * SHA-256 of bytes in pieces.
 *
 * By libcrypto's context on the stack: that allocates nothing, cannot fail and
 * knows nothing of providers. Its SHA256() looks up the method among these at
 * each call, which takes longer than the hash of a row.
 */
#ifndef QC_MACHINE_SHA256_H
#define QC_MACHINE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    QC_SHA256_SIZE = 32,
};

/* The hash of the |n| |parts|, one behind the other. It may be written to where
 * one of them lies. */
void qc_sha256(const struct qc_bytes parts[],
               size_t n,
               uint8_t hash_out[QC_SHA256_SIZE]);

#endif
