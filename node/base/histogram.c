#include "base/histogram.h"

#include <assert.h>

enum {
    STEP_BITS = 2,
};

static_assert(QC_HISTOGRAM_STEPS == 1 << STEP_BITS, "steps are bits");

/* 0 for a value of 0, and one for each step of each doubling above: of 1 to 4
 * microseconds each is a bucket, then 5, 6, 7, 8, then 9 to 10, and so on. So
 * that a bound belongs to what is below it, the value is taken less one. */
static unsigned bucket_of(uint64_t us)
{
    uint64_t below;
    unsigned bit;
    unsigned bucket;

    if (us == 0) {
        return 0;
    }
    below = us - 1;
    if (below < QC_HISTOGRAM_STEPS) {
        return (unsigned)below + 1;
    }
    bit = 63 - (unsigned)__builtin_clzll(below);
    bucket = (bit - STEP_BITS + 1) * QC_HISTOGRAM_STEPS +
             (unsigned)((below >> (bit - STEP_BITS)) % QC_HISTOGRAM_STEPS) + 1;
    return bucket < QC_HISTOGRAM_BUCKETS ? bucket : QC_HISTOGRAM_BUCKETS - 1;
}

/* A load and a store, and no locked instruction: one thread alone adds. */
static void grow(_Atomic uint64_t *number, uint64_t by)
{
    atomic_store_explicit(
        number, atomic_load_explicit(number, memory_order_relaxed) + by,
        memory_order_relaxed);
}

void qc_histogram_add(struct qc_histogram *histogram, uint64_t us)
{
    grow(&histogram->counts[bucket_of(us)], 1);
    grow(&histogram->sum_us, us);
}

static uint64_t sum_to(const struct qc_histogram *histogram, unsigned last)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i <= last; i++) {
        sum +=
            atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
    }
    return sum;
}

uint64_t qc_histogram_count(const struct qc_histogram *histogram)
{
    return sum_to(histogram, QC_HISTOGRAM_BUCKETS - 1);
}

uint64_t qc_histogram_sum_us(const struct qc_histogram *histogram)
{
    return atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
}

uint64_t qc_histogram_count_to(const struct qc_histogram *histogram,
                               uint64_t us)
{
    assert(us >= QC_HISTOGRAM_STEPS && (us & (us - 1)) == 0);

    return sum_to(histogram, bucket_of(us));
}
