#include "replica/read.h"

#include <assert.h>
#include <stdlib.h>

enum stage {
    UNASKED,
    ASKED,
    TOLD,
};

struct qc_read {
    struct qc_deadline deadline; /* First, so that a deadline is a read. */
    TAILQ_ENTRY(qc_read) links;
    struct qc_reads *reads;
    enum stage stage;
    uint64_t number;        /* Of its round, from ASKED on. */
    uint64_t index;         /* What it is told, or was. */
    uint64_t origin;        /* The node it came from; 0: this one. */
    uint64_t origin_number; /* What that calls it. */
    void (*done)(void *ctx, bool confirmed);
    void *ctx;
};

void qc_reads_init(struct qc_reads *reads, uint64_t seed)
{
    /* Half of all numbers are left to count on. */
    *reads = (struct qc_reads){.number = seed / 2};
    TAILQ_INIT(&reads->unasked);
    TAILQ_INIT(&reads->asked);
    TAILQ_INIT(&reads->told);
}

static struct qc_read_list *list_of(struct qc_reads *reads, enum stage stage)
{
    switch (stage) {
    case UNASKED:
        return &reads->unasked;
    case ASKED:
        return &reads->asked;
    case TOLD:
        break;
    }
    return &reads->told;
}

static void move(struct qc_read *read, enum stage stage)
{
    TAILQ_REMOVE(list_of(read->reads, read->stage), read, links);
    read->stage = stage;
    TAILQ_INSERT_TAIL(list_of(read->reads, stage), read, links);
}

static void take_out(struct qc_read *read)
{
    TAILQ_REMOVE(list_of(read->reads, read->stage), read, links);
    qc_deadline_remove(&read->reads->deadlines, &read->deadline);
    read->reads->n--;
}

/* Tells and frees a read that was taken out. */
static void finish(struct qc_read *read, bool confirmed)
{
    if (read->done != NULL) {
        read->done(read->ctx, confirmed);
    }
    free(read);
}

void qc_read_forget(struct qc_read *read)
{
    take_out(read);
    free(read);
}

void qc_reads_done(struct qc_reads *reads)
{
    qc_reads_expire(reads, INT64_MAX);
}

static struct qc_read *add(struct qc_reads *reads, int64_t deadline_ms)
{
    struct qc_read *read =
        reads->n < QC_READS_MAX ? calloc(1, sizeof(*read)) : NULL;

    if (read != NULL) {
        read->reads = reads;
        qc_deadline_add(&reads->deadlines, &read->deadline, deadline_ms);
        TAILQ_INSERT_TAIL(&reads->unasked, read, links);
        reads->n++;
    }
    return read;
}

struct qc_read *qc_reads_add(struct qc_reads *reads,
                             int64_t deadline_ms,
                             void (*done)(void *ctx, bool confirmed),
                             void *ctx)
{
    struct qc_read *read = add(reads, deadline_ms);

    if (read != NULL) {
        read->done = done;
        read->ctx = ctx;
    }
    return read;
}

struct qc_read *qc_reads_add_remote(struct qc_reads *reads,
                                    uint64_t origin,
                                    uint64_t number,
                                    int64_t deadline_ms)
{
    struct qc_read *read = add(reads, deadline_ms);

    assert(origin != 0);

    if (read != NULL) {
        read->origin = origin;
        read->origin_number = number;
    }
    return read;
}

/* --- rounds --- */

static bool must_ask_again(const struct qc_reads *reads, int64_t now_ms)
{
    return !TAILQ_EMPTY(&reads->asked) &&
           now_ms - reads->asked_ms >= QC_READ_RETRY_MS;
}

uint64_t qc_reads_ask(struct qc_reads *reads, uint64_t index, int64_t now_ms)
{
    if (TAILQ_EMPTY(&reads->unasked) && !must_ask_again(reads, now_ms)) {
        return 0;
    }
    reads->number++;
    reads->asked_ms = now_ms;
    while (!TAILQ_EMPTY(&reads->unasked)) {
        struct qc_read *read = TAILQ_FIRST(&reads->unasked);

        read->number = reads->number;
        read->index = index;
        move(read, ASKED);
    }
    return reads->number;
}

