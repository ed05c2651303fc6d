#include "machine/routing.h"

#include "machine/decision.h"
#include "machine/estimate.h"
#include "machine/hours.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/last_agent.h"
#include "machine/offer.h"
#include "machine/presence.h"
#include "machine/queue.h"
#include "machine/queue_stats.h"
#include "machine/rematch.h"
#include "machine/rosters.h"
#include "machine/route.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/timer.h"
#include "machine/voice.h"

#define QUEUED  QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED

#define INITIAL  QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_INITIAL
#define OVERFLOW QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_OVERFLOW
#define RONA     QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_RONA

enum {
    PRIORITY_MAX = 1000,
};

/* --- what it may wait for --------------------------------------------------
 */

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

void qc_routing_enqueue(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const Qc__State__SubjectRow *subject,
                        const char *queue)
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
    row->route = subject->route;
    row->code = NULL;
    qc_interaction_unhold(row);
    qc_routing_begin_steps(txn, row);
    qc_routing_rank(txn, row);
    qc_segment_begin(txn, row);
    expect(txn, row);
}

/* --- what happens while it waits --------------------------------------------
 */

static void leave(struct qc_txn *txn,
                  Qc__State__InteractionRow *row,
                  Qc__V1__EndReason reason)
{
    qc_decision_leave(txn, row, reason);
    qc_interaction_close(txn, row, reason);
}

static void end_step(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;
    const Qc__State__SubjectRow *subject;
    const Qc__State__Route *route = qc_interaction_route(row);

    if (x->step < route->n_steps) {
        x->step_deadline_ms =
            deadline(x->step_deadline_ms, route->steps[x->step]->timeout_ms);
        x->step++;
        if (x->status == INITIAL) {
            x->status = OVERFLOW;
        }
        qc_routing_rank(txn, row);
        return;
    }
    x->step_deadline_ms = 0;
    subject = qc_subject_get(txn, x->subject);
    if (subject != NULL && subject->subject->overflow_number[0] != '\0') {
        qc_voice_send_out(txn, row, subject->subject->overflow_number);
        leave(txn, row, QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL);
    }
}

static void end_wait(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__State__SubjectRow *subject =
        qc_subject_get(txn, row->interaction->subject);

    if (subject != NULL && subject->subject->overflow_number[0] != '\0' &&
        subject->subject->max_wait_action !=
            QC__V1__MAX_WAIT_ACTION__MAX_WAIT_ACTION_DISCONNECT) {
        qc_voice_send_out(txn, row, subject->subject->overflow_number);
        leave(txn, row, QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL);
    } else {
        qc_voice_end(txn, row, "busy");
        leave(txn, row, QC__V1__END_REASON__END_REASON_MAX_WAIT);
    }
}

static void drop_exclusions(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    size_t kept = 0;

    for (size_t i = 0; i < row->n_exclusions; i++) {
        if (row->exclusions[i]->until_ms > txn->now_ms) {
            row->exclusions[kept++] = row->exclusions[i];
        }
    }
    row->n_exclusions = kept;
}

/* What is overdue, in its order: the step first. */
static void catch_up(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;

    while (x->state == QUEUED && x->step_deadline_ms != 0 &&
           x->step_deadline_ms <= txn->now_ms) {
        end_step(txn, row);
    }
    if (x->state == QUEUED && x->max_wait_deadline_ms != 0 &&
        x->max_wait_deadline_ms <= txn->now_ms) {
        end_wait(txn, row);
    }
    if (x->hold_until_ms <= txn->now_ms) {
        qc_interaction_unhold(row);
    }
    drop_exclusions(txn, row);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return b_ms != 0 && b_ms < a_ms ? b_ms : a_ms;
}

/* One timer for all that is to happen while it waits. */
static void set_timer(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    int64_t due_ms = INT64_MAX;

    due_ms = sooner(due_ms, x->step_deadline_ms);
    due_ms = sooner(due_ms, x->max_wait_deadline_ms);
    due_ms = sooner(due_ms, x->hold_until_ms);
    for (size_t i = 0; i < row->n_exclusions; i++) {
        due_ms = sooner(due_ms, row->exclusions[i]->until_ms);
    }
    if (x->state != QUEUED || due_ms == INT64_MAX) {
        row->wait = NULL;
    } else if (row->wait == NULL || row->wait->due_ms != due_ms) {
        row->wait = qc_timer_new(txn, QC_TIMER_WAIT, due_ms, 0);
    }
}

