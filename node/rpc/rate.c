#include "rpc/rate.h"

#include <stdlib.h>
#include <string.h>

/* Tokens are counted in thousandths, so that a millisecond adds |per_s|. */
enum {
    TOKEN = 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
    NAME_SIZE_MAX = 128,
    PLACES = 4, /* Of which a bucket may take any. */
};

struct bucket {
    uint64_t tag; /* Of its owner; 0: nobody's. */
    int64_t tokens;
    int64_t filled_ms;
    int64_t full_ms; /* When it is full again, if nobody takes any. */
};

struct qc_rates {
    uint8_t secret[QC_SIPHASH_KEY_SIZE];
    struct bucket sets[QC_RATE_BUCKETS / PLACES][PLACES];
};

struct qc_rates *qc_rates_new(const uint8_t secret[QC_SIPHASH_KEY_SIZE])
{
    struct qc_rates *rates = calloc(1, sizeof(*rates));

    if (rates != NULL) {
        memcpy(rates->secret, secret, sizeof(rates->secret));
    }
    return rates;
}

void qc_rates_free(struct qc_rates *rates)
{
    free(rates);
}

static void fill(struct bucket *bucket, struct qc_rate rate, int64_t now_ms)
{
    int64_t full = (int64_t)rate.burst * TOKEN;
    int64_t passed_ms = now_ms - bucket->filled_ms;

    /* So that the product cannot overflow: more than a day fills any bucket. */
    if (passed_ms > DAY_MS) {
        bucket->tokens = full;
    } else if (passed_ms > 0) {
        bucket->tokens += passed_ms * (int64_t)rate.per_s;
    }
    if (bucket->tokens > full) {
        bucket->tokens = full;
    }
    bucket->filled_ms = now_ms;
}

static uint64_t tag_of(const struct qc_rates *rates,
                       enum qc_rate_of of,
                       struct qc_bytes whose)
{
    uint8_t name[1 + NAME_SIZE_MAX] = {(uint8_t)of};
    size_t size = whose.size < NAME_SIZE_MAX ? whose.size : NAME_SIZE_MAX;
    uint64_t tag;

    if (size > 0) {
        memcpy(name + 1, whose.data, size);
    }
    tag = qc_siphash(rates->secret, (struct qc_bytes){name, 1 + size});
    return tag != 0 ? tag : 1;
}

/* The bucket with this tag, made if there is none. The one that is full, or
 * will be first, makes room: whoever is out of tokens does not get new ones by
 * being crowded out, and who has gone keeps no place. */
static struct bucket *bucket_of(struct qc_rates *rates,
                                uint64_t tag,
                                struct qc_rate rate,
                                int64_t now_ms)
{
    struct bucket *set = rates->sets[tag % (QC_RATE_BUCKETS / PLACES)];
    struct bucket *fullest = &set[0];

    for (unsigned i = 0; i < PLACES; i++) {
        if (set[i].tag == tag) {
            return &set[i];
        }
        if (set[i].tag == 0 ||
            (fullest->tag != 0 && set[i].full_ms < fullest->full_ms)) {
            fullest = &set[i];
        }
    }
    *fullest = (struct bucket){
        .tag = tag,
        .tokens = (int64_t)rate.burst * TOKEN,
        .filled_ms = now_ms,
    };
    return fullest;
}

/* How long |rate| needs to add |tokens|, rounded up. */
static int64_t wait_ms(struct qc_rate rate, int64_t tokens)
{
    return rate.per_s == 0 ? DAY_MS : (tokens + rate.per_s - 1) / rate.per_s;
}

int64_t qc_rates_take(struct qc_rates *rates,
                      enum qc_rate_of of,
                      struct qc_bytes whose,
                      struct qc_rate rate,
                      int64_t now_ms)
{
    struct bucket *bucket =
        bucket_of(rates, tag_of(rates, of, whose), rate, now_ms);
    int64_t full = (int64_t)rate.burst * TOKEN;

    fill(bucket, rate, now_ms);
    if (bucket->tokens >= TOKEN) {
        bucket->tokens -= TOKEN;
        bucket->full_ms = now_ms + wait_ms(rate, full - bucket->tokens);
        return 0;
    }
    bucket->full_ms = now_ms + wait_ms(rate, full - bucket->tokens);
    return rate.per_s == 0 ? 1000 : wait_ms(rate, TOKEN - bucket->tokens);
}