/* Ends a read of another node, which was taken out. */
static int answer(struct qc_read *read,
                  uint64_t index,
                  qc_read_told_fn told,
                  void *told_ctx)
{
    int r = told(told_ctx, read->origin, read->origin_number, index);

    finish(read, index != 0);
    return r;
}

int qc_reads_tell(struct qc_reads *reads,
                  uint64_t number,
                  uint64_t index,
                  qc_read_told_fn told,
                  void *told_ctx)
{
    struct qc_read *read;
    int r = 0;

    if (number > reads->number) {
        return 0; /* An answer to a question of a former life. */
    }
    while (r == 0) {
        read = TAILQ_FIRST(&reads->asked);
        if (read == NULL || read->number > number) {
            break;
        }
        read->index = index != 0 ? index : read->index;
        if (read->origin != 0) {
            take_out(read);
            assert(TAILQ_FIRST(&reads->asked) != read);
            r = answer(read, read->index, told, told_ctx);
        } else {
            move(read, TOLD);
        }
    }
    return r;
}

/* Notes what |voter| has confirmed. */
static void note(struct qc_reads *reads, uint64_t voter, uint64_t number)
{
    unsigned i = 0;

    while (i < reads->n_confirmed && reads->confirmed[i].id != voter) {
        i++;
    }
    if (i == QC_SERVERS_MAX) {
        return;
    }
    if (i == reads->n_confirmed) {
        reads->confirmed[i].id = voter;
        reads->confirmed[i].number = 0;
        reads->n_confirmed++;
    }
    if (number > reads->confirmed[i].number) {
        reads->confirmed[i].number = number;
    }
}

uint64_t qc_reads_confirm(struct qc_reads *reads,
                          uint64_t voter,
                          uint64_t number,
                          unsigned n_others)
{
    uint64_t latest = 0;

    if (number > reads->number) {
        return 0;
    }
    note(reads, voter, number);
    for (unsigned i = 0; i < reads->n_confirmed; i++) {
        uint64_t candidate = reads->confirmed[i].number;
        unsigned n = 0;

        for (unsigned j = 0; j < reads->n_confirmed; j++) {
            n += reads->confirmed[j].number >= candidate ? 1 : 0;
        }
        if (n >= n_others && candidate > latest) {
            latest = candidate;
        }
    }
    return latest;
}

int qc_reads_restart(struct qc_reads *reads,
                     qc_read_told_fn told,
                     void *told_ctx)
{
    struct qc_read *read;
    int r = 0;

    reads->n_confirmed = 0;
    while ((read = TAILQ_FIRST(&reads->asked)) != NULL) {
        move(read, UNASKED);
    }
    for (read = TAILQ_FIRST(&reads->unasked); read != NULL && r == 0;) {
        struct qc_read *next = TAILQ_NEXT(read, links);

        if (read->origin != 0) {
            take_out(read);
            r = answer(read, 0, told, told_ctx);
        }
        read = next;
    }
    return r;
}

/* Told later means told as much or more, so the first to wait is the first to
 * be served. */
void qc_reads_applied(struct qc_reads *reads, uint64_t applied_index)
{
    for (;;) {
        struct qc_read *read = TAILQ_FIRST(&reads->told);

        if (read == NULL || read->index > applied_index) {
            return;
        }
        take_out(read);
        assert(TAILQ_FIRST(&reads->told) != read);
        finish(read, true);
    }
}

void qc_reads_expire(struct qc_reads *reads, int64_t now_ms)
{
    for (;;) {
        struct qc_read *due =
            (struct qc_read *)qc_deadlines_due(&reads->deadlines, now_ms);

        if (due == NULL) {
            return;
        }
        take_out(due);
        finish(due, false);
    }
}

int64_t qc_reads_next_ms(const struct qc_reads *reads)
{
    int64_t next_ms = qc_deadlines_next_ms(&reads->deadlines);
    int64_t retry_ms = reads->asked_ms + QC_READ_RETRY_MS;

    return !TAILQ_EMPTY(&reads->asked) && retry_ms < next_ms ? retry_ms
                                                             : next_ms;
}
