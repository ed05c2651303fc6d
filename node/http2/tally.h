/*
 * A number that one thread changes and every thread may read. It costs what a
 * plain one does.
 */
#ifndef QC_HTTP2_TALLY_H
#define QC_HTTP2_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

/* All zero is none. */
struct qc_tally {
    _Atomic uint64_t n;
};

static inline uint64_t qc_tally_get(const struct qc_tally *tally)
{
    return atomic_load_explicit(&tally->n, memory_order_relaxed);
}

/* By |by| more, or less: numbers go round. */
static inline void qc_tally_add(struct qc_tally *tally, uint64_t by)
{
    atomic_store_explicit(&tally->n, qc_tally_get(tally) + by,
                          memory_order_relaxed);
}

#endif
