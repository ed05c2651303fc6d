#include "machine/interaction.h"

#include <assert.h>
#include <string.h>

#include "machine/allocation.h"
#include "machine/context.h"
#include "machine/customer.h"
#include "machine/desktop.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/last_agent.h"
#include "machine/orphan.h"
#include "machine/pool.h"
#include "machine/presence.h"
#include "machine/rates.h"
#include "machine/rosters.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/timer.h"

enum {
    CODE_MS = 60 * 1000, /* The connector keeps the shorter time-out. */
    PURGE_AGAIN_MS = 60 * 1000,
    FIELD_SIP = 6, /* Of a MatchCallRequest. */
};

#define NEW         QC__V1__INTERACTION_STATE__INTERACTION_STATE_NEW
#define IDENTIFYING QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING
#define QUEUED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED     QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define WRAP        QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP
#define CLOSED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED

static struct qc_key key_of(const struct qc_txn *txn, uint64_t id)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_INTERACTION);
    qc_key_put_u64(&key, id);
    return key;
}

/* |space| is that of the index while it is live, then that of the rows. */
static struct qc_key ref_key(const struct qc_txn *txn,
                             enum qc_space space,
                             const char *connector,
                             const char *ext_ref)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, space);
    qc_key_put_str(&key, connector);
    qc_key_put_str(&key, ext_ref);
    return key;
}

Qc__State__InteractionRow *qc_interaction_get(struct qc_txn *txn, uint64_t id)
{
    struct qc_key key = key_of(txn, id);

    return qc_row_get(txn, &qc__state__interaction_row__descriptor, &key);
}

Qc__State__InteractionRow *qc_interaction_of_text(struct qc_txn *txn,
                                                  const char *text)
{
    uint64_t id;

    return qc_id_parse(QC_INTERACTION_PREFIX, text, &id)
               ? qc_interaction_get(txn, id)
               : NULL;
}

Qc__State__InteractionRow *qc_interaction_of_call(struct qc_txn *txn,
                                                  const char *connector,
                                                  const char *ext_ref)
{
    struct qc_key live =
        ref_key(txn, QC_SPACE_INTERACTION_EXT, connector, ext_ref);
    struct qc_key over =
        ref_key(txn, QC_SPACE_INTERACTION_REF, connector, ext_ref);
    const Qc__State__InteractionRefRow *ref;
    uint64_t id;

    if (qc_index_get(txn, &live, &id)) {
        return qc_interaction_get(txn, id);
    }
    ref = qc_row_get(txn, &qc__state__interaction_ref_row__descriptor, &over);
    return ref != NULL ? qc_interaction_get(txn, ref->interaction) : NULL;
}

/* Of the consult about the interaction |of|. */
static struct qc_key consult_key(struct qc_txn *txn, const char *of)
{
    struct qc_key key;
    uint64_t id = 0;

    if (!qc_id_parse(QC_INTERACTION_PREFIX, of, &id)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
    }
    qc_key_begin(&key, txn->tenant, QC_SPACE_CONSULT);
    qc_key_put_u64(&key, id);
    return key;
}

bool qc_interaction_is_consult(const Qc__State__InteractionRow *row)
{
    return row->interaction->parent_id[0] != '\0';
}

Qc__State__InteractionRow *qc_interaction_consult(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row)
{
    struct qc_key key = consult_key(txn, row->interaction->interaction_id);
    uint64_t id;

    return qc_index_get(txn, &key, &id) ? qc_interaction_get(txn, id) : NULL;
}

uint64_t qc_interaction_id(const Qc__State__InteractionRow *row)
{
    uint64_t id = 0;
    bool parsed = qc_id_parse(QC_INTERACTION_PREFIX,
                              row->interaction->interaction_id, &id);

    assert(parsed); /* Seen to when it was derived. */
    return id;
}

Qc__State__InteractionRow *qc_interaction_new(
    struct qc_txn *txn,
    const Qc__V1__MatchCallRequest *request)
{
    Qc__State__InteractionRow *row =
        qc_row_new(txn, &qc__state__interaction_row__descriptor);
    Qc__V1__Interaction *x = qc_row_new(txn, &qc__v1__interaction__descriptor);
    struct qc_context sip;

    if (row == NULL || x == NULL) {
        return NULL;
    }
    x->interaction_id = qc_id_text(txn, QC_INTERACTION_PREFIX, qc_id_draw(txn));
    x->connector = request->connector;
    x->ext_ref = request->ext_ref;
    x->ani = request->ani;
    x->dnis = request->dnis;
    x->state = NEW;
    x->created_ms = txn->now_ms;
    qc_context_read(&sip, &request->base, FIELD_SIP);
    qc_context_write(txn, &sip, &x->base, QC_CONTEXT_OF_INTERACTION);
    row->interaction = x;
    return txn->fault == 0 ? row : NULL; /* Else it has no id. */
}

