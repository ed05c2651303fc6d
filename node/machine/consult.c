#include "machine/consult.h"

#include <string.h>

#include "machine/agent.h"
#include "machine/context.h"
#include "machine/handling_parts.h"
#include "machine/hold.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/offer.h"
#include "machine/presence.h"
#include "machine/rosters.h"
#include "machine/route.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/voice.h"

#define CONNECTED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD      QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD
#define CONSULTED QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_CONSULTED
#define FAILED    QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_FAILED
#define HANDLED   QC__V1__END_REASON__END_REASON_HANDLED
#define CANCELLED QC__V1__END_REASON__END_REASON_CANCELLED

enum {
    /* Caller and agent wait: before all who wait alone. */
    PRIORITY_DELTA = 1000,
};

static bool is_taken(const Qc__State__InteractionRow *consult)
{
    return consult->interaction->state == CONNECTED ||
           consult->interaction->state == HELD;
}

/* --- its beginning -------------------------------------------------------- */

/* A queue that |agent| serves: that of the call, if he does. */
static const char *queue_of(const Qc__V1__Agent *agent, const char *queue)
{
    for (size_t i = 0; i < agent->n_queues; i++) {
        if (strcmp(agent->queues[i], queue) == 0) {
            return queue;
        }
    }
    return agent->n_queues > 0 ? agent->queues[0] : queue;
}

/* What waits for the agent |key| alone, whatever is open or full. */
static int want_agent(struct qc_txn *txn,
                      const Qc__V1__Interaction *x,
                      const char *key,
                      struct qc_newcomer *newcomer)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, key);
    const Qc__State__AgentRow *agent = qc_agent_get(txn, key);

    if (agent == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "agent");
    }
    if (strcmp(key, x->agent) == 0) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "agent");
    }
    if (presence == NULL || !qc_presence_is_logged_in(presence) ||
        presence->presence->logout_pending) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "agent");
    }
    newcomer->subject = qc_subject_get(txn, x->subject);
    newcomer->queue = queue_of(agent->agent, x->queue);
    newcomer->route = qc_route_to(txn, agent->index);
    if (newcomer->subject == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* Nobody removes subjects. */
    }
    return txn->fault;
}

static int find_wanted(struct qc_txn *txn,
                       const Qc__V1__Interaction *x,
                       const Qc__V1__ConsultRequest *request,
                       struct qc_newcomer *newcomer)
{
    *newcomer = (struct qc_newcomer){
        .queue = request->queue,
        .media = QC__V1__MEDIA__MEDIA_VOICE,
    };
    if ((request->agent[0] != '\0') == (request->subject[0] != '\0')) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "agent");
    }
    if (request->agent[0] != '\0') {
        return want_agent(txn, x, request->agent, newcomer);
    }
    newcomer->subject = qc_subject_get(txn, request->subject);
    return qc_routing_admit(txn, newcomer);
}

/* A call from the agent of |parent|, not yet written. NULL is a fault. */
static Qc__State__InteractionRow *make(struct qc_txn *txn,
                                       const Qc__V1__Interaction *parent)
{
    Qc__State__InteractionRow *row =
        qc_row_new(txn, &qc__state__interaction_row__descriptor);
    Qc__V1__Interaction *x = qc_row_new(txn, &qc__v1__interaction__descriptor);
    struct qc_context attached;

    if (row == NULL || x == NULL) {
        return NULL;
    }
    x->interaction_id = qc_id_text(txn, QC_INTERACTION_PREFIX, qc_id_draw(txn));
    x->parent_id = parent->interaction_id;
    x->connector = parent->connector;
    x->ext_ref = x->interaction_id; /* Its connector learns of it from us. */
    x->language = parent->language;
    x->priority_delta = PRIORITY_DELTA;
    x->created_ms = txn->now_ms;
    qc_context_read(&attached, &parent->base, QC_CONTEXT_OF_INTERACTION);
    qc_context_write(txn, &attached, &x->base, QC_CONTEXT_OF_INTERACTION);
    row->interaction = x;
    return txn->fault == 0 ? row : NULL;
}

/* Lets |row| wait, as long as its parent's agent does: no time of a customer's
 * runs. He is not asked himself. */
static void wait_for(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     const struct qc_newcomer *newcomer,
                     const char *asking)
{
    const Qc__State__PresenceRow *asks = qc_presence_get(txn, asking);
    Qc__State__Exclusion *not_him =
        qc_row_new(txn, &qc__state__exclusion__descriptor);

    qc_routing_enqueue(txn, row, newcomer->subject, newcomer->queue,
                       newcomer->route);
    if (asks == NULL || not_him == NULL) {
        return;
    }
    row->interaction->max_wait_deadline_ms = 0;
    row->drain_at_ms = 0;
    row->announce_at_ms = 0;
    row->expected_ms = 0;
    not_him->agent = asks->index;
    row->exclusions = qc_row_append(txn, NULL, 0, not_him);
    row->n_exclusions = 1;
}

