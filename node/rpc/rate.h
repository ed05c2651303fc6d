/*
 * How many requests a tenant may send through this node: one token bucket for
 * what changes something, and one for what reads (domain model 0.5 rule 3).
 */
#ifndef QC_RPC_RATE_H
#define QC_RPC_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    QC_RATE_TENANTS_MAX =
        4096, /* Remembered; others begin with full buckets. */
};

struct qc_rates; /* All tenants' buckets. */

/* NULL when memory is short. */
struct qc_rates *qc_rates_new(void);
void qc_rates_free(struct qc_rates *rates);

/*
 * Takes one token of |tenant|, which gets |per_s| of them a second and may save
 * up to |burst|. 0 when there was one, else the milliseconds until there is.
 */
int64_t qc_rates_take(struct qc_rates *rates,
                      uint32_t tenant,
                      bool reads,
                      uint32_t per_s,
                      uint32_t burst,
                      int64_t now_ms);

#endif