void qc_routing_wait_due(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__InteractionRow *was;

    if (row == NULL || row->wait == NULL) {
        return;
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        row->wait = NULL;
        qc_routing_put(txn, was, row);
    }
}

/* --- from an interaction to an agent -----------------------------------------
 */

/* Of struct qc_search: |ctx| is the row. */
static bool is_excluded(void *ctx, uint32_t agent)
{
    const Qc__State__InteractionRow *row = ctx;

    for (size_t i = 0; i < row->n_exclusions; i++) {
        if (row->exclusions[i]->agent == agent) {
            return true;
        }
    }
    return false;
}

static Qc__V1__Selection selection_of(struct qc_txn *txn, const char *key)
{
    const Qc__State__QueueRow *queue = qc_queue_get(txn, key);
    Qc__V1__Selection selection =
        queue != NULL ? queue->queue->selection
                      : QC__V1__SELECTION__SELECTION_UNSPECIFIED;

    return selection != QC__V1__SELECTION__SELECTION_UNSPECIFIED
               ? selection
               : QC__V1__SELECTION__SELECTION_LONGEST_IDLE;
}

void qc_routing_compare(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        struct qc_finding *finding_out)
{
    Qc__V1__Selection selection = selection_of(txn, row->interaction->queue);
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_search how = {.excluded = is_excluded, .ctx = row};
    struct qc_waiting waiting;

    *finding_out = (struct qc_finding){.selection = selection};
    if (roster == NULL) {
        return;
    }
    how.selection = qc_selection_of(selection);
    if (how.selection == QC_SELECT_ROUND_ROBIN) {
        how.cursor = qc_queue_stats_asked_last(txn, row->interaction->queue,
                                               row->interaction->media);
    }
    qc_interaction_waiting(row, &waiting);
    qc_roster_choose(roster, &waiting, &how, &finding_out->choice);
}

uint64_t qc_routing_position(struct qc_txn *txn,
                             const Qc__State__InteractionRow *row)
{
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_prospect prospect;
    struct qc_waiting waiting;

    if (row->interaction->state != QUEUED || roster == NULL) {
        return 0;
    }
    qc_interaction_waiting(row, &waiting);
    if (!qc_roster_prospect(roster, &waiting, &prospect)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return 0;
    }
    return prospect.before + 1;
}

/* That |agent| is to be asked, whatever others there are. */
static void confirm(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    uint32_t agent,
                    Qc__V1__OfferCause cause,
                    struct qc_finding *finding_out)
{
    struct qc_search how = {.excluded = is_excluded, .ctx = row};
    struct qc_waiting waiting;

    *finding_out = (struct qc_finding){.cause = cause};
    qc_interaction_waiting(row, &waiting);
    qc_roster_confirm(qc_roster_of(txn), &waiting, &how, agent,
                      &finding_out->choice);
}

/* Whether |agent|, who had the customer last, may have |row| again: what steps
 * ask of others counts for messages only where the subject says so. */
static bool is_fit(struct qc_txn *txn,
                   Qc__State__InteractionRow *row,
                   uint32_t agent)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, x->subject);
    bool message = x->media == QC__V1__MEDIA__MEDIA_MESSAGE ||
                   x->media == QC__V1__MEDIA__MEDIA_SMS;
    struct qc_waiting waiting;

    qc_interaction_waiting(row, &waiting);
    return !is_excluded(row, agent) &&
           qc_roster_meets(qc_roster_of(txn), &waiting, agent,
                           !message ||
                               (subject != NULL &&
                                subject->subject->last_agent_skill_check));
}

/* |row| has begun to wait, and waits for |agent| alone at first, if that agent
 * is there at all. */
static void hold(struct qc_txn *txn,
                 Qc__State__InteractionRow *row,
                 uint32_t agent,
                 int64_t span_ms)
{
    const Qc__State__PresenceRow *presence = qc_presence_of_index(txn, agent);
    Qc__State__Route *route = qc_route_to(txn, agent);

    if (presence == NULL || !qc_presence_is_logged_in(presence) ||
        presence->presence->logout_pending || route == NULL) {
        return;
    }
    row->hold = route;
    row->interaction->hold_agent = presence->presence->agent;
    row->interaction->hold_until_ms = txn->now_ms + span_ms;
}

