#include "machine/rates.h"

#include "machine/interaction.h"
#include "machine/last_hour.h"
#include "machine/running.h"
#include "machine/store.h"
#include "machine/subject.h"

enum {
    IN_TIME_MS = 20 * 1000, /* When its subject says nothing. */
};

static struct qc_key rates_key(const struct qc_txn *txn,
                               enum qc_rates_of of,
                               const char *key,
                               Qc__V1__Media media)
{
    struct qc_key row;

    qc_key_begin(&row, txn->tenant, QC_SPACE_RATES);
    qc_key_put_u8(&row, (uint8_t)of);
    qc_key_put_str(&row, key);
    qc_key_put_u8(&row, (uint8_t)media);
    return row;
}

static int64_t slot_of(int64_t at_ms)
{
    return at_ms - at_ms % QC_HOUR_SLOT_MS;
}

static struct qc_key slot_key(const struct qc_key *prefix, int64_t slot_ms)
{
    struct qc_key key = *prefix;

    qc_key_put_u8(&key, (uint8_t)(slot_ms / QC_HOUR_SLOT_MS % QC_HOUR_SLOTS));
    return key;
}

static void add(Qc__State__RatesRow *sum, const Qc__State__RatesRow *more)
{
    sum->offered += more->offered;
    sum->answered += more->answered;
    sum->answered_in_time += more->answered_in_time;
    sum->waited_ms += more->waited_ms;
    sum->abandoned += more->abandoned;
    sum->short_abandoned += more->short_abandoned;
    sum->transferred_in += more->transferred_in;
    sum->handled += more->handled;
    sum->handle_ms += more->handle_ms;
}

static void count_at(struct qc_txn *txn,
                     const struct qc_key *prefix,
                     const Qc__State__RatesRow *more)
{
    int64_t slot_ms = slot_of(txn->now_ms);
    struct qc_key key = slot_key(prefix, slot_ms);
    Qc__State__RatesRow *row =
        qc_running_row(txn, &qc__state__rates_row__descriptor, &key);

    if (row == NULL) {
        return;
    }
    if (row->slot_ms != slot_ms) { /* Of an hour before, or new. */
        qc__state__rates_row__init(row);
        row->slot_ms = slot_ms;
    }
    add(row, more);
}

static void count(struct qc_txn *txn,
                  const Qc__V1__Segment *segment,
                  Qc__V1__Media media,
                  const Qc__State__RatesRow *more)
{
    struct qc_key queue =
        rates_key(txn, QC_RATES_OF_QUEUE, segment->queue, media);
    struct qc_key subject =
        rates_key(txn, QC_RATES_OF_SUBJECT, segment->subject, media);

    count_at(txn, &queue, more);
    count_at(txn, &subject, more);
}

static int64_t in_time_ms(struct qc_txn *txn, const char *subject)
{
    const Qc__State__SubjectRow *row = qc_subject_get(txn, subject);

    return row != NULL && row->subject->sl_threshold_ms > 0
               ? row->subject->sl_threshold_ms
               : IN_TIME_MS;
}

/* |segment|, the first, was answered, or that is taken back: |by| more. */
static void count_answer(struct qc_txn *txn,
                         const Qc__V1__Segment *segment,
                         Qc__V1__Media media,
                         int64_t answered_ms,
                         int by)
{
    Qc__State__RatesRow more = QC__STATE__RATES_ROW__INIT;
    int64_t waited_ms = answered_ms - segment->enqueued_ms;

    more.answered = by;
    more.waited_ms = by * waited_ms;
    if (waited_ms <= in_time_ms(txn, segment->subject)) {
        more.answered_in_time = by;
    }
    count(txn, segment, media, &more);
}

static bool is_abandoned(Qc__V1__EndReason reason)
{
    return reason == QC__V1__END_REASON__END_REASON_ABANDONED ||
           reason == QC__V1__END_REASON__END_REASON_ABANDONED_RINGING ||
           reason == QC__V1__END_REASON__END_REASON_SHORT_ABANDON;
}

static void count_end(struct qc_txn *txn,
                      const Qc__V1__Segment *segment,
                      const Qc__V1__Interaction *x)
{
    Qc__State__RatesRow more = QC__STATE__RATES_ROW__INIT;

    more.abandoned = 1;
    more.short_abandoned =
        x->end_reason == QC__V1__END_REASON__END_REASON_SHORT_ABANDON;
    count(txn, segment, x->media, &more);
}

/* Segments |from| and after are new. */
static void count_segments(struct qc_txn *txn,
                           const Qc__V1__Interaction *x,
                           size_t from)
{
    for (size_t i = from; i < x->n_segments; i++) {
        Qc__State__RatesRow more = QC__STATE__RATES_ROW__INIT;

        more.offered = i == 0;
        more.transferred_in = i > 0;
        count(txn, x->segments[i], x->media, &more);
    }
}

void qc_rates_follow(struct qc_txn *txn,
                     const Qc__State__InteractionRow *was,
                     const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    size_t n_before = was != NULL ? was->interaction->n_segments : 0;
    const Qc__V1__Segment *first;
    int64_t before_ms = 0;

    if (x->n_segments == 0 || qc_interaction_is_consult(row)) {
        return;
    }
    count_segments(txn, x, n_before);
    first = x->segments[0];
    if (n_before > 0) {
        before_ms = was->interaction->segments[0]->answered_ms;
    }
    if (before_ms == 0 && first->answered_ms != 0) {
        count_answer(txn, first, x->media, first->answered_ms, 1);
    } else if (before_ms != 0 && first->answered_ms == 0) {
        count_answer(txn, first, x->media, before_ms, -1);
    }
    if (x->n_segments == 1 && is_abandoned(x->end_reason) &&
        (was == NULL || !is_abandoned(was->interaction->end_reason))) {
        count_end(txn, first, x);
    }
}

void qc_rates_handled(struct qc_txn *txn,
                      const Qc__V1__Segment *segment,
                      Qc__V1__Media media)
{
    Qc__State__RatesRow more = QC__STATE__RATES_ROW__INIT;

    more.handled = 1;
    more.handle_ms = txn->now_ms - segment->answered_ms;
    count(txn, segment, media, &more);
}

Qc__State__RatesRow qc_rates_sum(struct qc_txn *txn,
                                 enum qc_rates_of of,
                                 const char *key,
                                 Qc__V1__Media media)
{
    Qc__State__RatesRow sum = QC__STATE__RATES_ROW__INIT;
    struct qc_key prefix = rates_key(txn, of, key, media);
    int64_t slot_ms = slot_of(txn->now_ms);

    for (int i = 0; i < QC_HOUR_SLOTS; i++, slot_ms -= QC_HOUR_SLOT_MS) {
        struct qc_key at = slot_key(&prefix, slot_ms);
        const Qc__State__RatesRow *row =
            slot_ms >= 0
                ? qc_running_look(txn, &qc__state__rates_row__descriptor, &at)
                : NULL;

        if (row != NULL && row->slot_ms == slot_ms) {
            add(&sum, row);
        }
    }
    sum.slot_ms = slot_ms + QC_HOUR_SLOT_MS;
    return sum;
}
