#include "machine/announce.h"
#include "machine/context_rule.h"
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

static Qc__V1__Media medium(Qc__V1__Media media)
{
    return media != QC__V1__MEDIA__MEDIA_UNSPECIFIED
               ? media
               : QC__V1__MEDIA__MEDIA_VOICE;
}

/* Whether an agent is there who could take it, at its last step or before. */
static bool is_served(struct qc_txn *txn,
                      const struct qc_newcomer *newcomer,
                      const char *queue)
{
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_prospect prospect = {.active = 0};
    struct qc_waiting waiting;

    qc_estimate_place(txn, newcomer->subject, medium(newcomer->media),
                      newcomer->route, &waiting);
    waiting.queue = queue;
    if (roster == NULL || !qc_roster_prospect(roster, &waiting, &prospect)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return prospect.active > 0;
}

static bool has_room(struct qc_txn *txn,
                     const Qc__State__TenantRow *tenant,
                     const Qc__State__QueueRow *row,
                     const char *queue)
{
    return qc_interactions_waiting(txn) <
               tenant->tenant->quotas->waiting_interactions &&
           qc_interactions_waiting_in(txn, queue) < room_in(row);
}

Qc__V1__EndReason qc_routing_bar(struct qc_txn *txn,
                                 const struct qc_newcomer *newcomer)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const char *queue = newcomer->queue;
    const Qc__State__QueueRow *row;

    if (newcomer->subject == NULL || tenant == NULL) {
        return QC__V1__END_REASON__END_REASON_NO_ROUTE;
    }
    queue = queue[0] != '\0' ? queue : newcomer->subject->subject->queue;
    row = qc_queue_get(txn, queue);
    if (queue[0] == '\0' || (row != NULL && row->queue->disabled)) {
        return QC__V1__END_REASON__END_REASON_NO_ROUTE;
    }
    if (is_closed(txn, row)) {
        return QC__V1__END_REASON__END_REASON_OUT_OF_HOURS;
    }
    if (!has_room(txn, tenant, row, queue)) {
        return QC__V1__END_REASON__END_REASON_REJECTED_FULL;
    }
    return row != NULL &&
                   row->queue->accept_when_no_agents ==
                       QC__V1__WHEN_NO_AGENTS__WHEN_NO_AGENTS_REJECT &&
                   !is_served(txn, newcomer, queue)
               ? QC__V1__END_REASON__END_REASON_NO_AGENTS
               : QC__V1__END_REASON__END_REASON_UNSPECIFIED;
}

Qc__V1__EndReason qc_routing_turn_away(const Qc__State__SubjectRow *subject,
                                       Qc__V1__EndReason bar)
{
    bool goes_out = bar == QC__V1__END_REASON__END_REASON_REJECTED_FULL ||
                    bar == QC__V1__END_REASON__END_REASON_NO_AGENTS;

    return goes_out && subject->subject->overflow_number[0] != '\0'
               ? QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL
               : bar;
}

int qc_routing_admit(struct qc_txn *txn, const struct qc_newcomer *newcomer)
{
    static const struct {
        Qc__V1__EndReason bar;
        enum qc_refusal refusal;
    } refusals[] = {
        {QC__V1__END_REASON__END_REASON_OUT_OF_HOURS, QC_REFUSED_OUT_OF_HOURS},
        {QC__V1__END_REASON__END_REASON_REJECTED_FULL, QC_REFUSED_QUEUE_FULL},
        {QC__V1__END_REASON__END_REASON_NO_AGENTS, QC_REFUSED_NO_AGENTS},
    };
    bool is_named = newcomer->queue[0] != '\0';
    const char *field = is_named ? "queue" : "subject";
    Qc__V1__EndReason bar;

    if (newcomer->subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    if (is_named && qc_queue_get(txn, newcomer->queue) == NULL) {
        return qc_refuse(txn, QC_REFUSED_QUEUE_UNKNOWN, field);
    }
    bar = qc_routing_bar(txn, newcomer);
    if (bar == QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].bar == bar) {
            return qc_refuse(txn, refusals[i].refusal, field);
        }
    }
    return qc_refuse(
        txn, is_named ? QC_REFUSED_QUEUE_UNKNOWN : QC_REFUSED_SUBJECT_UNKNOWN,
        field);
}

void qc_routing_prefer(Qc__State__InteractionRow *row, int32_t delta)
{
    int32_t sum = row->interaction->priority_delta + delta;

    row->interaction->priority_delta = sum > PRIORITY_MAX    ? PRIORITY_MAX
                                       : sum < -PRIORITY_MAX ? -PRIORITY_MAX
                                                             : sum;
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
    x->media = medium(x->media);
    if (x->enqueued_ms == 0 || subject->subject->transfer_resets_age) {
        x->enqueued_ms = txn->now_ms;
    }
    x->max_wait_deadline_ms =
        deadline(txn->now_ms, subject->subject->max_wait_ms);
    row->route = route != NULL ? route : subject->route;
    row->code = NULL;
    row->drain_at_ms = drain_at_ms(txn, x);
    qc_announce_begin(txn, row);
    qc_interaction_unhold(row);
    qc_routing_begin_steps(txn, row);
    qc_routing_rank(txn, row);
    qc_context_rules_narrow(txn, row);
    qc_segment_begin(txn, row);
    expect(txn, row);
}