/* |n| pointers, in an array of their own. NULL is a fault. */
static void *copy_list(struct qc_txn *txn, const void *list, size_t n)
{
    void **copy = qc_alloc(txn, (n + 1) * sizeof(void *));

    if (copy != NULL && n > 0) {
        memcpy(copy, list, n * sizeof(void *));
    }
    return copy;
}

static bool copy_segments(struct qc_txn *txn, Qc__V1__Interaction *x)
{
    x->segments = copy_list(txn, x->segments, x->n_segments);
    for (size_t i = 0; x->segments != NULL && i < x->n_segments; i++) {
        x->segments[i] = qc_row_copy(txn, x->segments[i]);
    }
    return txn->fault == 0;
}

Qc__State__InteractionRow *qc_interaction_copy(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row)
{
    Qc__State__InteractionRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->interaction = qc_row_copy(txn, row->interaction);
    copy->exclusions = copy_list(txn, row->exclusions, row->n_exclusions);
    copy->wrap_ups = copy_list(txn, row->wrap_ups, row->n_wrap_ups);
    return txn->fault == 0 && copy_segments(txn, copy->interaction) ? copy
                                                                    : NULL;
}

/* Once it is over, what outlives it: the way to it, and its purge. */
static void remember(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    Qc__State__InteractionRefRow ref = QC__STATE__INTERACTION_REF_ROW__INIT;
    struct qc_key key =
        ref_key(txn, QC_SPACE_INTERACTION_REF, x->connector, x->ext_ref);

    if (tenant == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    ref.interaction = qc_interaction_id(row);
    qc_row_put(txn, &key, &ref);
    qc_timer_row_put(txn, QC_TIMER_INTERACTION_PURGE,
                     x->closed_ms + tenant->tenant->runtime_retention_ms,
                     ref.interaction);
}

void qc_interaction_put(struct qc_txn *txn,
                        const Qc__State__InteractionRow *was,
                        Qc__State__InteractionRow *row)
{
    struct qc_key key;

    if (txn->fault != 0) {
        return;
    }
    key = key_of(txn, qc_interaction_id(row));
    if (row->customer_key[0] == '\0' && row->interaction->state >= QUEUED) {
        row->customer_key = qc_customer_name(txn, row);
    }
    qc_orphan_guard(txn, row);
    row->interaction->rev = qc_id_draw(txn);
    row->interaction->updated_ms = txn->now_ms;
    qc_entity_put(txn, &qc_interaction_entity, &key, was, row);
    qc_rates_follow(txn, was, row);
    qc_customer_follow(txn, was, row);
    qc_desktop_shows(txn, was, row);
    if (row->interaction->state == CLOSED) {
        remember(txn, row);
    }
}

void qc_interaction_identify(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    row->interaction->state = IDENTIFYING;
    row->code =
        qc_timer_new(txn, QC_TIMER_CODE, txn->now_ms + CODE_MS, CODE_MS);
}

uint32_t qc_interaction_attempts_left(struct qc_txn *txn,
                                      const Qc__State__InteractionRow *row)
{
    const Qc__State__PoolRow *pool;

    if (row->interaction->state != IDENTIFYING) {
        return 0;
    }
    pool = qc_pool_get(txn, row->pool);
    return pool != NULL &&
                   pool->pool->max_code_attempts > row->interaction->attempts
               ? pool->pool->max_code_attempts - row->interaction->attempts
               : 0;
}

void qc_interaction_miss(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    row->interaction->attempts++;
    if (qc_interaction_attempts_left(txn, row) == 0) {
        qc_interaction_close(txn, row,
                             QC__V1__END_REASON__END_REASON_CODE_FAILED);
        return;
    }
    qc_interaction_identify(txn, row);
}

/* Of all queues when |queue| is NULL. */
static struct qc_key waiting_key(uint32_t tenant, const char *queue)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_WAITING);
    if (queue != NULL) {
        qc_key_put_str(&key, queue);
    }
    return key;
}

