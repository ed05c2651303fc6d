#include "machine/handling.h"

#include <string.h>

#include "machine/allocation.h"
#include "machine/disposition.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/last_agent.h"
#include "machine/offer.h"
#include "machine/planted.h"
#include "machine/presence.h"
#include "machine/queue_stats.h"
#include "machine/rates.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/session.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "machine/timer.h"
#include "machine/voice.h"

#define QUEUED    QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED   QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define CONNECTED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD      QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD
#define WRAP      QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP
#define CLOSED    QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED
#define RONA      QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_RONA
#define ACW       QC__V1__ACW_STATE__ACW_STATE_ACW
#define DONE      QC__V1__ACW_STATE__ACW_STATE_DONE

enum {
    ACW_MS = 30 * 1000,     /* When its subject says nothing. */
    OUTCOME_MS = 30 * 1000, /* For the outcome, where there is no wrap-up. */
    LATE_OUTCOME_MS = 24 * 60 * 60 * 1000,
    NOTE_SIZE_MAX = 1024,
};

#define UNSET "UNSET"

/* --- the agent's side
 * ---------------------------------------------------------- */

static uint32_t n_of(const Qc__V1__Presence *presence, Qc__V1__Media media)
{
    uint32_t n = 0;

    for (size_t i = 0; i < presence->n_work; i++) {
        n += presence->work[i]->media == media;
    }
    return n;
}

/* The agent of |presence|, which is written by the caller, is done with
 * |segment| of |row|. */
static void count_handled(struct qc_txn *txn,
                          const Qc__State__InteractionRow *row,
                          uint32_t segment,
                          Qc__State__PresenceRow *presence)
{
    const Qc__V1__Segment *of = row->interaction->segments[segment - 1];
    Qc__V1__Media media = row->interaction->media;

    qc_presence_handled(txn, presence, of->answered_ms);
    qc_queue_stats_handled(txn, of->queue, media, of->answered_ms,
                           n_of(presence->presence, media));
    qc_rates_handled(txn, of, media);
}

/* Ends a piece of the agent's work, |segment| of |row|, and writes that. */
static void end_work(struct qc_txn *txn,
                     const Qc__State__InteractionRow *row,
                     const char *agent,
                     uint32_t segment)
{
    const char *interaction_id = row->interaction->interaction_id;
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *presence =
        was != NULL ? qc_presence_copy(txn, was) : NULL;
    const Qc__V1__Work *work =
        presence != NULL ? qc_presence_work(presence, interaction_id, segment)
                         : NULL;

    if (work == NULL) {
        return;
    }
    if (row->interaction->segments[segment - 1]->ended_ms != 0) {
        count_handled(txn, row, segment, presence);
    }
    qc_presence_end_work(txn, presence, work);
    qc_session_leave_if_done(txn, presence);
    qc_presence_put(txn, was, presence);
}

static void set_phase(struct qc_txn *txn,
                      const Qc__V1__Interaction *x,
                      uint32_t segment,
                      Qc__V1__WorkPhase phase)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, x->agent);
    Qc__State__PresenceRow *presence =
        was != NULL ? qc_presence_copy(txn, was) : NULL;
    Qc__V1__Work *work =
        presence != NULL
            ? qc_presence_work(presence, x->interaction_id, segment)
            : NULL;

    if (work == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* Whoever has it is at it. */
        return;
    }
    work->phase = phase;
    work->since_ms = txn->now_ms;
    work->offer_id = "";
    qc_presence_put(txn, was, presence);
}

/* An offer has come to nothing by the agent's doing: no more are made to him,
 * unless |stays|. */
