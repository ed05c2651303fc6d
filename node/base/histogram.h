/*
 * A histogram of durations: counts of microseconds in buckets that grow with
 * them, four to each doubling, so that a bound is never off by more than a
 * quarter. One thread adds; any may read meanwhile, and sees numbers that were
 * right a moment ago.
 */
#ifndef QC_BASE_HISTOGRAM_H
#define QC_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    QC_HISTOGRAM_STEPS = 4, /* To a doubling. */
    QC_HISTOGRAM_BITS = 36, /* Beyond 19 hours all is one bucket. */
    QC_HISTOGRAM_BUCKETS = (QC_HISTOGRAM_BITS - 1) * QC_HISTOGRAM_STEPS + 1,
};

/* Zeroed, it is empty. */
struct qc_histogram {
    _Atomic uint64_t counts[QC_HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum_us;
};

void qc_histogram_add(struct qc_histogram *histogram, uint64_t us);

/* How many were added, and their sum. */
uint64_t qc_histogram_count(const struct qc_histogram *histogram);
uint64_t qc_histogram_sum_us(const struct qc_histogram *histogram);

/* How many were at most |us|, which is a power of two and at least 4: then it
 * is exact. */
uint64_t qc_histogram_count_to(const struct qc_histogram *histogram,
                               uint64_t us);

#endif