uint64_t qc_interactions_waiting(struct qc_txn *txn)
{
    struct qc_key key = waiting_key(txn->tenant, NULL);

    return qc_index_gauge(txn, &key);
}

uint64_t qc_interactions_waiting_in(struct qc_txn *txn, const char *queue)
{
    struct qc_key key = waiting_key(txn->tenant, queue);

    return qc_index_gauge(txn, &key);
}

const Qc__State__Route *qc_interaction_route(
    const Qc__State__InteractionRow *row)
{
    static Qc__State__RouteStep anybody = QC__STATE__ROUTE_STEP__INIT;
    static Qc__State__RouteStep *steps[] = {&anybody};
    static Qc__State__Route route = QC__STATE__ROUTE__INIT;

    route.steps = steps;
    route.n_steps = 1;
    return row->route != NULL ? row->route : &route;
}

void qc_interaction_waiting(const Qc__State__InteractionRow *row,
                            struct qc_waiting *waiting_out)
{
    const Qc__V1__Interaction *x = row->interaction;
    bool held = row->hold != NULL;

    *waiting_out = (struct qc_waiting){
        .media = x->media,
        .queue = x->queue,
        .route = held ? row->hold : qc_interaction_route(row),
        /* It waited before there were steps. */
        .step = !held && x->step > 0 ? x->step : 1,
        .held = held,
        .wants_drain = row->wants_drain,
        .drained = row->drained,
        .rank = {x->priority, x->enqueued_ms - x->age_adjust_ms,
                 qc_interaction_id(row)},
        .guarded = row->n_exclusions > 0,
    };
}

void qc_interaction_unhold(Qc__State__InteractionRow *row)
{
    row->hold = NULL;
    row->interaction->hold_agent = "";
    row->interaction->hold_until_ms = 0;
}

void qc_interaction_hang_up(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;
    Qc__State__AllocationRow *visit;
    uint64_t id;

    if (x->ended_ms != 0) {
        return;
    }
    x->ended_ms = txn->now_ms;
    if (!qc_id_parse(QC_ALLOCATION_PREFIX, x->allocation_id, &id)) {
        return;
    }
    visit = qc_allocation_get(txn, id);
    if (visit == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_allocation_call_ends(txn, visit);
}

/* What the last segment came to, when the interaction is closed. */
static Qc__V1__SegmentResult result_of(Qc__V1__EndReason reason)
{
    static const struct {
        Qc__V1__EndReason reason;
        Qc__V1__SegmentResult result;
    } results[] = {
        {QC__V1__END_REASON__END_REASON_ABANDONED,
         QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_ABANDONED},
        {QC__V1__END_REASON__END_REASON_SHORT_ABANDON,
         QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_ABANDONED},
        {QC__V1__END_REASON__END_REASON_ABANDONED_RINGING,
         QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_ABANDONED},
        {QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL,
         QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_OVERFLOW},
        {QC__V1__END_REASON__END_REASON_CANCELLED,
         QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_CANCELLED},
    };

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i].reason == reason) {
            return results[i].result;
        }
    }
    return QC__V1__SEGMENT_RESULT__SEGMENT_RESULT_FAILED;
}

void qc_interaction_close(struct qc_txn *txn,
                          Qc__State__InteractionRow *row,
                          Qc__V1__EndReason reason)
{
    Qc__V1__Interaction *x = row->interaction;

    qc_interaction_hang_up(txn, row);
    qc_segment_end(txn, row, result_of(reason));
    x->state = CLOSED;
    x->end_reason = reason;
    x->closed_ms = txn->now_ms;
    x->step_deadline_ms = 0;
    x->max_wait_deadline_ms = 0;
    qc_interaction_unhold(row);
    row->n_exclusions = 0;
    row->code = NULL;
    row->wait = NULL;
    row->announce_at_ms = 0;
}

Qc__V1__MatchResult qc_interaction_result(const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;

    if (x->allocation_id[0] != '\0') {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_MATCHED;
    }
    if (x->end_reason == QC__V1__END_REASON__END_REASON_NO_ROUTE ||
        x->end_reason == QC__V1__END_REASON__END_REASON_OUT_OF_HOURS) {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_NO_ROUTE;
    }
    if (x->end_reason == QC__V1__END_REASON__END_REASON_NO_AGENTS) {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_NO_AGENTS;
    }
    if (x->end_reason == QC__V1__END_REASON__END_REASON_REJECTED_FULL ||
        x->end_reason == QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL) {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_REJECTED_FULL;
    }
    return row->access ? QC__V1__MATCH_RESULT__MATCH_RESULT_NEED_CODE
                       : QC__V1__MATCH_RESULT__MATCH_RESULT_STATIC;
}