static void stain(struct qc_txn *txn,
                  const char *agent,
                  const char *interaction_id,
                  uint32_t segment,
                  bool stays)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *presence =
        was != NULL ? qc_presence_copy(txn, was) : NULL;
    const Qc__V1__Work *work =
        presence != NULL ? qc_presence_work(presence, interaction_id, segment)
                         : NULL;

    if (work == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_presence_end_work(txn, presence, work);
    presence->presence->ronas++;
    if (!stays && qc_presence_is_logged_in(presence) &&
        !presence->presence->logout_pending) {
        qc_presence_state(txn, presence,
                          QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY,
                          QC_REASON_RONA);
    }
    qc_session_leave_if_done(txn, presence);
    qc_presence_put(txn, was, presence);
}

/* --- offers
 * --------------------------------------------------------------------- */

/* The open offer of this id, to the agent of |presence|; NULL: not so. */
static Qc__State__InteractionRow *open_offer(
    struct qc_txn *txn,
    const char *offer_id,
    const Qc__State__PresenceRow *presence)
{
    Qc__State__InteractionRow *row = qc_offer_get(txn, offer_id);

    return row != NULL && row->interaction->state == OFFERED &&
                   (QC_PLANTED_BUG(32) ||
                    strcmp(row->interaction->agent,
                           presence->presence->agent) == 0)
               ? row
               : NULL;
}

int qc_handling_accept(struct qc_txn *txn,
                       const char *offer_id,
                       const Qc__State__PresenceRow *presence,
                       Qc__State__InteractionRow **row_out)
{
    Qc__State__InteractionRow *row = open_offer(txn, offer_id, presence);
    const Qc__State__InteractionRow *was;
    Qc__V1__Interaction *x;
    Qc__V1__Segment *segment;

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "offer_id");
    }
    was = qc_interaction_copy(txn, row);
    if (was == NULL) {
        return txn->fault;
    }
    x = row->interaction;
    segment = qc_segment_last(row);
    qc_voice_stop_ringing(txn, row);
    x->state = CONNECTED;
    x->offer_id = "";
    x->offer_deadline_ms = 0;
    x->step_deadline_ms = 0;
    x->max_wait_deadline_ms = 0;
    x->answered_ms = x->answered_ms != 0 ? x->answered_ms : txn->now_ms;
    row->offer = NULL;
    row->offer_id = 0;
    row->n_exclusions = 0;
    qc_interaction_unhold(row);
    segment->agent = x->agent;
    segment->answered_ms = txn->now_ms;
    if (row->expected_ms > 0) {
        qc_queue_stats_answered(txn, x->queue, x->media,
                                txn->now_ms - segment->enqueued_ms,
                                row->expected_ms);
    }
    set_phase(txn, x, segment->n, QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE);
    qc_voice_bridge(txn, row);
    qc_interaction_put(txn, was, row);
    *row_out = row;
    return 0;
}

/* The agent is not asked again soon. */
static void exclude(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    uint32_t agent)
{
    Qc__State__Exclusion *one =
        qc_row_new(txn, &qc__state__exclusion__descriptor);
    Qc__State__Exclusion **list =
        qc_row_append(txn, row->exclusions, row->n_exclusions, one);

    if (list == NULL) {
        return;
    }
    one->agent = agent;
    one->until_ms = txn->now_ms + QC_EXCLUSION_MS;
    row->exclusions = list;
    row->n_exclusions++;
}

/* |row| is offered, and not taken. */
static void redirect(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     bool stays)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);

    if (was == NULL || presence == NULL) {
        return;
    }
    stain(txn, agent, row->interaction->interaction_id, qc_segment_last(row)->n,
          stays);
    row->interaction->status = RONA;
    qc_interaction_unhold(row);
    qc_segment_last(row)->ronas++;
    exclude(txn, row, presence->index);
    qc_routing_take_back(txn, row);
    qc_routing_rank(txn, row);
    qc_routing_put(txn, was, row);
    if (stays) {
        qc_routing_feed(txn, agent);
    } else {
        qc_routing_withdraw(txn, agent);
        qc_routing_drain_another(txn, agent);
    }
}

