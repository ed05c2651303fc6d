#include "machine/routing.h"

#include "machine/agent.h"
#include "machine/announce.h"
#include "machine/decision.h"
#include "machine/estimate.h"
#include "machine/hours.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/last_agent.h"
#include "machine/notify.h"
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
    int64_t span_ms;

    if (x->step < route->n_steps) {
        span_ms = route->steps[x->step]->timeout_ms;
        x->step_deadline_ms = span_ms > 0 ? x->step_deadline_ms + span_ms : 0;
        x->step++;
        if (x->status == INITIAL) {
            x->status = OVERFLOW;
        }
        qc_routing_rank(txn, row);
        return;
    }
    x->step_deadline_ms = 0;
    subject = qc_subject_get(txn, x->subject);
    if (subject != NULL && subject->subject->overflow_number[0] != '\0' &&
        !qc_interaction_is_consult(row)) {
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
        int64_t until_ms = row->exclusions[i]->until_ms;

        if (until_ms == 0 || until_ms > txn->now_ms) {
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
    due_ms = sooner(due_ms, row->announce_at_ms);
    if (row->drain_at_ms > txn->now_ms) {
        due_ms = sooner(due_ms, row->drain_at_ms);
    }
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
           !qc_roster_keeps(qc_roster_of(txn), &waiting, agent) &&
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
 * queue wants that; or holds |row| for that agent, if it has just come, and did
 * not come of a campaign: then the customer would be called to wait. Who has
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
        x->media != QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE &&
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

static void feed(struct qc_txn *txn, uint32_t agent);

/* Keeps an agent free for |row|, if it has waited so long: the one that is kept
 * free already, as long as that one is meant and ready. */
static void drain(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    struct qc_search how = {.excluded = is_excluded, .ctx = row};
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_waiting waiting;
    uint32_t agent;

    if (roster == NULL || row->drain_at_ms == 0 ||
        row->drain_at_ms > txn->now_ms) {
        return;
    }
    qc_interaction_waiting(row, &waiting);
    if (row->drained != 0 &&
        qc_roster_step_of(roster, &waiting, row->drained - 1) != 0 &&
        qc_roster_can_take(roster, row->drained - 1, waiting.media) !=
            QC_PASSED_NOT_READY) {
        return;
    }
    row->wants_drain = !qc_roster_drainable(roster, &waiting, &how, &agent);
    row->drained = row->wants_drain ? 0 : agent + 1;
    txn->n_offers++;
}

/* Writes |row| in the place of |was|. Whom it keeps free no more is fed. */
static void write(struct qc_txn *txn,
                  const Qc__State__InteractionRow *was,
                  Qc__State__InteractionRow *row)
{
    uint32_t drained = was != NULL ? was->drained : 0;

    if (row->interaction->state == QUEUED) {
        drain(txn, row);
        qc_announce(txn, row);
    } else {
        row->drained = 0;
        row->wants_drain = false;
    }
    if (was != NULL && was->announce_at_ms != 0 &&
        was->interaction->state == QUEUED &&
        row->interaction->state != QUEUED) {
        qc_voice_stop_announcing(txn, row);
    }
    set_timer(txn, row);
    qc_interaction_put(txn, was, row);
    if (drained != 0 && drained != row->drained) {
        feed(txn, drained - 1);
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
    write(txn, was, row);
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

/* --- from an agent to interactions ---------------------------------------- */

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
        write(txn, was, row);
    }
}

/* Writes an interaction that waits once more, so that what can be done for it
 * is done. */
static void put_again(struct qc_txn *txn, uint64_t interaction)
{
    Qc__State__InteractionRow *row = qc_interaction_get(txn, interaction);
    const Qc__State__InteractionRow *was =
        row != NULL ? qc_interaction_copy(txn, row) : NULL;

    if (was != NULL) {
        qc_routing_put(txn, was, row);
    }
}

/* Whom |agent| is to be kept free for, if anybody wants that; else what is to
 * be offered to him; 0: neither. */
static uint64_t next_for(struct asked *asked, bool *wants_drain_out)
{
    struct qc_roster *roster = qc_roster_of(asked->txn);
    uint64_t next = 0;

    *wants_drain_out = false;
    if (roster != NULL) {
        next = qc_roster_wants_drain(roster, asked->agent, is_withheld, asked);
        *wants_drain_out = next != 0;
    }
    if (roster != NULL && next == 0) {
        next = qc_roster_next_for(roster, asked->agent, is_withheld, asked);
    }
    return next;
}

static void offer_all(struct qc_txn *txn, uint32_t agent)
{
    struct asked asked = {.txn = txn, .agent = agent};
    bool wants_drain;
    uint64_t next;

    while (txn->fault == 0 && (next = next_for(&asked, &wants_drain)) != 0) {
        if (txn->n_offers >= QC_OFFERS_MAX) {
            qc_rematch_later(txn, agent);
            break;
        }
        if (wants_drain) {
            put_again(txn, next);
        } else {
            give(txn, next, agent);
        }
    }
}

/* Then whoever need not be kept for those who call any more, now that |agent|
 * is there, too. */
static void feed_one(struct qc_txn *txn, uint32_t agent)
{
    const struct qc_roster *roster = qc_roster_of(txn);
    uint32_t other = 0;

    offer_all(txn, agent);
    while (roster != NULL && txn->fault == 0 &&
           qc_roster_set_free_by(roster, agent, other, &other)) {
        offer_all(txn, other++);
    }
    qc_notify_of(txn, agent);
}

/* Who is to be fed. To feed one may set another free: so they stand in a list,
 * and nobody is fed while another is. */
struct qc_hungry {
    uint32_t agent;
    struct qc_hungry *next;
};

static void feed(struct qc_txn *txn, uint32_t agent)
{
    struct qc_hungry *one = qc_alloc(txn, sizeof(*one));

    if (one == NULL) {
        return;
    }
    *one = (struct qc_hungry){agent, txn->hungry};
    txn->hungry = one;
    if (txn->feeds) {
        return;
    }
    txn->feeds = true;
    while (txn->hungry != NULL) {
        one = txn->hungry;
        txn->hungry = one->next;
        feed_one(txn, one->agent);
    }
    txn->feeds = false;
}

void qc_routing_feed(struct qc_txn *txn, const char *agent)
{
    const Qc__State__AgentRow *row = qc_agent_get(txn, agent);

    if (row != NULL) {
        feed(txn, row->index);
    }
}

bool qc_routing_ask(struct qc_txn *txn, uint32_t agent, uint32_t max_offers)
{
    struct asked asked = {.txn = txn, .agent = agent};
    bool wants_drain;
    uint64_t next;

    while (txn->fault == 0 && (next = next_for(&asked, &wants_drain)) != 0) {
        if (txn->n_offers >= max_offers) {
            return false;
        }
        put_again(txn, next);
    }
    return true;
}

uint64_t qc_routing_drains_for(struct qc_txn *txn, uint32_t agent)
{
    const struct qc_roster *roster = qc_roster_of(txn);

    return roster != NULL ? qc_roster_drains_for(roster, agent) : 0;
}

void qc_routing_drain_another(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);
    uint64_t waiting =
        presence != NULL ? qc_routing_drains_for(txn, presence->index) : 0;

    if (waiting != 0) {
        put_again(txn, waiting);
    }
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

/* --- verification --------------------------------------------------------- */

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
    uint32_t agent;

    if (row->interaction->state != QUEUED || roster == NULL) {
        return NULL;
    }
    verified.row = qc_interaction_copy(txn, row);
    if (verified.row == NULL) {
        return NULL;
    }
    qc_interaction_waiting(row, &waiting);
    qc_roster_choose(roster, &waiting, &how, &choice);
    if (choice.found) {
        return "it waits while an agent could take it";
    }
    if (row->wants_drain &&
        qc_roster_drainable(roster, &waiting, &how, &agent)) {
        return "it waits while an agent could be kept free for it";
    }
    return row->drained != 0 &&
                   qc_roster_can_take(roster, row->drained - 1,
                                      waiting.media) == QC_PASSED_NOT_READY
               ? "an agent is kept free for it who is not ready"
               : NULL;
}
