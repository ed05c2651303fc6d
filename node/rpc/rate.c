#include "rpc/rate.h"

#include <stdlib.h>

/* Tokens are counted in thousandths, so that a millisecond adds |per_s|. */
enum {
    TOKEN = 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
};

struct bucket {
    int64_t tokens;
    int64_t filled_ms;
};

struct tenant_buckets {
    uint32_t tenant; /* 0: unused. */
    struct bucket buckets[2];
};

/* One slot a tenant, by its number; a newcomer takes the slot of the one that
 * was there, which costs that one nothing but its memory of having been busy.
 */
struct qc_rates {
    struct tenant_buckets tenants[QC_RATE_TENANTS_MAX];
};

struct qc_rates *qc_rates_new(void)
{
    return calloc(1, sizeof(struct qc_rates));
}

void qc_rates_free(struct qc_rates *rates)
{
    free(rates);
}

static void fill(struct bucket *bucket,
                 uint32_t per_s,
                 uint32_t burst,
                 int64_t now_ms)
{
    int64_t full = (int64_t)burst * TOKEN;
    int64_t passed_ms = now_ms - bucket->filled_ms;

    /* So that the product cannot overflow: more than a day fills any bucket. */
    if (passed_ms > DAY_MS) {
        bucket->tokens = full;
    } else if (passed_ms > 0) {
        bucket->tokens += passed_ms * (int64_t)per_s;
    }
    if (bucket->tokens > full) {
        bucket->tokens = full;
    }
    bucket->filled_ms = now_ms;
}

int64_t qc_rates_take(struct qc_rates *rates,
                      uint32_t tenant,
                      bool reads,
                      uint32_t per_s,
                      uint32_t burst,
                      int64_t now_ms)
{
    struct tenant_buckets *own = &rates->tenants[tenant % QC_RATE_TENANTS_MAX];
    struct bucket *bucket = &own->buckets[reads ? 1 : 0];

    if (own->tenant != tenant) {
        *own = (struct tenant_buckets){.tenant = tenant};
        for (unsigned i = 0; i < 2; i++) {
            own->buckets[i].tokens = (int64_t)burst * TOKEN;
            own->buckets[i].filled_ms = now_ms;
        }
    }
    fill(bucket, per_s, burst, now_ms);
    if (bucket->tokens >= TOKEN) {
        bucket->tokens -= TOKEN;
        return 0;
    }
    return per_s == 0 ? 1000 : (TOKEN - bucket->tokens + per_s - 1) / per_s;
}