int qc_handling_reject(struct qc_txn *txn,
                       const char *offer_id,
                       const Qc__State__PresenceRow *presence)
{
    Qc__State__InteractionRow *row = open_offer(txn, offer_id, presence);
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "offer_id");
    }
    redirect(txn, row, tenant != NULL && tenant->tenant->ready_after_reject);
    return txn->fault;
}

void qc_handling_offer_timeout(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__InteractionRow *was;
    Qc__State__Timer *again;

    if (row == NULL || row->offer == NULL) {
        return;
    }
    again = qc_timer_rearm(txn, row->offer);
    if (again == NULL) {
        redirect(txn, row, false);
        if (QC_PLANTED_BUG(16)) {
            row = qc_interaction_of_object(txn, object);
            if (row->offer != NULL) {
                redirect(txn, row, false);
            }
        }
        return;
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        row->offer = again;
        row->interaction->offer_deadline_ms = again->due_ms;
        qc_interaction_put(txn, was, row);
    }
}

/* --- the end
 * ---------------------------------------------------------------------- */

static const Qc__V1__Subject *subject_of(struct qc_txn *txn,
                                         const Qc__V1__Segment *segment)
{
    const Qc__State__SubjectRow *row = qc_subject_get(txn, segment->subject);

    return row != NULL ? row->subject : NULL;
}

static bool lacks_outcome(struct qc_txn *txn, const Qc__V1__Segment *segment)
{
    const Qc__V1__Subject *subject = subject_of(txn, segment);

    return segment->disposition[0] == '\0' && subject != NULL &&
           !subject->disposition_optional;
}

/* How long its agent may wrap up; 0: not at all. */
static int64_t wrap_up_ms(struct qc_txn *txn, const Qc__V1__Segment *segment)
{
    const Qc__V1__Subject *subject = subject_of(txn, segment);
    const Qc__State__PresenceRow *presence =
        qc_presence_get(txn, segment->agent);

    if (subject == NULL || presence == NULL ||
        !qc_presence_is_logged_in(presence)) {
        return 0;
    }
    if (!subject->no_acw) {
        return subject->acw_ms > 0 ? subject->acw_ms : ACW_MS;
    }
    return lacks_outcome(txn, segment) ? OUTCOME_MS : 0;
}

/* The agent of the last segment begins to wrap it up; false: there is nothing
 * to wrap up, and what is due is not there. */
static bool begin_wrap_up(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Segment *segment = qc_segment_last(row);
    int64_t span_ms = wrap_up_ms(txn, segment);
    Qc__State__WrapUp *one;
    Qc__State__WrapUp **list;

    if (span_ms == 0) {
        segment->acw_state = DONE;
        if (lacks_outcome(txn, segment)) {
            segment->disposition = UNSET;
        }
        return false;
    }
    one = qc_row_new(txn, &qc__state__wrap_up__descriptor);
    list = qc_row_append(txn, row->wrap_ups, row->n_wrap_ups, one);
    if (list == NULL) {
        return false;
    }
    segment->acw_state = ACW;
    one->segment = segment->n;
    one->since_ms = txn->now_ms;
    one->timer = qc_timer_new(txn, QC_TIMER_WRAP_UP, txn->now_ms + span_ms, 0);
    row->wrap_ups = list;
    row->n_wrap_ups++;
    return true;
}

/* The last segment is over for the customer; its agent, if there is one, wraps
 * up. Gives whether he does. */
static bool end_segment(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        Qc__V1__SegmentResult result)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__V1__Segment *segment = qc_segment_last(row);
    bool wraps;

    qc_segment_end(txn, row, result);
    qc_last_agent_remember(txn, row, segment);
    wraps = begin_wrap_up(txn, row);
    if (wraps && qc_media_is_voice(x->media)) {
        set_phase(txn, x, segment->n, QC__V1__WORK_PHASE__WORK_PHASE_ACW);
    } else {
        end_work(txn, row, segment->agent, segment->n);
    }
    return wraps;
}

