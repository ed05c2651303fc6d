/*
 * How much somebody may send through this node: token buckets, for tenants,
 * principals and addresses (domain model 0.5 rule 3).
 *
 * Memory is bounded. Whoever comes when there is no room takes the bucket that
 * is full, or will be first; its owner begins with a full one if it comes
 * again.
 */
#ifndef QC_RPC_RATE_H
#define QC_RPC_RATE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/siphash.h"

enum {
    QC_RATE_BUCKETS = 16384,
};

/* Whose bucket it is. */
enum qc_rate_of {
    QC_RATE_TENANT_WRITES,
    QC_RATE_TENANT_READS,
    QC_RATE_PRINCIPAL,
    QC_RATE_ADDRESS,
    QC_RATE_DOUBTS, /* Of an address: callers who are not known here. */
};

struct qc_rate {
    uint32_t per_s;
    uint32_t burst; /* What may be saved up. */
};

struct qc_rates; /* All buckets. */

/* |secret| keeps others from choosing who shares a place with whom. NULL when
 * memory is short. */
struct qc_rates *qc_rates_new(const uint8_t secret[QC_SIPHASH_KEY_SIZE]);
void qc_rates_free(struct qc_rates *rates);

/* Takes one token of the bucket |of| |whose|: at most 128 bytes of the name
 * count. 0 when there was one, else the milliseconds until there is. */
int64_t qc_rates_take(struct qc_rates *rates,
                      enum qc_rate_of of,
                      struct qc_bytes whose,
                      struct qc_rate rate,
                      int64_t now_ms);

#endif
