#include "machine/handling.h"

#include <string.h>

#include "machine/allocation.h"
#include "machine/consult.h"
#include "machine/context_rule.h"
#include "machine/handling_parts.h"
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
#include "machine/timer.h"
#include "machine/voice.h"

#define QUEUED    QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED   QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define CONNECTED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD      QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD
#define WRAP      QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP
#define CLOSED    QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED
#define RONA      QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_RONA

/* --- the agent's side ----------------------------------------------------- */

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

void qc_handling_end_work(struct qc_txn *txn,
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
    if (row->interaction->segments[segment - 1]->ended_ms != 0 &&
        !qc_interaction_is_consult(row)) {
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

/* --- offers --------------------------------------------------------------- */

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

void qc_handling_take(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;
    Qc__V1__Segment *segment = qc_segment_last(row);

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
    qc_handling_take(txn, row);
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
    qc_offer_exclude(txn, row, presence->index);
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
    if (again == NULL && !qc_voice_is_noticed(txn, row)) {
        qc_offer_miss(txn, row);
        return;
    }
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

/* --- the end -------------------------------------------------------------- */

bool qc_handling_end_segment(struct qc_txn *txn,
                             Qc__State__InteractionRow *row,
                             Qc__V1__SegmentResult result)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__V1__Segment *segment = qc_segment_last(row);
    bool wraps;

    qc_segment_end(txn, row, result);
    qc_last_agent_remember(txn, row, segment);
    wraps = qc_handling_begin_wrap_up(txn, row);
    if (wraps && qc_media_is_voice(x->media)) {
        set_phase(txn, x, segment->n, QC__V1__WORK_PHASE__WORK_PHASE_ACW);
    } else {
        qc_handling_end_work(txn, row, segment->agent, segment->n);
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
    qc_consult_leave(txn, row);
    qc_interaction_hang_up(txn, row);
    row->interaction->end_reason = reason;
    if (qc_handling_end_segment(
            txn, row, QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_HANDLED)) {
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

void qc_handling_end_waiting(struct qc_txn *txn,
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
        qc_handling_end_work(txn, row, asked, qc_segment_last(row)->n);
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

    if (qc_interaction_is_consult(row)) {
        qc_consult_end(txn, row);
        return;
    }
    qc_voice_forget(txn, row);
    if (state == CONNECTED || state == HELD) {
        end_handled(txn, row, QC__V1__END_REASON__END_REASON_HANDLED);
    } else {
        qc_handling_end_waiting(txn, row,
                                reason_of_hang_up(txn, row->interaction));
    }
}

/* An agent has it, who is free; nothing of it counts as handled. */
static void lose_handled(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;
    Qc__V1__Segment *segment = qc_segment_last(row);

    if (was == NULL) {
        return;
    }
    qc_consult_leave(txn, row);
    qc_handling_end_work(txn, row, agent, segment->n);
    qc_handling_skip_wrap_up(txn, segment);
    qc_interaction_close(txn, row,
                         QC__V1__END_REASON__END_REASON_CONNECTOR_LOST);
    qc_last_agent_remember(txn, row, segment);
    qc_interaction_put(txn, was, row);
    qc_routing_feed(txn, agent);
}

void qc_handling_lose(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__InteractionState state = row->interaction->state;

    if (qc_interaction_is_consult(row)) {
        qc_consult_end(txn, row);
        return;
    }
    qc_voice_forget(txn, row);
    if (state == CONNECTED || state == HELD) {
        lose_handled(txn, row);
        return;
    }
    /* Should the connector come back, nobody is left to wait for ever. Who
     * speaks, speaks on. */
    qc_voice_end(txn, row, "");
    qc_handling_end_waiting(txn, row,
                            QC__V1__END_REASON__END_REASON_CONNECTOR_LOST);
}

int qc_handling_cancel(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__InteractionState state = row->interaction->state;

    if (state == CONNECTED || state == HELD || state == WRAP ||
        state == CLOSED) {
        return QC_REFUSED_BAD_STATE;
    }
    qc_voice_end(txn, row, "");
    qc_handling_end_waiting(txn, row, QC__V1__END_REASON__END_REASON_CANCELLED);
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
    if (qc_interaction_is_consult(row)) {
        qc_session_unready(txn, agent, QC_REASON_CONNECT_FAILED);
        qc_consult_fail(txn, row);
        return;
    }
    qc_consult_leave(txn, row);
    qc_voice_forget(txn, row); /* The bridge, if it is still to come. */
    qc_session_unready(txn, agent, QC_REASON_CONNECT_FAILED);
    qc_handling_end_work(txn, row, agent, segment->n);
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

/* --- passing on ----------------------------------------------------------- */

static bool may_be_passed_on(const Qc__State__InteractionRow *row)
{
    return (row->interaction->state == CONNECTED ||
            row->interaction->state == HELD) &&
           !qc_interaction_is_consult(row);
}

int qc_handling_transfer(struct qc_txn *txn,
                         Qc__State__InteractionRow *row,
                         const char *subject,
                         const char *queue)
{
    const Qc__State__SubjectRow *to = qc_subject_get(txn, subject);
    struct qc_newcomer newcomer = {.subject = to,
                                   .queue = queue,
                                   .media = row->interaction->media};
    const Qc__State__InteractionRow *was;
    const char *agent = row->interaction->agent;
    int r;

    if (!may_be_passed_on(row)) {
        return QC_REFUSED_BAD_STATE;
    }
    newcomer.route =
        qc_context_rules_route(txn, row->rules, to != NULL ? to->route : NULL);
    r = qc_routing_admit(txn, &newcomer);
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
    qc_consult_leave(txn, row);
    qc_voice_forget(txn, row);
    qc_handling_end_segment(txn, row,
                            QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_TRANSFERRED);
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
    if (!may_be_passed_on(row)) {
        return QC_REFUSED_BAD_STATE;
    }
    qc_voice_forget(txn, row); /* What can wait no more. */
    row->interaction->transferred_to = number;
    qc_voice_send_out(txn, row, number);
    end_handled(txn, row, QC__V1__END_REASON__END_REASON_TRANSFERRED_EXTERNAL);
    return txn->fault;
}