/* An agent had it, and the customer has gone. */
static void end_handled(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        Qc__V1__EndReason reason)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;

    if (was == NULL) {
        return;
    }
    qc_interaction_hang_up(txn, row);
    row->interaction->end_reason = reason;
    if (end_segment(txn, row, QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_HANDLED)) {
        row->interaction->state = WRAP;
    } else {
        qc_interaction_close(txn, row, reason);
    }
    qc_interaction_put(txn, was, row);
    qc_routing_feed(txn, agent);
}

/* Why it ended, when nobody had it. */
static Qc__V1__EndReason reason_of_hang_up(struct qc_txn *txn,
                                           const Qc__V1__Interaction *x)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (x->state == OFFERED) {
        return QC__V1__END_REASON__END_REASON_ABANDONED_RINGING;
    }
    return tenant != NULL && x->state == QUEUED &&
                   txn->now_ms - x->enqueued_ms <
                       tenant->tenant->short_abandon_ms
               ? QC__V1__END_REASON__END_REASON_SHORT_ABANDON
               : QC__V1__END_REASON__END_REASON_ABANDONED;
}

/* Nobody had it; who was asked is free again. */
static void end_waiting(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        Qc__V1__EndReason reason)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *asked =
        row->interaction->state == OFFERED ? row->interaction->agent : NULL;

    if (was == NULL) {
        return;
    }
    if (asked != NULL) {
        end_work(txn, row, asked, qc_segment_last(row)->n);
        qc_routing_take_back(txn, row);
    }
    qc_interaction_close(txn, row, reason);
    qc_routing_put(txn, was, row);
    if (asked != NULL) {
        qc_routing_feed(txn, asked);
    }
}

void qc_handling_end(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__InteractionState state = row->interaction->state;

    qc_voice_forget(txn, row);
    if (state == CONNECTED || state == HELD) {
        end_handled(txn, row, QC__V1__END_REASON__END_REASON_HANDLED);
    } else {
        end_waiting(txn, row, reason_of_hang_up(txn, row->interaction));
    }
}

int qc_handling_cancel(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__InteractionState state = row->interaction->state;

    if (state == CONNECTED || state == HELD || state == WRAP ||
        state == CLOSED) {
        return QC_REFUSED_BAD_STATE;
    }
    qc_voice_end(txn, row, "");
    end_waiting(txn, row, QC__V1__END_REASON__END_REASON_CANCELLED);
    return txn->fault;
}

void qc_handling_bridge_failed(struct qc_txn *txn,
                               Qc__State__InteractionRow *row)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;
    Qc__V1__Segment *segment = qc_segment_last(row);

    if (was == NULL) {
        return;
    }
    qc_voice_forget(txn, row); /* The bridge, if it is still to come. */
    qc_session_unready(txn, agent, QC_REASON_CONNECT_FAILED);
    end_work(txn, row, agent, segment->n);
    if (row->interaction->answered_ms == segment->answered_ms) {
        row->interaction->answered_ms = 0;
    }
    segment->answered_ms = 0;
    segment->hold_ms = 0;
    segment->agent = "";
    row->held_ms = 0;
    qc_routing_take_back(txn, row);
    qc_routing_put(txn, was, row);
}

/* --- passing on
 * --------------------------------------------------------------------- */

int qc_handling_transfer(struct qc_txn *txn,
                         Qc__State__InteractionRow *row,
                         const char *subject,
                         const char *queue)
{
    const Qc__State__SubjectRow *to = qc_subject_get(txn, subject);
    const Qc__State__InteractionRow *was;
    const char *agent = row->interaction->agent;
    int r;

    if (row->interaction->state != CONNECTED &&
        row->interaction->state != HELD) {
        return QC_REFUSED_BAD_STATE;
    }
    r = qc_routing_admit(txn, to, queue);
    if (r != 0) {
        return r;
    }
    if (row->interaction->n_segments >= QC_SEGMENTS_MAX) {
        return qc_refuse(txn, QC_REFUSED_QUEUE_FULL, "subject");
    }
    was = qc_interaction_copy(txn, row);
    if (was == NULL) {
        return txn->fault;
    }
    qc_voice_forget(txn, row);
    end_segment(txn, row, QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_TRANSFERRED);
    qc_routing_feed(txn, agent); /* With what has waited already. */
    row->interaction->agent = "";
    qc_routing_enqueue(txn, row, to, queue, NULL);
    qc_routing_put(txn, was, row);
    return txn->fault;
}