int qc_consult_start(struct qc_txn *txn,
                     const Qc__State__InteractionRow *row,
                     const char *agent,
                     const Qc__V1__ConsultRequest *request,
                     Qc__State__InteractionRow **consult_out)
{
    int r = qc_hold_refuses(txn, row, agent);
    struct qc_waiting waiting;
    struct qc_newcomer newcomer;

    if (r == 0 && qc_interaction_consult(txn, row) != NULL) {
        r = qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id");
    }
    r = r == 0 ? find_wanted(txn, row->interaction, request, &newcomer) : r;
    if (r != 0) {
        return r;
    }
    *consult_out = make(txn, row->interaction);
    if (*consult_out == NULL) {
        return txn->fault;
    }
    wait_for(txn, *consult_out, &newcomer, agent);
    if (txn->fault != 0) {
        return txn->fault;
    }
    qc_interaction_waiting(*consult_out, &waiting);
    if (!qc_roster_has_room(qc_roster_of(txn), &waiting)) {
        return qc_refuse(txn, QC_REFUSED_QUOTA, "agent");
    }
    qc_routing_put(txn, NULL, *consult_out);
    return txn->fault;
}

/* --- its end -------------------------------------------------------------- */

/* The agent of |row| is free; |as| is what it came to. */
static void end_taken(struct qc_txn *txn,
                      Qc__State__InteractionRow *row,
                      Qc__V1__SegmentResult as)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;
    Qc__V1__Segment *segment = qc_segment_last(row);

    if (was == NULL) {
        return;
    }
    if (as == FAILED) {
        segment->answered_ms = 0;
        row->interaction->answered_ms = 0;
    }
    qc_segment_end(txn, row, as);
    segment->acw_state = QC__V1__ACW_STATE__ACW_STATE_DONE;
    qc_handling_end_work(txn, row, agent, segment->n);
    qc_interaction_close(txn, row, as == FAILED ? CANCELLED : HANDLED);
    qc_interaction_put(txn, was, row);
    qc_routing_feed(txn, agent);
}

void qc_consult_end(struct qc_txn *txn, Qc__State__InteractionRow *consult)
{
    if (is_taken(consult)) {
        qc_voice_forget(txn, consult);
        end_taken(txn, consult, CONSULTED);
    } else {
        qc_handling_end_waiting(txn, consult, CANCELLED);
    }
}

void qc_consult_fail(struct qc_txn *txn, Qc__State__InteractionRow *consult)
{
    qc_voice_forget(txn, consult);
    end_taken(txn, consult, FAILED);
}

/* The telephones of the two are told so, too. */
static void hang_up(struct qc_txn *txn,
                    Qc__State__InteractionRow *consult,
                    Qc__V1__SegmentResult as)
{
    qc_voice_forget(txn, consult);
    qc_voice_end(txn, consult, "");
    end_taken(txn, consult, as);
}

void qc_consult_leave(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    Qc__State__InteractionRow *consult = qc_interaction_consult(txn, row);

    if (consult == NULL) {
        return;
    }
    if (is_taken(consult)) {
        hang_up(txn, consult, CONSULTED);
    } else {
        qc_handling_end_waiting(txn, consult, CANCELLED);
    }
}

/* --- what becomes of both ------------------------------------------------- */

/* The consult about |row|, which |agent| has; NULL: |*r_out| says why. */
static Qc__State__InteractionRow *find(struct qc_txn *txn,
                                       const Qc__State__InteractionRow *row,
                                       const char *agent,
                                       int *r_out)
{
    Qc__State__InteractionRow *consult = NULL;

    *r_out = qc_hold_refuses(txn, row, agent);
    if (*r_out == 0) {
        consult = qc_interaction_consult(txn, row);
    }
    if (*r_out == 0 && consult == NULL) {
        *r_out = qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id");
    }
    return consult;
}

/* The same, when a colleague has taken it. */
static Qc__State__InteractionRow *find_taken(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row,
    const char *agent,
    int *r_out)
{
    Qc__State__InteractionRow *consult = find(txn, row, agent, r_out);

    if (consult == NULL || is_taken(consult)) {
        return consult;
    }
    *r_out = qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id");
    return NULL;
}

/* What |agent| is at is not the consult any more, but the last segment of
 * |row|: so that he is never free between them. */
