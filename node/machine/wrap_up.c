#include <string.h>

#include "machine/disposition.h"
#include "machine/handling.h"
#include "machine/handling_parts.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/presence.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/session.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "machine/timer.h"

/* What an agent does with an interaction that is over for its customer, and
 * what it came to. */

#define WRAP   QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP
#define CLOSED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED
#define ACW    QC__V1__ACW_STATE__ACW_STATE_ACW
#define DONE   QC__V1__ACW_STATE__ACW_STATE_DONE

enum {
    ACW_MS = 30 * 1000,     /* When its subject says nothing. */
    OUTCOME_MS = 30 * 1000, /* For the outcome, where there is no wrap-up. */
    LATE_OUTCOME_MS = 24 * 60 * 60 * 1000,
    NOTE_SIZE_MAX = 1024,
};

#define UNSET "UNSET"

/* --- wrapping up ---------------------------------------------------------- */

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
    const Qc__State__PresenceRow *presence;

    if (subject == NULL || (subject->no_acw && !lacks_outcome(txn, segment))) {
        return 0;
    }
    presence = qc_presence_get(txn, segment->agent);
    if (presence == NULL || !qc_presence_is_logged_in(presence)) {
        return 0;
    }
    if (subject->no_acw) {
        return OUTCOME_MS;
    }
    return subject->acw_ms > 0 ? subject->acw_ms : ACW_MS;
}

void qc_handling_skip_wrap_up(struct qc_txn *txn, Qc__V1__Segment *segment)
{
    segment->acw_state = DONE;
    if (lacks_outcome(txn, segment)) {
        segment->disposition = UNSET;
    }
}

bool qc_handling_begin_wrap_up(struct qc_txn *txn,
                               Qc__State__InteractionRow *row)
{
    Qc__V1__Segment *segment = qc_segment_last(row);
    int64_t span_ms = wrap_up_ms(txn, segment);
    Qc__State__WrapUp *one;
    Qc__State__WrapUp **list;

    if (span_ms == 0) {
        qc_handling_skip_wrap_up(txn, segment);
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
    qc_handling_end_work(txn, row, segment->agent, segment->n);
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

/* --- what it came to ------------------------------------------------------ */

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