int qc_handling_transfer_out(struct qc_txn *txn,
                             Qc__State__InteractionRow *row,
                             const char *number)
{
    if (row->interaction->state != CONNECTED &&
        row->interaction->state != HELD) {
        return QC_REFUSED_BAD_STATE;
    }
    row->interaction->transferred_to = number;
    qc_voice_send_out(txn, row, number);
    end_handled(txn, row, QC__V1__END_REASON__END_REASON_TRANSFERRED_EXTERNAL);
    return txn->fault;
}

/* --- wrapping up
 * -------------------------------------------------------------------- */

static size_t wrap_up_of(const Qc__State__InteractionRow *row, uint32_t segment)
{
    size_t i = 0;

    while (i < row->n_wrap_ups && row->wrap_ups[i]->segment != segment) {
        i++;
    }
    return i;
}

/* The agent of |segment| has done with it: so is the interaction, if nothing of
 * it goes on. Changes |row|, and writes the agent's presence. */
static void finish_segment(struct qc_txn *txn,
                           Qc__State__InteractionRow *row,
                           Qc__V1__Segment *segment)
{
    Qc__V1__Interaction *x = row->interaction;
    size_t at = wrap_up_of(row, segment->n);

    segment->acw_ms = txn->now_ms - row->wrap_ups[at]->since_ms;
    segment->acw_state = DONE;
    for (size_t i = at + 1; i < row->n_wrap_ups; i++) {
        row->wrap_ups[i - 1] = row->wrap_ups[i];
    }
    row->n_wrap_ups--;
    end_work(txn, row, segment->agent, segment->n);
    if (x->state == WRAP && row->n_wrap_ups == 0) {
        qc_interaction_close(txn, row, x->end_reason);
    }
}

int qc_handling_wrap_up(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const char *agent)
{
    Qc__V1__Segment *segment = qc_segment_of(row, agent);
    const Qc__State__InteractionRow *was;

    if (segment == NULL || segment->acw_state != ACW) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id");
    }
    if (lacks_outcome(txn, segment)) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "disposition");
    }
    was = qc_interaction_copy(txn, row);
    if (was == NULL) {
        return txn->fault;
    }
    finish_segment(txn, row, qc_segment_of(row, agent));
    qc_interaction_put(txn, was, row);
    qc_routing_feed(txn, agent);
    return txn->fault;
}

/* It ends by itself, or is left. */
static void break_off(struct qc_txn *txn,
                      Qc__State__InteractionRow *row,
                      Qc__V1__Segment *segment)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    bool unset = lacks_outcome(txn, segment);
    const char *agent = segment->agent;

    if (was == NULL || tenant == NULL) {
        return;
    }
    if (unset) {
        segment->disposition = UNSET;
    }
    finish_segment(txn, row, segment);
    qc_interaction_put(txn, was, row);
    if (unset && tenant->tenant->unready_after_unset) {
        qc_session_unready(txn, agent, QC_REASON_WRAP_UNSET);
    }
    qc_routing_feed(txn, agent);
}

/* The one that was to fire first. */
static const Qc__State__WrapUp *first_due(const Qc__State__InteractionRow *row)
{
    const Qc__State__WrapUp *first = NULL;

    for (size_t i = 0; i < row->n_wrap_ups; i++) {
        const Qc__State__WrapUp *one = row->wrap_ups[i];

        if (first == NULL || one->timer->due_ms < first->timer->due_ms ||
            (one->timer->due_ms == first->timer->due_ms &&
             one->timer->timer_id < first->timer->timer_id)) {
            first = one;
        }
    }
    return first;
}

