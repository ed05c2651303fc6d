#include "replica/deadline.h"

#include <stddef.h>

static int compare(const struct qc_deadline *a, const struct qc_deadline *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

RB_PROTOTYPE(qc_deadline_tree, qc_deadline, node, compare)
RB_GENERATE(qc_deadline_tree, qc_deadline, node, compare)

static struct qc_deadline *earliest(const struct qc_deadlines *deadlines)
{
    struct qc_deadline *at = RB_ROOT(&deadlines->tree);

    while (at != NULL && RB_LEFT(at, node) != NULL) {
        at = RB_LEFT(at, node);
    }
    return at;
}

void qc_deadline_add(struct qc_deadlines *deadlines,
                     struct qc_deadline *deadline,
                     int64_t at_ms)
{
    deadline->at_ms = at_ms;
    deadline->number = deadlines->n_added++;
    RB_INSERT(qc_deadline_tree, &deadlines->tree, deadline);
}

void qc_deadline_remove(struct qc_deadlines *deadlines,
                        struct qc_deadline *deadline)
{
    RB_REMOVE(qc_deadline_tree, &deadlines->tree, deadline);
}

int64_t qc_deadlines_next_ms(const struct qc_deadlines *deadlines)
{
    const struct qc_deadline *next = earliest(deadlines);

    return next != NULL ? next->at_ms : INT64_MAX;
}

struct qc_deadline *qc_deadlines_due(const struct qc_deadlines *deadlines,
                                     int64_t now_ms)
{
    struct qc_deadline *next = earliest(deadlines);

    return next != NULL && next->at_ms <= now_ms ? next : NULL;
}
