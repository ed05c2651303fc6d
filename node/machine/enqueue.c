#include "machine/estimate.h"
#include "machine/hours.h"
#include "machine/interaction.h"
#include "machine/queue.h"
#include "machine/roster.h"
#include "machine/rosters.h"
#include "machine/routing.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"

/* What may wait, and how it begins to. */

#define QUEUED QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED

#define INITIAL  QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_INITIAL
#define OVERFLOW QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_OVERFLOW
#define RONA     QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_RONA

enum {
    PRIORITY_MAX = 1000,
};

/* A queue that nobody has configured is as one where nothing was said. */
static uint32_t room_in(const Qc__State__QueueRow *queue)
{
    return queue != NULL ? queue->queue->max_waiting : QC_QUEUE_MAX_WAITING;
}

static bool is_closed(struct qc_txn *txn, const Qc__State__QueueRow *queue)
{
    int64_t until_ms;

    return queue != NULL && queue->queue->hours[0] != '\0' &&
           !qc_hours_open(txn, queue->queue->hours, txn->now_ms, &until_ms);
}

Qc__V1__EndReason qc_routing_bar_in(struct qc_txn *txn,
                                    const Qc__State__SubjectRow *subject,
                                    const char *queue)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const Qc__State__QueueRow *row = qc_queue_get(txn, queue);

    if (tenant == NULL || (row != NULL && row->queue->disabled)) {
        return QC__V1__END_REASON__END_REASON_NO_ROUTE;
    }
    if (is_closed(txn, row)) {
        return QC__V1__END_REASON__END_REASON_OUT_OF_HOURS;
    }
    if (qc_interactions_waiting(txn) <
            tenant->tenant->quotas->waiting_interactions &&
        qc_interactions_waiting_in(txn, queue) < room_in(row)) {
        return QC__V1__END_REASON__END_REASON_UNSPECIFIED;
    }
    return subject->subject->overflow_number[0] != '\0'
               ? QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL
               : QC__V1__END_REASON__END_REASON_REJECTED_FULL;
}

Qc__V1__EndReason qc_routing_bar(struct qc_txn *txn,
                                 const Qc__State__SubjectRow *subject)
{
    return subject != NULL && subject->subject->queue[0] != '\0'
               ? qc_routing_bar_in(txn, subject, subject->subject->queue)
               : QC__V1__END_REASON__END_REASON_NO_ROUTE;
}

int qc_routing_admit(struct qc_txn *txn,
                     const Qc__State__SubjectRow *subject,
                     const char *queue)
{
    bool is_named = queue[0] != '\0';
    const char *field = is_named ? "queue" : "subject";
    Qc__V1__EndReason bar;

    if (subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    if (is_named && qc_queue_get(txn, queue) == NULL) {
        return qc_refuse(txn, QC_REFUSED_QUEUE_UNKNOWN, field);
    }
    bar = is_named ? qc_routing_bar_in(txn, subject, queue)
                   : qc_routing_bar(txn, subject);
    if (bar == QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        return 0;
    }
    if (bar == QC__V1__END_REASON__END_REASON_NO_ROUTE) {
        return qc_refuse(txn,
                         is_named ? QC_REFUSED_QUEUE_UNKNOWN
                                  : QC_REFUSED_SUBJECT_UNKNOWN,
                         field);
    }
    return qc_refuse(txn,
                     bar == QC__V1__END_REASON__END_REASON_OUT_OF_HOURS
                         ? QC_REFUSED_OUT_OF_HOURS
                         : QC_REFUSED_QUEUE_FULL,
                     field);
}

void qc_routing_rank(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, x->subject);
    const Qc__V1__Priorities *priorities;
    int64_t priority;

    if (subject == NULL) {
        return; /* Nobody removes subjects. */
    }
    priorities = subject->subject->priorities;
    priority = x->status == RONA       ? priorities->rona
               : x->status == OVERFLOW ? priorities->overflow
                                       : priorities->initial;
    priority += x->priority_delta;
    priority = priority > 0 ? priority : 0;
    x->priority = priority < PRIORITY_MAX ? (uint32_t)priority : PRIORITY_MAX;
}

static int64_t deadline(int64_t from_ms, int64_t span_ms)
{
    return span_ms > 0 ? from_ms + span_ms : 0;
}

void qc_routing_begin_steps(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    row->interaction->step = 1;
    row->interaction->step_deadline_ms =
        deadline(txn->now_ms, qc_interaction_route(row)->steps[0]->timeout_ms);
}

/* What the wait is compared with, when it has ended. */
static void expect(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    struct qc_estimate estimate;

    qc_estimate(txn, row, &estimate);
    row->expected_ms = estimate.known ? estimate.ewt_ms : 0;
}

/* When an agent is to be kept free for |x|, which begins to wait. */
static int64_t drain_at_ms(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    bool calls = x->media == QC__V1__MEDIA__MEDIA_VOICE ||
                 x->media == QC__V1__MEDIA__MEDIA_CALLBACK_VOICE;

    return tenant != NULL && calls
               ? deadline(txn->now_ms, tenant->tenant->drain_after_ms)
               : 0;
}

void qc_routing_enqueue(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const Qc__State__SubjectRow *subject,
                        const char *queue,
                        Qc__State__Route *route)
{
    Qc__V1__Interaction *x = row->interaction;

    x->state = QUEUED;
    x->status = INITIAL;
    x->subject = subject->subject->key;
    x->queue = queue[0] != '\0' ? queue : subject->subject->queue;
    if (x->media == QC__V1__MEDIA__MEDIA_UNSPECIFIED) {
        x->media = QC__V1__MEDIA__MEDIA_VOICE;
    }
    if (x->enqueued_ms == 0 || subject->subject->transfer_resets_age) {
        x->enqueued_ms = txn->now_ms;
    }
    x->max_wait_deadline_ms =
        deadline(txn->now_ms, subject->subject->max_wait_ms);
    row->route = route != NULL ? route : subject->route;
    row->code = NULL;
    row->drain_at_ms = drain_at_ms(txn, x);
    qc_interaction_unhold(row);
    qc_routing_begin_steps(txn, row);
    qc_routing_rank(txn, row);
    qc_segment_begin(txn, row);
    expect(txn, row);
}