void qc_handling_wrap_up_timeout(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__WrapUp *one = row != NULL ? first_due(row) : NULL;

    if (one != NULL && one->timer->due_ms <= txn->now_ms) {
        break_off(txn, row, row->interaction->segments[one->segment - 1]);
    }
}

void qc_handling_leave_wrap_ups(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);

    for (size_t i = 0; presence != NULL && i < presence->presence->n_work;
         i++) {
        const Qc__V1__Work *work = presence->presence->work[i];
        Qc__State__InteractionRow *row =
            work->phase == QC__V1__WORK_PHASE__WORK_PHASE_ACW
                ? qc_interaction_of_text(txn, work->interaction_id)
                : NULL;

        if (row != NULL) {
            break_off(txn, row, row->interaction->segments[work->segment - 1]);
        }
    }
}

/* --- what it came to
 * ------------------------------------------------------------------ */

static int check_outcome(struct qc_txn *txn,
                         const Qc__V1__Segment *segment,
                         const Qc__V1__SetDispositionRequest *request)
{
    const Qc__V1__Subject *subject = subject_of(txn, segment);
    const Qc__V1__Disposition *disposition;
    const char *set = QC_DISPOSITION_SET_DEFAULT;

    if (subject != NULL && subject->disposition_set[0] != '\0') {
        set = subject->disposition_set;
    }
    disposition = qc_disposition_find(txn, set, request->code);

    if (disposition == NULL) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "code");
    }
    if (disposition->requires_amount && request->amount_micro == 0) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "amount_micro");
    }
    if (disposition->requires_note && request->note[0] == '\0' &&
        segment->note[0] == '\0') {
        return qc_refuse(txn, QC_REFUSED_INVALID, "note");
    }
    return 0;
}

/* The last segment that |agent| has answered, as long as something may be said
 * about it. */
static int find_segment(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row,
                        const char *agent,
                        Qc__V1__Segment **segment_out)
{
    const Qc__V1__Interaction *x = row->interaction;

    *segment_out = qc_segment_of(row, agent);
    if (*segment_out == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
    }
    return x->state == CLOSED && txn->now_ms - x->closed_ms > LATE_OUTCOME_MS
               ? qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id")
               : 0;
}

int qc_handling_dispose(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const char *agent,
                        const Qc__V1__SetDispositionRequest *request)
{
    const Qc__State__InteractionRow *was;
    const Qc__V1__Subject *subject;
    Qc__V1__Segment *segment;
    int r;

    r = find_segment(txn, row, agent, &segment);
    r = r == 0 ? check_outcome(txn, segment, request) : r;
    if (r != 0) {
        return r;
    }
    was = qc_interaction_copy(txn, row);
    if (was == NULL) {
        return txn->fault;
    }
    segment->disposition = request->code;
    if (request->note[0] != '\0') {
        segment->note = request->note;
    }
    segment->amount_micro = request->amount_micro;
    segment->currency = request->currency;
    subject = subject_of(txn, segment);
    if (segment->acw_state == ACW && subject->no_acw) {
        finish_segment(txn, row, segment); /* It was all that was due. */
        qc_interaction_put(txn, was, row);
        qc_routing_feed(txn, agent);
    } else {
        qc_interaction_put(txn, was, row);
    }
    return txn->fault;
}

int qc_handling_note(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     const char *agent,
                     const char *note)
{
    const Qc__State__InteractionRow *was;
    Qc__V1__Segment *segment;
    int r = find_segment(txn, row, agent, &segment);

    if (r != 0) {
        return r;
    }
    if (segment->note[0] != '\0') {
        const char *const parts[] = {segment->note, "\n", note};

        note = qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
    }
    if (strlen(note) > NOTE_SIZE_MAX) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "note");
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        segment->note = note;
        qc_interaction_put(txn, was, row);
    }
    return txn->fault;
}
