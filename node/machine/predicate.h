/*
 * Predicates: conditions as data (domain model D.12).
 *
 * A predicate is a flat list of nodes in postfix order, as the schema knows no
 * messages within themselves. A condition says yes or no; AND, OR and NOT take
 * what stands before them and leave one answer. So a predicate is evaluated in
 * one pass with a short stack, and costs no more than its length.
 *
 * Whoever has predicates says what may be asked about: here is no field of any
 * of them. Nothing here reads a row.
 */
#ifndef QC_MACHINE_PREDICATE_H
#define QC_MACHINE_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "machine/place.h"
#include "quorumcall/v1/predicate.pb-c.h"

enum {
    QC_PREDICATE_NODES_MAX = 64,
    QC_PREDICATE_DEPTH_MAX = 8, /* Answers that are open at once. */
    QC_PREDICATE_VALUES_MAX = 16,
};

/* What a field may be compared with. */
enum qc_predicate_type {
    QC_PREDICATE_UNKNOWN, /* There is no such field. */
    QC_PREDICATE_TEXT,
    QC_PREDICATE_ANY, /* With texts; or with numbers, if it is one. */
};

/* What is wrong, and where. */
struct qc_predicate_fault {
    size_t node;       /* Which; as many as there are: the whole. */
    const char *field; /* Of the node; NULL: the node itself. Static. */
    const char *text;  /* Static. */
};

/* Whether the predicate means something: what it is of is known to |type_of|,
 * each node has what it needs and nothing else, and one answer comes out. If
 * not, |fault_out| has the first fault. Whether regions exist is not looked at.
 */
bool qc_predicate_check(Qc__V1__PredicateNode *const *nodes,
                        size_t n,
                        enum qc_predicate_type (*type_of)(const char *field),
                        struct qc_predicate_fault *fault_out);

/* What a predicate is evaluated over. */
struct qc_predicate_facts {
    /* What |field| is; NULL or "": it is not there. */
    const char *(*text)(void *ctx, const char *field);
    /* Whether |place| is in |region|, which may be unknown: it is not then. */
    bool (*is_in)(void *ctx, const char *region, struct qc_place place);
    void *ctx;
    const struct qc_place *place; /* NULL: not known. */
};

/* Whether it holds. One that is not sound does not; it is bounded all the same.
 */
bool qc_predicate_holds(Qc__V1__PredicateNode *const *nodes,
                        size_t n,
                        const struct qc_predicate_facts *facts);

#endif