/* Looks whether the agent who had the customer last can be asked, where the
 * queue wants that; or holds |row| for that agent, if it has just come. Who has
 * not taken it is not the one. */
static bool look_for_last_agent(struct qc_txn *txn,
                                Qc__State__InteractionRow *row,
                                struct qc_finding *finding_out)
{
    Qc__V1__Interaction *x = row->interaction;
    const Qc__State__QueueRow *queue = qc_queue_get(txn, x->queue);
    uint32_t agent;

    if (!qc_last_agent_counts(queue) || x->status == RONA ||
        row->hold != NULL || !qc_last_agent_find(txn, row, &agent) ||
        !is_fit(txn, row, agent)) {
        return false;
    }
    if (qc_roster_can_take(qc_roster_of(txn), agent, x->media) ==
        QC_PASSED_NOT) {
        confirm(txn, row, agent, QC__V1__OFFER_CAUSE__OFFER_CAUSE_LAST_AGENT,
                finding_out);
        return true;
    }
    if (queue->queue->last_agent_mode ==
            QC__V1__LAST_AGENT_MODE__LAST_AGENT_MODE_WAIT &&
        queue->queue->last_agent_wait_ms > 0 &&
        qc_segment_last(row)->enqueued_ms == txn->now_ms) {
        hold(txn, row, agent, queue->queue->last_agent_wait_ms);
    }
    return false;
}

void qc_routing_look(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     struct qc_finding *finding_out)
{
    if (qc_roster_of(txn) == NULL ||
        !look_for_last_agent(txn, row, finding_out)) {
        qc_routing_compare(txn, row, finding_out);
    }
}

/* Offers |row|, which is not written yet, to the best agent who can take it. */
static void find_agent(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    struct qc_finding finding;

    qc_routing_look(txn, row, &finding);
    qc_decision_route(txn, row, &finding);
    if (!finding.choice.found) {
        return;
    }
    qc_offer_make(txn, row, finding.choice.agent);
    if (finding.selection == QC__V1__SELECTION__SELECTION_ROUND_ROBIN) {
        qc_queue_stats_ask(txn, row->interaction->queue,
                           row->interaction->media, finding.choice.agent);
    }
}

void qc_routing_put(struct qc_txn *txn,
                    const Qc__State__InteractionRow *was,
                    Qc__State__InteractionRow *row)
{
    if (row->interaction->state == QUEUED) {
        catch_up(txn, row);
    }
    if (row->interaction->state == QUEUED) {
        find_agent(txn, row);
    }
    set_timer(txn, row);
    qc_interaction_put(txn, was, row);
}

void qc_routing_take_back(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;

    if (x->state == OFFERED) {
        qc_voice_stop_ringing(txn, row);
    }
    x->state = QUEUED;
    x->agent = "";
    x->offer_id = "";
    x->offer_deadline_ms = 0;
    row->offer = NULL;
    row->offer_id = 0;
}

/* --- from an agent to interactions
 * -------------------------------------------- */

/* Of qc_roster_next_for(). */
struct asked {
    struct qc_txn *txn;
    uint32_t agent;
};

static bool is_withheld(void *ctx, uint64_t interaction)
{
    const struct asked *asked = ctx;
    Qc__State__InteractionRow *row =
        qc_interaction_get(asked->txn, interaction);

    return row != NULL && is_excluded(row, asked->agent);
}

/* Offers an interaction that waits to |agent|, who has become able. */
static void give(struct qc_txn *txn, uint64_t interaction, uint32_t agent)
{
    Qc__State__InteractionRow *row = qc_interaction_get(txn, interaction);
    const Qc__State__InteractionRow *was;
    struct qc_finding finding;

    if (row == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        confirm(txn, row, agent, QC__V1__OFFER_CAUSE__OFFER_CAUSE_AGENT_CAME,
                &finding);
        qc_decision_route(txn, row, &finding);
        qc_offer_make(txn, row, agent);
        set_timer(txn, row);
        qc_interaction_put(txn, was, row);
    }
}