Qc__State__InteractionRow *qc_interaction_of_object(struct qc_txn *txn,
                                                    struct qc_bytes object)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_INTERACTION);
    qc_key_put_bytes(&key, object);
    return qc_row_get(txn, &qc__state__interaction_row__descriptor, &key);
}

void qc_interaction_code_timeout(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = qc_interaction_of_object(txn, object);
    const Qc__State__InteractionRow *was;
    Qc__State__Timer *again;

    if (row == NULL || row->code == NULL) {
        return;
    }
    was = qc_interaction_copy(txn, row);
    again = qc_timer_rearm(txn, row->code);
    if (again != NULL) {
        row->code = again;
    } else {
        qc_interaction_miss(txn, row);
    }
    qc_interaction_put(txn, was, row);
}

void qc_interaction_purge(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__InteractionRow *row =
        qc_interaction_of_object(txn, object);
    struct qc_key ref;
    struct qc_key key;

    if (row == NULL) {
        return;
    }
    if (row->n_wrap_ups > 0) { /* By agents who have passed it on. */
        qc_timer_row_put(txn, QC_TIMER_INTERACTION_PURGE,
                         txn->now_ms + PURGE_AGAIN_MS, qc_interaction_id(row));
        return;
    }
    ref = ref_key(txn, QC_SPACE_INTERACTION_REF, row->interaction->connector,
                  row->interaction->ext_ref);
    qc_del(txn, &ref);
    qc_last_agent_forget(txn, row);
    qc_customer_forget(txn, row);
    key = key_of(txn, qc_interaction_id(row));
    qc_entity_put(txn, &qc_interaction_entity, &key, row, NULL);
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__InteractionRow *interaction = row;
    const Qc__V1__Interaction *x = interaction->interaction;
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key entry;
    uint64_t id;

    if (x == NULL ||
        !qc_id_parse(QC_INTERACTION_PREFIX, x->interaction_id, &id) ||
        id != qc_key_read_u64(key, &at)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    if (x->state != CLOSED) {
        entry =
            ref_key(txn, QC_SPACE_INTERACTION_EXT, x->connector, x->ext_ref);
        qc_entity_derive_key(txn, &entry, id, how);
        qc_key_begin(&entry, txn->tenant, QC_SPACE_INTERACTION_IN);
        qc_key_put_str(&entry, x->queue);
        qc_key_put_u64(&entry, id);
        qc_entity_derive_key(txn, &entry, id, how);
    }
    if (x->state != CLOSED && qc_interaction_is_consult(interaction)) {
        entry = consult_key(txn, x->parent_id);
        qc_entity_derive_key(txn, &entry, id, how);
    }
    if (x->state == QUEUED && !qc_interaction_is_consult(interaction)) {
        entry = waiting_key(txn->tenant, NULL);
        qc_entity_derive_count(txn, &entry, how);
        entry = waiting_key(txn->tenant, x->queue);
        qc_entity_derive_count(txn, &entry, how);
    }
    if (interaction->offer_id != 0) {
        qc_key_begin(&entry, txn->tenant, QC_SPACE_OFFER);
        qc_key_put_u64(&entry, interaction->offer_id);
        qc_entity_derive_key(txn, &entry, id, how);
    }
    qc_timer_derive(txn, key, interaction->code, how);
    qc_timer_derive(txn, key, interaction->wait, how);
    qc_timer_derive(txn, key, interaction->offer, how);
    qc_timer_derive(txn, key, interaction->orphan, how);
    for (size_t i = 0; i < interaction->n_wrap_ups; i++) {
        qc_timer_derive(txn, key, interaction->wrap_ups[i]->timer, how);
    }
}

static void enlist(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__InteractionRow *interaction = row;
    struct qc_roster *roster;
    struct qc_waiting waiting;

    (void)key;
    if (interaction->interaction->state != QUEUED) {
        return;
    }
    roster = qc_roster_of(txn);
    if (roster == NULL) {
        return;
    }
    qc_interaction_waiting(interaction, &waiting);
    if (how == QC_DERIVE_ADD && !qc_roster_wait(roster, &waiting)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    if (how == QC_DERIVE_TAKE && !qc_roster_leave(roster, &waiting)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
    }
}

static const char *verify_visit(struct qc_txn *txn,
                                const Qc__V1__Interaction *x)
{
    const Qc__State__AllocationRow *visit;
    uint64_t id;

    if (x->ended_ms != 0 ||
        !qc_id_parse(QC_ALLOCATION_PREFIX, x->allocation_id, &id)) {
        return NULL;
    }
    visit = qc_allocation_get(txn, id);
    return visit == NULL || visit->allocation->live_calls == 0
               ? "it is a call of a visit that has none"
               : NULL;
}

/* Who has it is at it, and says so. */
static const char *verify_agent(struct qc_txn *txn,
                                const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    Qc__State__PresenceRow *presence;

    if (x->state < OFFERED || x->state >= WRAP) {
        return NULL;
    }
    presence = qc_presence_get(txn, x->agent);
    return presence == NULL || qc_presence_work(presence, x->interaction_id,
                                                (uint32_t)x->n_segments) == NULL
               ? "its agent is not at it"
               : NULL;
}

/* Of what it is a consult, an agent has, and there is no other one. */
static const char *verify_consult(struct qc_txn *txn,
                                  const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__State__InteractionRow *parent;
    const Qc__State__InteractionRow *found;

    if (!qc_interaction_is_consult(row) || x->state == CLOSED) {
        return NULL;
    }
    parent = qc_interaction_of_text(txn, x->parent_id);
    if (parent == NULL || qc_interaction_is_consult(parent) ||
        parent->interaction->state <= OFFERED ||
        parent->interaction->state >= WRAP) {
        return "it is a consult about what no agent has";
    }
    found = qc_interaction_consult(txn, parent);
    return found == NULL || qc_interaction_id(found) != qc_interaction_id(row)
               ? "it is the second consult about the same"
               : NULL;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__InteractionRow *interaction = row;
    const Qc__V1__Interaction *x = interaction->interaction;
    const Qc__State__InteractionRow *found =
        qc_interaction_of_call(txn, x->connector, x->ext_ref);
    const char *wrong;

    (void)key;
    if (found == NULL ||
        strcmp(found->interaction->interaction_id, x->interaction_id) != 0) {
        return "its connector's id leads elsewhere";
    }
    if (x->state < IDENTIFYING || x->state > CLOSED) {
        return "it is in no state that lasts";
    }
    if ((interaction->offer_id != 0) != (x->state == OFFERED) ||
        (interaction->offer != NULL) != (x->state == OFFERED)) {
        return "what is offered has an offer and its time, and nothing else";
    }
    if ((x->ended_ms != 0) != (x->state == WRAP || x->state == CLOSED)) {
        return "whose customer has gone is wrapped up, or over";
    }
    if ((interaction->code != NULL) != (x->state == IDENTIFYING)) {
        return "only who is asked for a code has little time";
    }
    if (interaction->orphan != NULL && x->ended_ms != 0) {
        return "whose customer has gone is not asked about";
    }
    if ((x->end_reason != QC__V1__END_REASON__END_REASON_UNSPECIFIED) !=
        (x->state == WRAP || x->state == CLOSED)) {
        return "only what is over has ended for a reason";
    }
    if ((interaction->hold != NULL) != (x->hold_until_ms != 0) ||
        (interaction->hold != NULL && x->state != QUEUED &&
         x->state != OFFERED)) {
        return "what is held for an agent waits, and not for ever";
    }
    if ((interaction->drained != 0 || interaction->wants_drain) &&
        x->state != QUEUED) {
        return "an agent is kept free only for what waits";
    }
    wrong = verify_agent(txn, interaction);
    wrong = wrong != NULL ? wrong : verify_consult(txn, interaction);
    wrong = wrong != NULL ? wrong : qc_routing_verify(txn, interaction);
    return wrong != NULL ? wrong : verify_visit(txn, x);
}

const struct qc_entity qc_interaction_entity = {
    .name = "interaction",
    .space = QC_SPACE_INTERACTION,
    .type = &qc__state__interaction_row__descriptor,
    .derives_alone = true,
    .derive = derive,
    .enlist = enlist,
    .verify = verify,
};
