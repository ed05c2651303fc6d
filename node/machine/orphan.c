#include "machine/orphan.h"

#include <string.h>

#include "machine/context.h"
#include "machine/effect.h"
#include "machine/handling.h"
#include "machine/interaction.h"
#include "machine/presence.h"
#include "machine/roster.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "machine/timer.h"

#define OFFERED QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED

/* Of the result of the effect. */
#define KEY_OUTCOME "outcome"
#define ENDED       "ended"

static const Qc__V1__Tenant *tenant_of(struct qc_txn *txn)
{
    const Qc__State__TenantRow *row = qc_tenant_get(txn, txn->tenant);

    return row != NULL ? row->tenant : NULL;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* When its connector is to be asked; INT64_MAX: never. A row of the tenant that
 * an older cluster wrote has no spans. */
static int64_t ask_at_ms(struct qc_txn *txn,
                         const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__V1__Tenant *tenant = tenant_of(txn);
    int64_t heard_ms = later(row->heard_ms, x->created_ms);
    int64_t span_ms;
    int64_t at_ms;

    if (tenant == NULL || tenant->orphan_ms == 0) {
        return INT64_MAX;
    }
    /* Only a call may be asked for a code before it has a way. */
    span_ms = x->media == QC__V1__MEDIA__MEDIA_UNSPECIFIED ||
                      qc_media_is_voice(x->media)
                  ? tenant->orphan_ms
                  : tenant->orphan_other_ms;
    at_ms = heard_ms + span_ms;
    if (x->state == OFFERED) {
        int64_t offered_ms = later(heard_ms, qc_segment_last(row)->offered_ms) +
                             tenant->orphan_offered_ms;

        at_ms = offered_ms < at_ms ? offered_ms : at_ms;
    }
    return at_ms;
}

/* Most offers end by themselves before anybody would be asked about them. */
static bool is_short_offer(const struct qc_txn *txn,
                           const Qc__V1__Interaction *x)
{
    return x->offer_deadline_ms - txn->now_ms <= QC_TENANT_ORPHAN_MS_MIN;
}

void qc_orphan_guard(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    int64_t at_ms;

    if (x->ended_ms != 0 || x->connector[0] == '\0') {
        row->orphan = NULL;
        return;
    }
    if (row->orphan != NULL &&
        (row->orphan->kind == QC_TIMER_ORPHAN_ANSWER || x->state != OFFERED ||
         is_short_offer(txn, x))) {
        return;
    }
    at_ms = ask_at_ms(txn, row);
    if (at_ms != INT64_MAX &&
        (row->orphan == NULL || at_ms < row->orphan->due_ms)) {
        row->orphan = qc_timer_new(txn, QC_TIMER_ORPHAN, at_ms, 0);
    }
}

/* The query has a source of its own: it neither waits for what a connector does
 * not do nor holds up what is to be done. */
static void ask(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const char *const source[] = {"status/", x->interaction_id};
    struct qc_context payload = {.n = 0};
    struct qc_effect_wish wish = {
        .kind = QC__V1__EFFECT_KIND__EFFECT_KIND_QUERY_STATUS,
        .connector = x->connector,
        .source = qc_text_join(txn, source, sizeof(source) / sizeof(source[0])),
        .payload = &payload,
        .deadline_ms = txn->now_ms + QC_ORPHAN_ANSWER_MS,
    };

    qc_context_set(&payload, "interaction_id", x->interaction_id);
    qc_context_set(&payload, "ext_ref", x->ext_ref);
    if (txn->fault == 0) {
        qc_effect_add(txn, &wish);
    }
}

void qc_orphan_due(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__InteractionRow *was = row != NULL && row->orphan != NULL
                                               ? qc_interaction_copy(txn, row)
                                               : NULL;

    if (was == NULL) {
        return;
    }
    row->orphan = NULL;
    if (ask_at_ms(txn, row) <= txn->now_ms) {
        row->orphan = qc_timer_new(txn, QC_TIMER_ORPHAN_ANSWER,
                                   txn->now_ms + QC_ORPHAN_ANSWER_MS,
                                   QC_ORPHAN_ANSWER_MS);
        ask(txn, row->interaction);
    }
    qc_interaction_put(txn, was, row);
}

void qc_orphan_unanswered(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__InteractionRow *was;
    Qc__State__Timer *again;

    if (row == NULL || row->orphan == NULL) {
        return;
    }
    again = qc_timer_rearm(txn, row->orphan);
    if (again == NULL) {
        qc_handling_lose(txn, row);
        return;
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        row->orphan = again;
        ask(txn, row->interaction); /* The first query has expired. */
        qc_interaction_put(txn, was, row);
    }
}

void qc_orphan_heard(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__State__InteractionRow *was =
        row->orphan != NULL && row->orphan->kind == QC_TIMER_ORPHAN_ANSWER
            ? qc_interaction_copy(txn, row)
            : NULL;

    if (was != NULL) {
        row->heard_ms = txn->now_ms;
        row->orphan = NULL;
        qc_interaction_put(txn, was, row);
    }
}

void qc_orphan_ask_about(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *presence = qc_presence_get(txn, agent);

    for (size_t i = 0; presence != NULL && i < presence->presence->n_work;
         i++) {
        const Qc__V1__Work *work = presence->presence->work[i];
        const Qc__State__InteractionRow *row =
            work->phase == QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE
                ? qc_interaction_of_text(txn, work->interaction_id)
                : NULL;

        if (row != NULL && row->orphan != NULL &&
            row->orphan->kind == QC_TIMER_ORPHAN) {
            ask(txn, row->interaction);
        }
    }
}

void qc_orphan_query_ended(struct qc_txn *txn,
                           const Qc__State__EffectRow *query)
{
    Qc__State__InteractionRow *row;
    struct qc_context context;
    const char *id;
    const char *outcome;

    qc_context_read(&context, &query->effect->base, QC_PAYLOAD_OF_EFFECT);
    id = qc_context_get(&context, "interaction_id");
    row = id != NULL ? qc_interaction_of_text(txn, id) : NULL;
    if (row == NULL || row->interaction->ended_ms != 0 ||
        query->effect->state != QC__V1__EFFECT_STATE__EFFECT_STATE_DONE) {
        return;
    }
    qc_context_read(&context, &query->effect->base, QC_RESULT_OF_EFFECT);
    outcome = qc_context_get(&context, KEY_OUTCOME);
    if (outcome != NULL && strcmp(outcome, ENDED) == 0) {
        qc_handling_end(txn, row);
    } else {
        qc_orphan_heard(txn, row);
    }
}