static void move_work(struct qc_txn *txn,
                      const char *agent,
                      const Qc__V1__Interaction *consult,
                      const Qc__V1__Interaction *x)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *presence =
        was != NULL ? qc_presence_copy(txn, was) : NULL;
    Qc__V1__Work *work =
        presence != NULL ? qc_presence_work(presence, consult->interaction_id,
                                            (uint32_t)consult->n_segments)
                         : NULL;

    if (work == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* Whoever has it is at it. */
        return;
    }
    work->interaction_id = x->interaction_id;
    work->segment = (uint32_t)x->n_segments;
    work->media = x->media;
    work->since_ms = txn->now_ms;
    qc_presence_put(txn, was, presence);
}

int qc_consult_complete(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const char *agent)
{
    const Qc__State__InteractionRow *consult_was;
    const Qc__State__InteractionRow *was;
    const Qc__State__SubjectRow *subject;
    const Qc__V1__Interaction *asked;
    int r;
    Qc__State__InteractionRow *consult = find_taken(txn, row, agent, &r);

    if (consult == NULL) {
        return r;
    }
    if (row->interaction->n_segments >= QC_SEGMENTS_MAX) {
        return qc_refuse(txn, QC_REFUSED_QUEUE_FULL, "interaction_id");
    }
    asked = consult->interaction;
    subject = qc_subject_get(txn, asked->subject);
    was = qc_interaction_copy(txn, row);
    consult_was = qc_interaction_copy(txn, consult);
    if (was == NULL || consult_was == NULL || subject == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* Nobody removes subjects. */
        return txn->fault;
    }
    qc_voice_forget(txn, consult);
    qc_segment_end(txn, consult, CONSULTED);
    qc_segment_last(consult)->acw_state = QC__V1__ACW_STATE__ACW_STATE_DONE;
    qc_interaction_close(txn, consult, HANDLED);
    qc_interaction_put(txn, consult_was, consult);
    qc_voice_forget(txn, row);
    qc_handling_end_segment(txn, row,
                            QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_TRANSFERRED);
    qc_routing_enqueue(txn, row, subject, asked->queue, NULL);
    row->interaction->agent = asked->agent;
    qc_handling_take(txn, row);
    move_work(txn, asked->agent, asked, row->interaction);
    qc_voice_hand_over(txn, row, consult);
    qc_interaction_put(txn, was, row);
    qc_routing_feed(txn, agent);
    return txn->fault;
}

int qc_consult_cancel(struct qc_txn *txn,
                      Qc__State__InteractionRow *row,
                      const char *agent)
{
    int r;
    Qc__State__InteractionRow *consult = find(txn, row, agent, &r);
    bool waits;

    if (consult == NULL) {
        return r;
    }
    waits = row->interaction->state == HELD ||
            (is_taken(consult) && !consult->interaction->conference);
    qc_consult_leave(txn, row);
    if (waits) {
        qc_voice_hold(txn, row, false);
    }
    return txn->fault;
}

int qc_consult_join(struct qc_txn *txn,
                    const Qc__State__InteractionRow *row,
                    const char *agent)
{
    int r;
    const Qc__State__InteractionRow *consult = find_taken(txn, row, agent, &r);

    if (consult != NULL) {
        qc_voice_join(txn, consult);
    }
    return r != 0 ? r : txn->fault;
}

/* --- what the telephones have done ---------------------------------------- */

static void join(struct qc_txn *txn, Qc__State__InteractionRow *consult)
{
    const Qc__State__InteractionRow *was = qc_interaction_copy(txn, consult);

    if (was != NULL) {
        consult->interaction->conference = true;
        qc_interaction_put(txn, was, consult);
    }
}

void qc_consult_effect_ended(struct qc_txn *txn,
                             const Qc__State__EffectRow *row)
{
    const Qc__V1__Effect *effect = row->effect;
    bool joins =
        effect->kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONFERENCE;
    Qc__State__InteractionRow *consult =
        qc_interaction_of_text(txn, effect->source);
    Qc__State__InteractionRow *parent;

    if (consult == NULL || !is_taken(consult)) {
        return;
    }
    parent = qc_interaction_of_text(txn, consult->interaction->parent_id);
    if (parent == NULL) {
        return;
    }
    if (effect->state == QC__V1__EFFECT_STATE__EFFECT_STATE_DONE) {
        if (joins) {
            join(txn, consult);
        }
        qc_hold_set(txn, parent, !joins);
    } else if (!joins &&
               effect->state != QC__V1__EFFECT_STATE__EFFECT_STATE_CANCELLED) {
        hang_up(txn, consult, FAILED);
    }
}

void qc_consult_offer_ended(struct qc_txn *txn, const Qc__State__EffectRow *row)
{
    Qc__State__InteractionRow *offered =
        row->effect->state == QC__V1__EFFECT_STATE__EFFECT_STATE_DEAD
            ? qc_offer_get(txn, row->effect->source)
            : NULL;

    if (offered != NULL && qc_interaction_is_consult(offered)) {
        qc_handling_end_waiting(txn, offered, CANCELLED);
    }
}
