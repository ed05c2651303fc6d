/*
 * A line: what waits for the same agents, in the order in which it is served
 * (domain model D.2), and which place each has.
 *
 * STRICT: the higher priority first, then who has waited longer. LINEAR: who
 * has waited longer, a point of priority counting as so many milliseconds; all
 * age alike, so that nothing has to be sorted anew while time passes. Of equal
 * ones the lower id.
 *
 * Nothing here knows of transactions: lack of memory is told by NULL or false.
 */
#ifndef QC_MACHINE_LINE_H
#define QC_MACHINE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a tenant orders what waits. */
struct qc_ordering {
    int64_t prio_step_ms; /* LINEAR: the worth of a point; 0: STRICT. */
};

/* What a place in the line depends on. */
struct qc_rank {
    uint32_t priority; /* From 0 to 1000. */
    int64_t since_ms;  /* Since when it waits, or is taken to. */
    uint64_t id;
};

/* Less than 0: |a| is served first; more: |b|; 0: it is the same. */
int qc_rank_order(const struct qc_ordering *ordering,
                  const struct qc_rank *a,
                  const struct qc_rank *b);

struct qc_line;

/* One that waits. Lives until it leaves. */
struct qc_wait;

/* An empty line, in the order of |ordering|, which is borrowed, and changes
 * only by qc_line_sort(). NULL when memory is short. */
struct qc_line *qc_line_new(const struct qc_ordering *ordering);
void qc_line_free(struct qc_line *line);

size_t qc_line_length(const struct qc_line *line);

/* Joins. |guarded|: not everybody who could take it may be asked. False when
 * memory is short. */
bool qc_line_join(struct qc_line *line,
                  const struct qc_rank *rank,
                  bool guarded);

/* Leaves; false: it was not there. */
bool qc_line_leave(struct qc_line *line, const struct qc_rank *rank);

/* The first, and the next; NULL at the end. */
const struct qc_wait *qc_line_first(const struct qc_line *line);
const struct qc_wait *qc_line_next(const struct qc_line *line,
                                   const struct qc_wait *wait);

const struct qc_rank *qc_wait_rank(const struct qc_wait *wait);
bool qc_wait_is_guarded(const struct qc_wait *wait);

/* How many are served before one of |rank|, which need not be in the line.
 * Takes time as the logarithm of its length. */
size_t qc_line_before(const struct qc_line *line, const struct qc_rank *rank);

/* The ordering has changed. */
void qc_line_sort(struct qc_line *line);

#endif
