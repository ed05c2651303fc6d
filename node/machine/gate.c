#include "machine/gate.h"

#include "machine/hours.h"
#include "machine/queue.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

enum {
    GRANULARITY_MS = 30 * 1000, /* When its subject says nothing. */
};

#define NO_ROUTE     QC__V1__UNAVAILABLE__UNAVAILABLE_NO_ROUTE
#define OUT_OF_HOURS QC__V1__UNAVAILABLE__UNAVAILABLE_OUT_OF_HOURS
#define QUEUE_FULL   QC__V1__UNAVAILABLE__UNAVAILABLE_QUEUE_FULL
#define NO_AGENTS    QC__V1__UNAVAILABLE__UNAVAILABLE_NO_AGENTS
#define EWT_ABOVE    QC__V1__UNAVAILABLE__UNAVAILABLE_EWT_ABOVE_THRESHOLD
#define IS_OPEN      QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED

static Qc__V1__Unavailable bar_of(struct qc_txn *txn,
                                  const struct qc_newcomer *newcomer)
{
    static const struct {
        Qc__V1__EndReason bar;
        Qc__V1__Unavailable why;
    } bars[] = {
        {QC__V1__END_REASON__END_REASON_UNSPECIFIED, IS_OPEN},
        {QC__V1__END_REASON__END_REASON_OUT_OF_HOURS, OUT_OF_HOURS},
        {QC__V1__END_REASON__END_REASON_REJECTED_FULL, QUEUE_FULL},
        {QC__V1__END_REASON__END_REASON_NO_AGENTS, NO_AGENTS},
    };
    Qc__V1__EndReason bar = qc_routing_bar(txn, newcomer);

    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        if (bars[i].bar == bar && !newcomer->subject->subject->disabled) {
            return bars[i].why;
        }
    }
    return NO_ROUTE;
}

static int64_t until_ms(struct qc_txn *txn, const char *key)
{
    const Qc__State__QueueRow *queue = qc_queue_get(txn, key);
    int64_t at_ms = 0;

    if (queue != NULL && queue->queue->hours[0] != '\0') {
        (void)qc_hours_open(txn, queue->queue->hours, txn->now_ms, &at_ms);
    }
    return at_ms;
}

static void find_threshold(const Qc__V1__Subject *subject,
                           Qc__V1__Media media,
                           struct qc_gate *gate)
{
    for (size_t i = 0; i < subject->n_thresholds; i++) {
        if (subject->thresholds[i]->media == media) {
            gate->gated = true;
            gate->threshold_ms = subject->thresholds[i]->ewt_ms;
        }
    }
}

void qc_gate_judge(struct qc_txn *txn,
                   const Qc__State__SubjectRow *subject,
                   Qc__V1__Media media,
                   Qc__State__Route *route,
                   struct qc_gate *gate_out)
{
    const struct qc_newcomer newcomer = {.subject = subject,
                                         .queue = "",
                                         .media = media,
                                         .route = route};

    *gate_out = (struct qc_gate){.why = bar_of(txn, &newcomer)};
    find_threshold(subject->subject, media, gate_out);
    gate_out->until_ms = until_ms(txn, subject->subject->queue);
    if (gate_out->why == NO_ROUTE) {
        return;
    }
    qc_estimate_newcomer(txn, subject, media, route, &gate_out->estimate);
    if (gate_out->why != IS_OPEN || !gate_out->gated) {
        return;
    }
    if (!gate_out->estimate.known) {
        gate_out->why = NO_AGENTS;
    } else if (gate_out->estimate.ewt_ms > gate_out->threshold_ms) {
        gate_out->why = EWT_ABOVE;
    }
}

bool qc_gate_stays_shut(const struct qc_gate *gate)
{
    return gate->gated &&
           gate->estimate.ewt_ms > gate->threshold_ms - gate->threshold_ms / 10;
}

Qc__V1__WaitEstimate *qc_gate_show(struct qc_txn *txn,
                                   const Qc__State__SubjectRow *subject,
                                   const struct qc_estimate *estimate)
{
    Qc__V1__WaitEstimate *wait =
        estimate->known ? qc_row_new(txn, &qc__v1__wait_estimate__descriptor)
                        : NULL;
    int64_t step_ms = subject->subject->display_granularity_ms > 0
                          ? subject->subject->display_granularity_ms
                          : GRANULARITY_MS;

    if (wait != NULL) {
        wait->ewt_ms = estimate->ewt_ms;
        wait->shown_ms = (estimate->ewt_ms + step_ms - 1) / step_ms * step_ms;
        wait->position = estimate->position;
        wait->agents_ready = estimate->ready;
        wait->agents_active = estimate->active;
    }
    return wait;
}

Qc__V1__WaitEstimate *qc_gate_wait_of(struct qc_txn *txn,
                                      const Qc__State__InteractionRow *row)
{
    const Qc__State__SubjectRow *subject =
        qc_subject_get(txn, row->interaction->subject);
    struct qc_estimate estimate;

    if (row->interaction->state !=
            QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED ||
        subject == NULL) {
        return NULL;
    }
    qc_estimate(txn, row, &estimate);
    return qc_gate_show(txn, subject, &estimate);
}
