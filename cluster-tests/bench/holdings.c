#include "cluster-tests/bench/holdings.h"

#include <stdlib.h>

static int by_number_and_time(const void *left, const void *right)
{
    const struct qc_holding *a = left;
    const struct qc_holding *b = right;

    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns ? 1 : 0;
}

size_t qc_holdings_overlaps(struct qc_holding *holdings, size_t n)
{
    size_t overlaps = 0;
    uint64_t held_until_ns = 0;

    qsort(holdings, n, sizeof(*holdings), by_number_and_time);
    for (size_t i = 0; i < n; i++) {
        const struct qc_holding *holding = &holdings[i];

        if (i == 0 || holding->number != holdings[i - 1].number) {
            held_until_ns = 0;
        }
        overlaps += holding->from_ns < held_until_ns ? 1 : 0;
        if (holding->to_ns > held_until_ns) {
            held_until_ns = holding->to_ns;
        }
    }
    return overlaps;
}
