#include "machine/interaction.h"

#include <assert.h>
#include <string.h>

#include "machine/allocation.h"
#include "machine/context.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/pool.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/timer.h"

enum {
    CODE_MS = 60 * 1000, /* The connector keeps the shorter time-out. */
    FIELD_SIP = 6,       /* Of a MatchCallRequest. */
};

#define NEW         QC__V1__INTERACTION_STATE__INTERACTION_STATE_NEW
#define IDENTIFYING QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING
#define QUEUED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
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

Qc__State__InteractionRow *qc_interaction_copy(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row)
{
    Qc__State__InteractionRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->interaction = qc_row_copy(txn, row->interaction);
    return copy->interaction != NULL ? copy : NULL;
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
    row->interaction->rev = qc_id_draw(txn);
    row->interaction->updated_ms = txn->now_ms;
    qc_entity_put(txn, &qc_interaction_entity, &key, was, row);
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

uint64_t qc_interactions_waiting(struct qc_txn *txn)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_WAITING);
    return qc_index_gauge(txn, &key);
}

bool qc_interaction_enqueue(struct qc_txn *txn,
                            Qc__State__InteractionRow *row,
                            const char *subject)
{
    const Qc__State__SubjectRow *of = qc_subject_get(txn, subject);
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    Qc__V1__Interaction *x = row->interaction;

    x->subject = subject;
    if (of == NULL || tenant == NULL || of->subject->queue[0] == '\0') {
        qc_interaction_close(txn, row, QC__V1__END_REASON__END_REASON_NO_ROUTE);
        return false;
    }
    if (qc_interactions_waiting(txn) >=
        tenant->tenant->quotas->waiting_interactions) {
        qc_interaction_close(
            txn, row,
            of->subject->overflow_number[0] != '\0'
                ? QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL
                : QC__V1__END_REASON__END_REASON_REJECTED_FULL);
        return false;
    }
    x->state = QUEUED;
    x->queue = of->subject->queue;
    x->enqueued_ms = txn->now_ms;
    row->code = NULL;
    return true;
}

void qc_interaction_close(struct qc_txn *txn,
                          Qc__State__InteractionRow *row,
                          Qc__V1__EndReason reason)
{
    Qc__V1__Interaction *x = row->interaction;
    Qc__State__AllocationRow *visit;
    uint64_t id;

    x->state = CLOSED;
    x->end_reason = reason;
    x->closed_ms = txn->now_ms;
    row->code = NULL;
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

/* Until there are agents, every event of the network is the caller's end. */
static Qc__V1__EndReason reason_of_end(struct qc_txn *txn,
                                       const Qc__V1__Interaction *x)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    return tenant != NULL && x->state == QUEUED &&
                   txn->now_ms - x->enqueued_ms <
                       tenant->tenant->short_abandon_ms
               ? QC__V1__END_REASON__END_REASON_SHORT_ABANDON
               : QC__V1__END_REASON__END_REASON_ABANDONED;
}

void qc_interaction_event(struct qc_txn *txn,
                          Qc__State__InteractionRow *row,
                          uint64_t event_seq,
                          bool *late_out)
{
    const Qc__State__InteractionRow *was;

    *late_out = false;
    if (event_seq <= row->event_seq) {
        return;
    }
    if (row->interaction->state == CLOSED) {
        *late_out = true;
        return;
    }

    was = qc_interaction_copy(txn, row);
    row->event_seq = event_seq;
    qc_interaction_close(txn, row, reason_of_end(txn, row->interaction));
    qc_interaction_put(txn, was, row);
}

Qc__V1__MatchResult qc_interaction_result(const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;

    if (x->allocation_id[0] != '\0') {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_MATCHED;
    }
    if (x->end_reason == QC__V1__END_REASON__END_REASON_NO_ROUTE) {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_NO_ROUTE;
    }
    if (x->end_reason == QC__V1__END_REASON__END_REASON_REJECTED_FULL ||
        x->end_reason == QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL) {
        return QC__V1__MATCH_RESULT__MATCH_RESULT_REJECTED_FULL;
    }
    return row->access ? QC__V1__MATCH_RESULT__MATCH_RESULT_NEED_CODE
                       : QC__V1__MATCH_RESULT__MATCH_RESULT_STATIC;
}

/* The interaction that a timer is of. */
static Qc__State__InteractionRow *of_object(struct qc_txn *txn,
                                            struct qc_bytes object)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_INTERACTION);
    qc_key_put_bytes(&key, object);
    return qc_row_get(txn, &qc__state__interaction_row__descriptor, &key);
}

void qc_interaction_code_timeout(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__InteractionRow *row = of_object(txn, object);
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
    const Qc__State__InteractionRow *row = of_object(txn, object);
    struct qc_key ref;
    struct qc_key key;

    if (row == NULL) {
        return;
    }
    ref = ref_key(txn, QC_SPACE_INTERACTION_REF, row->interaction->connector,
                  row->interaction->ext_ref);
    qc_del(txn, &ref);
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
    }
    if (x->state == QUEUED) {
        qc_key_begin(&entry, txn->tenant, QC_SPACE_WAITING);
        qc_index_add(txn, &entry, how);
    }
    qc_timer_derive(txn, key, interaction->code, how);
}

static const char *verify_visit(struct qc_txn *txn,
                                const Qc__V1__Interaction *x)
{
    const Qc__State__AllocationRow *visit;
    uint64_t id;

    if (x->state == CLOSED ||
        !qc_id_parse(QC_ALLOCATION_PREFIX, x->allocation_id, &id)) {
        return NULL;
    }
    visit = qc_allocation_get(txn, id);
    return visit == NULL || visit->allocation->live_calls == 0
               ? "it is a call of a visit that has none"
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

    (void)key;
    if (found == NULL ||
        strcmp(found->interaction->interaction_id, x->interaction_id) != 0) {
        return "its connector's id leads elsewhere";
    }
    if (x->state != IDENTIFYING && x->state != QUEUED && x->state != CLOSED) {
        return "it is in no state that lasts";
    }
    if ((interaction->code != NULL) != (x->state == IDENTIFYING)) {
        return "only who is asked for a code has little time";
    }
    if ((x->end_reason != QC__V1__END_REASON__END_REASON_UNSPECIFIED) !=
        (x->state == CLOSED)) {
        return "only what is over has ended for a reason";
    }
    return verify_visit(txn, x);
}

const struct qc_entity qc_interaction_entity = {
    .name = "interaction",
    .space = QC_SPACE_INTERACTION,
    .type = &qc__state__interaction_row__descriptor,
    .derive = derive,
    .verify = verify,
};
