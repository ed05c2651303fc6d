#include "machine/queue_stats.h"

#include <string.h>

#include "machine/last_hour.h"
#include "machine/running.h"
#include "machine/store.h"

enum {
    FADES = 64,          /* By a part of so many, with every answer. */
    FIRST_MS = 60 * 1000 /* Both sums, at first: one is as the other. */
};

static struct qc_key stats_key(const struct qc_txn *txn,
                               const char *queue,
                               Qc__V1__Media media)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_QUEUE_STATS);
    qc_key_put_str(&key, queue);
    qc_key_put_u8(&key, (uint8_t)media);
    return key;
}

const Qc__State__QueueStatsRow *qc_queue_stats_get(struct qc_txn *txn,
                                                   const char *queue,
                                                   Qc__V1__Media media)
{
    struct qc_key key = stats_key(txn, queue, media);

    return qc_running_look(txn, &qc__state__queue_stats_row__descriptor, &key);
}

/* The same, to be changed; NULL is a fault. */
static Qc__State__QueueStatsRow *running(struct qc_txn *txn,
                                         const char *queue,
                                         Qc__V1__Media media)
{
    struct qc_key key = stats_key(txn, queue, media);

    return qc_running_row(txn, &qc__state__queue_stats_row__descriptor, &key);
}

uint32_t qc_queue_stats_asked_last(struct qc_txn *txn,
                                   const char *queue,
                                   Qc__V1__Media media)
{
    const Qc__State__QueueStatsRow *row = qc_queue_stats_get(txn, queue, media);

    return row != NULL ? row->asked_last - 1 : UINT32_MAX;
}

void qc_queue_stats_ask(struct qc_txn *txn,
                        const char *queue,
                        Qc__V1__Media media,
                        uint32_t agent)
{
    Qc__State__QueueStatsRow *row = running(txn, queue, media);

    if (row != NULL) {
        row->asked_last = agent + 1;
    }
}

/* |last| at the end of the list; the oldest leaves when there are too many. */
static void remember(struct qc_txn *txn,
                     size_t *n,
                     uint32_t **list,
                     uint32_t last)
{
    uint32_t *longer = qc_running_alloc(txn, QC_HANDLES_MAX * sizeof(*longer));
    size_t gone = *n >= QC_HANDLES_MAX ? *n - QC_HANDLES_MAX + 1 : 0;

    if (longer == NULL) {
        return;
    }
    if (*n > gone) {
        memcpy(longer, *list + gone, (*n - gone) * sizeof(*longer));
    }
    *n -= gone;
    longer[(*n)++] = last;
    *list = longer;
}

static int64_t at_most_a_day(int64_t ms)
{
    return ms < QC_DAY_MS ? ms : QC_DAY_MS;
}

void qc_queue_stats_handled(struct qc_txn *txn,
                            const char *queue,
                            Qc__V1__Media media,
                            int64_t since_ms,
                            uint32_t at_once)
{
    Qc__State__QueueStatsRow *row = running(txn, queue, media);
    uint64_t *slots = qc_running_alloc(txn, QC_HOUR_SLOTS * sizeof(*slots));
    struct qc_last_hour spent;

    if (row == NULL || slots == NULL) {
        return;
    }
    remember(txn, &row->n_handle_ms, &row->handle_ms,
             (uint32_t)at_most_a_day(txn->now_ms - since_ms));
    remember(txn, &row->n_at_once, &row->at_once, at_once);
    spent = (struct qc_last_hour){row->n_spent_ms, row->spent_ms,
                                  row->spent_slot_ms};
    qc_last_hour_add(txn, &spent, since_ms);
    if (txn->fault != 0) {
        return;
    }
    memcpy(slots, spent.ms, spent.n * sizeof(*slots)); /* As the row lives. */
    row->n_spent_ms = spent.n;
    row->spent_ms = slots;
    row->spent_slot_ms = spent.slot_ms;
}

static int64_t fade(int64_t sum_ms, int64_t last_ms)
{
    int64_t before_ms = sum_ms != 0 ? sum_ms : FIRST_MS;
    int64_t after_ms = before_ms * (FADES - 1) / FADES + at_most_a_day(last_ms);

    return after_ms > 1 ? after_ms : 1;
}

void qc_queue_stats_answered(struct qc_txn *txn,
                             const char *queue,
                             Qc__V1__Media media,
                             int64_t waited_ms,
                             int64_t estimated_ms)
{
    Qc__State__QueueStatsRow *row = running(txn, queue, media);

    if (row != NULL) {
        row->waited_ms = fade(row->waited_ms, waited_ms);
        row->estimated_ms = fade(row->estimated_ms, estimated_ms);
    }
}
