/*
 * W1: visits that are given a number and give it back (performance.md 4).
 *
 * A closed loop: so many visits are under way at any time, each with a phone of
 * its own, over all nodes in turn. What is answered together is asked together
 * again, and becomes one entry of the log; with a pace each call comes by
 * itself, and most of them become an entry of their own.
 */
#ifndef QC_BENCH_ALLOCATE_H
#define QC_BENCH_ALLOCATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster-tests/bench/holdings.h"

struct qc_allocate_plan {
    const char *endpoints;
    const char *tenant;
    const char *subject;
    uint32_t visits;
    uint32_t in_flight;
    uint32_t pace_us; /* Between two calls; 0: they are not kept waiting. */
};

struct qc_allocate_record {
    uint32_t n_ok; /* Visits whose both calls were acknowledged. */
    uint64_t elapsed_ns;
    uint32_t *allocate_us; /* Latencies, of |n_ok| visits. */
    uint32_t *release_us;
    struct qc_holding *holdings; /* Of every number that was given. */
    uint32_t n_holdings;
    char failure[160]; /* Of the first call that failed; "" for none. */
};

/* Runs it. False when memory is short, or the endpoints are no addresses.
 * |record_out| is given in every case; qc_allocate_record_done(). */
QC_MUST_CHECK bool qc_allocate_run(const struct qc_allocate_plan *plan,
                                   struct qc_allocate_record *record_out);
void qc_allocate_record_done(struct qc_allocate_record *record);

#endif
