#include "cluster-tests/bench/load/latency.h"

#include <inttypes.h>

enum {
    STEPS = 1 << QC_LATENCY_STEP_BITS,
    MILLION = 1000000,
};

/* Below two times STEPS each value has its own; above, the leading bit and the
 * QC_LATENCY_STEP_BITS after it say which. */
static unsigned bucket_of(uint64_t us)
{
    unsigned shift = 0;

    if (us >> QC_LATENCY_BITS != 0) {
        return QC_LATENCY_BUCKETS - 1;
    }
    while (us >> shift >= UINT64_C(2) * STEPS) {
        shift++;
    }
    return shift * STEPS + (unsigned)(us >> shift);
}

static uint64_t greatest_of(unsigned bucket)
{
    unsigned shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    uint64_t leading = bucket - shift * STEPS;

    return ((leading + 1) << shift) - 1;
}

void qc_latency_add(struct qc_latency *latency, uint64_t us)
{
    latency->counts[bucket_of(us)]++;
    latency->n++;
    latency->sum_us += us;
    latency->max_us = us > latency->max_us ? us : latency->max_us;
}

uint64_t qc_latency_at(const struct qc_latency *latency, uint64_t ppm)
{
    uint64_t wanted = (latency->n * ppm + MILLION - 1) / MILLION;
    uint64_t seen = 0;

    for (unsigned i = 0; i < QC_LATENCY_BUCKETS && wanted > 0; i++) {
        seen += latency->counts[i];
        if (seen >= wanted) {
            uint64_t us = greatest_of(i);

            return us < latency->max_us ? us : latency->max_us;
        }
    }
    return 0;
}

void qc_latency_write(const struct qc_latency *latency, FILE *out)
{
    const char *comma = "";

    fprintf(out,
            "{\"n\": %" PRIu64 ", \"mean_us\": %" PRIu64
            ", \"p50_us\": %" PRIu64 ", \"p90_us\": %" PRIu64
            ", \"p99_us\": %" PRIu64 ", \"p999_us\": %" PRIu64
            ", \"max_us\": %" PRIu64 ", \"buckets\": [",
            latency->n, latency->n > 0 ? latency->sum_us / latency->n : 0,
            qc_latency_at(latency, 500000), qc_latency_at(latency, 900000),
            qc_latency_at(latency, 990000), qc_latency_at(latency, 999000),
            latency->max_us);
    for (unsigned i = 0; i < QC_LATENCY_BUCKETS; i++) {
        if (latency->counts[i] > 0) {
            fprintf(out, "%s[%" PRIu64 ", %" PRIu64 "]", comma, greatest_of(i),
                    latency->counts[i]);
            comma = ", ";
        }
    }
    fprintf(out, "]}");
}
