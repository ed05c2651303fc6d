/*
 * Latencies, counted in buckets that grow with them: 64 to each doubling, so
 * that no percentile is off by more than 1.6 %.
 */
#ifndef QC_LOAD_LATENCY_H
#define QC_LOAD_LATENCY_H

#include <stdint.h>
#include <stdio.h>

enum {
    QC_LATENCY_STEP_BITS = 6, /* 64 to a doubling. */
    QC_LATENCY_BITS = 32,     /* Beyond 71 minutes all is one bucket. */
    QC_LATENCY_BUCKETS = (QC_LATENCY_BITS - QC_LATENCY_STEP_BITS + 1)
                         << QC_LATENCY_STEP_BITS,
};

/* Zeroed, it is empty. */
struct qc_latency {
    uint64_t counts[QC_LATENCY_BUCKETS];
    uint64_t n;
    uint64_t sum_us;
    uint64_t max_us;
};

void qc_latency_add(struct qc_latency *latency, uint64_t us);

/* The greatest value of the bucket in which the |ppm|-th millionth of all is,
 * and never more than the greatest there was; 0 when there is none. */
uint64_t qc_latency_at(const struct qc_latency *latency, uint64_t ppm);

/* Writes it as an object of JSON: percentiles, and all buckets that are not
 * empty as [greatest value, count]. */
void qc_latency_write(const struct qc_latency *latency, FILE *out);

#endif