void qc_routing_feed(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);
    struct qc_roster *roster = qc_roster_of(txn);
    struct asked asked = {.txn = txn};

    if (presence == NULL || roster == NULL) {
        return;
    }
    asked.agent = presence->index;
    while (txn->fault == 0) {
        uint64_t next =
            qc_roster_next_for(roster, asked.agent, is_withheld, &asked);

        if (next == 0) {
            break;
        }
        if (txn->n_offers >= QC_OFFERS_MAX) {
            qc_rematch_later(txn, asked.agent);
            break;
        }
        give(txn, next, asked.agent);
    }
}

bool qc_routing_ask(struct qc_txn *txn, uint32_t agent, uint32_t max_offers)
{
    struct asked asked = {.txn = txn, .agent = agent};
    struct qc_roster *roster = qc_roster_of(txn);

    while (roster != NULL && txn->fault == 0) {
        uint64_t next = qc_roster_next_for(roster, agent, is_withheld, &asked);
        Qc__State__InteractionRow *row;
        const Qc__State__InteractionRow *was;

        if (next == 0) {
            break;
        }
        if (txn->n_offers >= max_offers) {
            return false;
        }
        row = qc_interaction_get(txn, next);
        was = row != NULL ? qc_interaction_copy(txn, row) : NULL;
        if (was != NULL) {
            qc_routing_put(txn, was, row);
        }
    }
    return true;
}

void qc_routing_withdraw(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *presence;
    uint64_t offered[QC_WORK_MAX];
    size_t n = 0;

    if (was == NULL || (presence = qc_presence_copy(txn, was)) == NULL) {
        return;
    }
    for (size_t i = was->presence->n_work; i-- > 0;) {
        const Qc__V1__Work *work = presence->presence->work[i];

        if (work->phase == QC__V1__WORK_PHASE__WORK_PHASE_OFFERED &&
            qc_id_parse(QC_INTERACTION_PREFIX, work->interaction_id,
                        &offered[n])) {
            n++;
            qc_presence_end_work(txn, presence, work);
        }
    }
    if (n == 0) {
        return;
    }
    qc_presence_put(txn, was, presence);
    while (n-- > 0 && txn->fault == 0) {
        Qc__State__InteractionRow *row = qc_interaction_get(txn, offered[n]);
        const Qc__State__InteractionRow *before;

        if (row == NULL || (before = qc_interaction_copy(txn, row)) == NULL) {
            continue;
        }
        qc_routing_take_back(txn, row);
        qc_routing_put(txn, before, row);
    }
}

void qc_routing_release(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);
    const struct qc_roster *roster = qc_roster_of(txn);

    for (unsigned i = 0; presence != NULL && roster != NULL &&
                         i < QC_RELEASED_MAX && txn->fault == 0;
         i++) {
        uint64_t held = qc_roster_held_for(roster, presence->index);
        Qc__State__InteractionRow *row =
            held != 0 ? qc_interaction_get(txn, held) : NULL;
        const Qc__State__InteractionRow *was;

        if (row == NULL || (was = qc_interaction_copy(txn, row)) == NULL) {
            break;
        }
        qc_interaction_unhold(row);
        qc_routing_put(txn, was, row);
    }
}

/* --- verification
 * ------------------------------------------------------------- */

/* Of struct qc_search. */
struct verified {
    Qc__State__InteractionRow *row;
    uint32_t rematch_from;
};

static bool need_not_be_asked(void *ctx, uint32_t agent)
{
    const struct verified *verified = ctx;

    return agent >= verified->rematch_from || is_excluded(verified->row, agent);
}

const char *qc_routing_verify(struct qc_txn *txn,
                              const Qc__State__InteractionRow *row)
{
    struct qc_roster *roster = qc_roster_of(txn);
    struct verified verified = {.rematch_from = qc_rematch_from(txn)};
    struct qc_search how = {.excluded = need_not_be_asked, .ctx = &verified};
    struct qc_waiting waiting;
    struct qc_choice choice;

    if (row->interaction->state != QUEUED || roster == NULL) {
        return NULL;
    }
    verified.row = qc_interaction_copy(txn, row);
    if (verified.row == NULL) {
        return NULL;
    }
    qc_interaction_waiting(row, &waiting);
    qc_roster_choose(roster, &waiting, &how, &choice);
    return choice.found ? "it waits while an agent could take it" : NULL;
}
