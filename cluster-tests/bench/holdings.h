/*
 * Who held which number from when to when, as the clients saw it: from the
 * acknowledgement of the allocation to the sending of the release. Whatever the
 * clocks of nodes say, two such times of one number must not overlap.
 */
#ifndef QC_BENCH_HOLDINGS_H
#define QC_BENCH_HOLDINGS_H

#include <stddef.h>
#include <stdint.h>

struct qc_holding {
    uint64_t number; /* The digits of its E.164. */
    uint64_t from_ns;
    uint64_t to_ns;
};

/* How often a number was held by two at once. Sorts |holdings|. */
size_t qc_holdings_overlaps(struct qc_holding *holdings, size_t n);

#endif
