/*
 * Places at a node for those who stay, as watchers do: a tenant has one more as
 * long as it has fewer than are free. So one alone may have half of them, and
 * however many tenants take all that they can, there is a place for the next.
 */
#ifndef QC_RPC_PLACES_H
#define QC_RPC_PLACES_H

#include <bsd/sys/tree.h>
#include <stdint.h>

struct qc_places_taken;

RB_HEAD(qc_places_tree, qc_places_taken);

/* All zero but |max| at first. */
struct qc_places {
    unsigned max;                /* Places, */
    unsigned n;                  /* and those that are taken, */
    struct qc_places_tree taken; /* by tenant. */
};

/* What |tenant| has, one more by now, to give that back. NULL: it has its
 * share, or memory is short. */
struct qc_places_taken *qc_places_take(struct qc_places *places,
                                       uint32_t tenant);

/* Gives back one of them. */
void qc_places_give(struct qc_places *places, struct qc_places_taken *taken);

#endif
