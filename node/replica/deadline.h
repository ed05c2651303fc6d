/* Deadlines, the earliest first. */
#ifndef QC_REPLICA_DEADLINE_H
#define QC_REPLICA_DEADLINE_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

/* A member, the first one, of whatever has a deadline. */
struct qc_deadline {
    RB_ENTRY(qc_deadline) node;
    int64_t at_ms;
    uint64_t number; /* Of those at the same time, the first to be added. */
};

/* Zeroed, it holds none. */
struct qc_deadlines {
    RB_HEAD(qc_deadline_tree, qc_deadline) tree;
    uint64_t n_added;
};

void qc_deadline_add(struct qc_deadlines *deadlines,
                     struct qc_deadline *deadline,
                     int64_t at_ms);
void qc_deadline_remove(struct qc_deadlines *deadlines,
                        struct qc_deadline *deadline);

/* INT64_MAX when there is none. */
int64_t qc_deadlines_next_ms(const struct qc_deadlines *deadlines);

/* The earliest, if it is not later than |now_ms|; NULL else. */
struct qc_deadline *qc_deadlines_due(const struct qc_deadlines *deadlines,
                                     int64_t now_ms);

#endif
