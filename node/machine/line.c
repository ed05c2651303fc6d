#include "machine/line.h"

#include <stdlib.h>

#include "machine/planted.h"

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

static void count_again(struct qc_wait *wait);

/* Called by tree.h whenever the children of a node have changed. */
#define RB_AUGMENT(wait) count_again(wait)

#include <bsd/sys/tree.h>

struct qc_wait {
    RB_ENTRY(qc_wait) link;
    struct qc_rank rank;
    uint32_t count; /* Of its subtree. */
    bool guarded;
    const struct qc_ordering *ordering; /* Of its line. */
};

RB_HEAD(waits, qc_wait);

struct qc_line {
    struct waits waits;
    struct qc_wait *first; /* Known, because every agent looks at it. */
    const struct qc_ordering *ordering;
};

static int64_t handicapped(const struct qc_ordering *ordering,
                           const struct qc_rank *rank)
{
    return rank->since_ms - rank->priority * ordering->prio_step_ms;
}

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int qc_rank_order(const struct qc_ordering *ordering,
                  const struct qc_rank *a,
                  const struct qc_rank *b)
{
    int order;

    if (ordering->prio_step_ms > 0) {
        order = order_of(handicapped(ordering, a), handicapped(ordering, b));
    } else {
        order = order_of(b->priority, a->priority);
        order = order != 0 ? order : order_of(a->since_ms, b->since_ms);
        if (QC_PLANTED_BUG(34) && a->priority == b->priority) {
            order = -order;
        }
    }
    return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static int wait_compare(const struct qc_wait *a, const struct qc_wait *b)
{
    return qc_rank_order(a->ordering, &a->rank, &b->rank);
}

RB_GENERATE_INTERNAL(waits, qc_wait, link, wait_compare, STATIC_UNUSED)

static uint32_t count_of(const struct qc_wait *wait)
{
    return wait != NULL ? wait->count : 0;
}

static void count_again(struct qc_wait *wait)
{
    wait->count =
        count_of(RB_LEFT(wait, link)) + count_of(RB_RIGHT(wait, link)) + 1;
}

struct qc_line *qc_line_new(const struct qc_ordering *ordering)
{
    struct qc_line *line = calloc(1, sizeof(*line));

    if (line != NULL) {
        line->ordering = ordering;
    }
    return line;
}

/* Gives each wait of the tree to |take|, which may free it. Leaves first, so
 * that nothing has to be balanced on the way. */
static void take_down(struct qc_line *line,
                      void (*take)(struct qc_wait *wait, void *ctx),
                      void *ctx)
{
    struct qc_wait *at = RB_ROOT(&line->waits);

    RB_INIT(&line->waits);
    line->first = NULL;
    while (at != NULL) {
        struct qc_wait *next = RB_LEFT(at, link);

        if (next != NULL) {
            RB_LEFT(at, link) = NULL;
        } else if ((next = RB_RIGHT(at, link)) != NULL) {
            RB_RIGHT(at, link) = NULL;
        } else {
            next = RB_PARENT(at, link);
            take(at, ctx);
        }
        at = next;
    }
}

static void free_wait(struct qc_wait *wait, void *ctx)
{
    (void)ctx;
    free(wait);
}

void qc_line_free(struct qc_line *line)
{
    if (line != NULL) {
        take_down(line, free_wait, NULL);
        free(line);
    }
}

size_t qc_line_length(const struct qc_line *line)
{
    return count_of(RB_ROOT(&line->waits));
}

/* tree.h counts where it turns the tree to balance it; up from there, we do. */
static void count_up(struct qc_wait *wait)
{
    for (; wait != NULL; wait = RB_PARENT(wait, link)) {
        count_again(wait);
    }
}

static void insert(struct qc_line *line, struct qc_wait *wait)
{
    RB_INSERT(waits, &line->waits, wait);
    count_up(wait);
    if (line->first == NULL || wait_compare(wait, line->first) < 0) {
        line->first = wait;
    }
}

/* The lowest one that will have fewer below it. One with two children is
 * replaced by the next. */
static struct qc_wait *lowest_changed(struct qc_wait *wait)
{
    struct qc_wait *next = RB_RIGHT(wait, link);

    if (RB_LEFT(wait, link) == NULL || next == NULL) {
        return RB_PARENT(wait, link);
    }
    while (RB_LEFT(next, link) != NULL) {
        next = RB_LEFT(next, link);
    }
    return RB_PARENT(next, link) != wait ? RB_PARENT(next, link) : next;
}

bool qc_line_join(struct qc_line *line,
                  const struct qc_rank *rank,
                  bool guarded)
{
    struct qc_wait *wait = malloc(sizeof(*wait));

    if (wait == NULL) {
        return false;
    }
    *wait = (struct qc_wait){
        .rank = *rank,
        .guarded = guarded,
        .ordering = line->ordering,
    };
    insert(line, wait);
    return true;
}

bool qc_line_leave(struct qc_line *line, const struct qc_rank *rank)
{
    struct qc_wait probe = {.rank = *rank, .ordering = line->ordering};
    struct qc_wait *wait = RB_FIND(waits, &line->waits, &probe);
    struct qc_wait *changed;

    if (wait == NULL) {
        return false;
    }
    if (wait == line->first) {
        line->first = waits_RB_NEXT(wait);
    }
    changed = lowest_changed(wait);
    RB_REMOVE(waits, &line->waits, wait);
    count_up(changed);
    free(wait);
    return true;
}

const struct qc_wait *qc_line_first(const struct qc_line *line)
{
    return line->first;
}

const struct qc_wait *qc_line_next(const struct qc_line *line,
                                   const struct qc_wait *wait)
{
    (void)line;
    /* tree.h does not say that it changes nothing. */
    return waits_RB_NEXT((struct qc_wait *)(uintptr_t)wait);
}

const struct qc_rank *qc_wait_rank(const struct qc_wait *wait)
{
    return &wait->rank;
}

bool qc_wait_is_guarded(const struct qc_wait *wait)
{
    return wait->guarded;
}

size_t qc_line_before(const struct qc_line *line, const struct qc_rank *rank)
{
    const struct qc_wait *at = RB_ROOT(&line->waits);
    size_t before = 0;

    while (at != NULL) {
        if (qc_rank_order(line->ordering, &at->rank, rank) < 0) {
            before += count_of(RB_LEFT(at, link)) + 1;
            at = RB_RIGHT(at, link);
        } else {
            at = RB_LEFT(at, link);
        }
    }
    return before;
}

static void insert_again(struct qc_wait *wait, void *ctx)
{
    insert(ctx, wait);
}

void qc_line_sort(struct qc_line *line)
{
    struct qc_line sorted = {.ordering = line->ordering};

    take_down(line, insert_again, &sorted);
    line->waits = sorted.waits;
    line->first = sorted.first;
}
