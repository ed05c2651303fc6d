#include "machine/allocation.h"

#include <assert.h>
#include <string.h>

#include "machine/allocation_index.h"
#include "machine/context.h"
#include "machine/id.h"
#include "machine/number.h"
#include "machine/planted.h"
#include "machine/pool.h"
#include "machine/row.h"
#include "machine/sha256.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/timer.h"

enum {
    FIELD_CONTEXT = 3, /* Of an AttachContextRequest. */
};

#define RESERVED QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED
#define MATCHED  QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_MATCHED
#define EXPIRED  QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_EXPIRED
#define RELEASED QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RELEASED

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

static struct qc_key key_of(const struct qc_txn *txn, uint64_t id)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_ALLOCATION);
    qc_key_put_u64(&key, id);
    return key;
}

Qc__State__AllocationRow *qc_allocation_get(struct qc_txn *txn, uint64_t id)
{
    struct qc_key key = key_of(txn, id);

    return qc_row_get(txn, &qc__state__allocation_row__descriptor, &key);
}

uint64_t qc_allocation_id(const Qc__State__AllocationRow *row)
{
    uint64_t id = 0;
    bool parsed =
        qc_id_parse(QC_ALLOCATION_PREFIX, row->allocation->allocation_id, &id);

    assert(parsed); /* Seen to when it was derived. */
    return id;
}

void qc_visit_hash(struct qc_bytes token, uint8_t hash_out[QC_VISIT_HASH_SIZE])
{
    qc_sha256(&token, 1, hash_out);
}

bool qc_visit_fits(ProtobufCBinaryData visit_hash, struct qc_bytes token)
{
    uint8_t hash[QC_VISIT_HASH_SIZE];
    uint8_t differs = 0;

    if (token.size != QC_VISIT_TOKEN_SIZE || visit_hash.len != sizeof(hash)) {
        return false;
    }
    qc_visit_hash(token, hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        differs |= (uint8_t)(hash[i] ^ visit_hash.data[i]);
    }
    return differs == 0;
}

Qc__State__AllocationRow *qc_allocation_prove(struct qc_txn *txn,
                                              const char *text,
                                              struct qc_bytes token)
{
    Qc__State__AllocationRow *row;
    uint64_t id;

    if (!qc_id_parse(QC_ALLOCATION_PREFIX, text, &id)) {
        return NULL;
    }
    row = qc_allocation_get(txn, id);
    if (row != NULL && (txn->roles & QC_ROLE_WIDGET) != 0 &&
        !qc_visit_fits(row->visit_hash, token)) {
        return NULL;
    }
    return row;
}

bool qc_allocation_is_held(const struct qc_txn *txn,
                           const Qc__State__AllocationRow *row)
{
    return row->allocation->state == RESERVED &&
           row->allocation->expires_ms > txn->now_ms;
}

bool qc_allocation_is_live(const Qc__State__AllocationRow *row)
{
    return row->allocation->state == RESERVED ||
           row->allocation->state == MATCHED;
}

Qc__State__AllocationRow *qc_allocation_copy(
    struct qc_txn *txn,
    const Qc__State__AllocationRow *row)
{
    Qc__State__AllocationRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->allocation = qc_row_copy(txn, row->allocation);
    return copy->allocation != NULL ? copy : NULL;
}

static void store(struct qc_txn *txn,
                  const Qc__State__AllocationRow *was,
                  const Qc__State__AllocationRow *row)
{
    struct qc_key key = key_of(txn, qc_allocation_id(row));

    if (txn->fault == 0) {
        qc_entity_put(txn, &qc_allocation_entity, &key, was, row);
    }
}

void qc_allocation_put(struct qc_txn *txn,
                       const Qc__State__AllocationRow *was,
                       Qc__State__AllocationRow *row)
{
    row->allocation->rev = qc_id_draw(txn);
    row->allocation->updated_ms = txn->now_ms;
    store(txn, was, row);
}

void qc_allocation_decide(struct qc_txn *txn,
                          Qc__State__AllocationRow *row,
                          const Qc__State__Decision *decision)
{
    size_t n = row->n_decisions;
    size_t kept = n < QC_DECISIONS_MAX ? n : QC_DECISIONS_MAX - 1;
    Qc__State__Decision **list =
        qc_alloc(txn, (kept + 1) * sizeof(Qc__State__Decision *));
    Qc__State__Decision *added = qc_row_copy(txn, decision);

    if (list == NULL || added == NULL) {
        return;
    }
    if (kept > 0) {
        memcpy(list, row->decisions + (n - kept),
               kept * sizeof(Qc__State__Decision *));
    }
    added->n = n > 0 ? row->decisions[n - 1]->n + 1 : 1;
    added->log_index = txn->log_index;
    added->at_ms = txn->now_ms;
    list[kept] = added;
    row->decisions = list;
    row->n_decisions = kept + 1;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* A timer of its own for a time that may have come already: then none. */
static Qc__State__Timer *timer_until(struct qc_txn *txn,
                                     enum qc_timer_kind kind,
                                     int64_t until_ms)
{
    return until_ms > txn->now_ms
               ? qc_timer_new(txn, kind, until_ms, until_ms - txn->now_ms)
               : NULL;
}

void qc_allocation_hold(struct qc_txn *txn, Qc__State__AllocationRow *row)
{
    Qc__V1__Allocation *a = row->allocation;
    int64_t last_ms = a->created_ms + QC_ALLOCATION_TTLS_MAX * row->ttl_ms;
    int64_t next_ms = txn->now_ms + row->ttl_ms;

    a->expires_ms = next_ms < last_ms ? next_ms : last_ms;
    row->expire = timer_until(txn, QC_TIMER_ALLOC_EXPIRE, a->expires_ms);
}

int qc_allocation_attach(struct qc_txn *txn,
                         Qc__State__AllocationRow *row,
                         const Qc__V1__AttachContextRequest *request)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);
    struct qc_context context;

    if (!qc_allocation_is_held(txn, row)) {
        return QC_REFUSED_BAD_STATE;
    }
    qc_context_read(&context, &row->allocation->base, QC_CONTEXT_OF_ALLOCATION);
    if (!qc_context_merge(&context, &request->base, FIELD_CONTEXT)) {
        return qc_refuse(txn, QC_REFUSED_BAD_CONTEXT, "context");
    }

    qc_context_write(txn, &context, &row->allocation->base,
                     QC_CONTEXT_OF_ALLOCATION);
    if (request->mobile != NULL) {
        row->allocation->mobile = request->mobile;
    }
    qc_allocation_put(txn, was, row);
    return 0;
}

int qc_allocation_refresh(struct qc_txn *txn, Qc__State__AllocationRow *row)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);

    if (!qc_allocation_is_held(txn, row)) {
        return QC_REFUSED_BAD_STATE;
    }

    qc_allocation_hold(txn, row);
    qc_allocation_put(txn, was, row);
    return 0;
}

/* The number, or what of it the visit has, rests until |until_ms|. */
static void number_rests(struct qc_txn *txn,
                         const Qc__State__AllocationRow *row,
                         int64_t until_ms)
{
    const Qc__V1__Allocation *a = row->allocation;
    uint64_t id = qc_allocation_id(row);

    if (a->mode == DNIS) {
        qc_number_rests(txn, a->number, id, until_ms);
        return;
    }
    qc_number_load(txn, a->number, -1);
    if (a->mode == DNIS_ANI) {
        qc_number_pair_rests(txn, a->number, a->customer_phone, id, until_ms);
    }
}

/* A call is up on the number, or what of it the visit has. */
static void number_wakes(struct qc_txn *txn,
                         const Qc__State__AllocationRow *row)
{
    const Qc__V1__Allocation *a = row->allocation;
    uint64_t id = qc_allocation_id(row);

    if (a->mode == DNIS) {
        qc_number_call_begins(txn, a->number, id);
        return;
    }
    if (!qc_allocation_is_live(row)) {
        qc_number_load(txn, a->number, 1);
    }
    if (a->mode == DNIS_ANI) {
        qc_number_pair_wakes(txn, a->number, a->customer_phone, id);
    }
}

/* It is forgotten when it has been kept for as long as the tenant says, and
 * nobody can reach it any more. */
static void keep(struct qc_txn *txn,
                 Qc__State__AllocationRow *row,
                 int64_t reachable_until_ms)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (tenant == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    row->purge_ms = later(txn->now_ms + tenant->tenant->runtime_retention_ms,
                          reachable_until_ms);
    qc_timer_row_put(txn, QC_TIMER_ALLOC_PURGE, row->purge_ms,
                     qc_allocation_id(row));
}

/* Ends it: grace and quarantine begin. After a call the quarantine is no
 * shorter than the grace; and after one that was shown nothing, both last until
 * the visitor's own call would have been too late (C.2). */
static void end(struct qc_txn *txn,
                Qc__State__AllocationRow *row,
                Qc__V1__AllocationState state)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);
    Qc__V1__Allocation *a = row->allocation;
    const Qc__State__PoolRow *pool = qc_pool_get(txn, a->pool);
    int64_t grace_ms;
    int64_t rest_ms;

    if (pool == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    grace_ms = txn->now_ms + pool->pool->grace_ms;
    rest_ms = txn->now_ms + pool->pool->quarantine_ms;
    if (a->state == MATCHED && a->withheld) {
        grace_ms = later(grace_ms, a->expires_ms);
        rest_ms = later(rest_ms, a->expires_ms);
    }
    if (a->state == MATCHED) {
        rest_ms = later(rest_ms, grace_ms);
    }
    number_rests(txn, row, rest_ms);

    a->state = state;
    a->live_calls = 0;
    a->grace_until_ms = grace_ms;
    row->expire = NULL;
    row->grace = timer_until(txn, QC_TIMER_ALLOC_GRACE, grace_ms);
    if (a->mode == ACCESS_CODE) {
        row->code_rest =
            timer_until(txn, QC_TIMER_ALLOC_GRACE, later(grace_ms, rest_ms));
    }
    keep(txn, row, later(grace_ms, rest_ms));
    qc_allocation_put(txn, was, row);
}

int qc_allocation_release(struct qc_txn *txn, Qc__State__AllocationRow *row)
{
    bool may_end = qc_allocation_is_held(txn, row);

    if (QC_PLANTED_BUG(14)) {
        may_end = may_end || (row->allocation->mode == DNIS &&
                              !qc_allocation_is_live(row));
    }
    if (!may_end && QC_PLANTED_BUG(27)) {
        qc_allocation_put(txn, qc_allocation_copy(txn, row), row);
    }
    if (!may_end) {
        return QC_REFUSED_BAD_STATE;
    }

    end(txn, row, RELEASED);
    return 0;
}

void qc_allocation_call_begins(struct qc_txn *txn,
                               Qc__State__AllocationRow *row,
                               const struct qc_visit_call *call)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);
    const Qc__State__PoolRow *pool = qc_pool_get(txn, row->allocation->pool);
    Qc__State__Decision decision = QC__STATE__DECISION__INIT;
    Qc__V1__Allocation *a = row->allocation;

    if (pool == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    decision.kind = QC__STATE__DECISION_KIND__DECISION_KIND_MATCH;
    decision.pool_rev = pool->pool->rev;
    decision.rule = call->rule;
    decision.interaction = call->interaction;
    qc_allocation_decide(txn, row, &decision);

    if (a->state != MATCHED) {
        number_wakes(txn, row);
    }
    if (a->matched_ms == 0) {
        a->matched_ms = txn->now_ms;
        a->matched_ani = call->ani;
        a->withheld = call->withheld;
        a->interaction_id = qc_id_text(txn, "ix_", call->interaction);
    }
    a->state = MATCHED;
    a->live_calls++;
    a->grace_until_ms = 0;
    row->expire = NULL;
    row->grace = NULL;
    row->code_rest = NULL;
    row->purge_ms = 0;
    qc_allocation_put(txn, was, row);
}

void qc_allocation_call_ends(struct qc_txn *txn, Qc__State__AllocationRow *row)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);

    if (row->allocation->state != MATCHED || row->allocation->live_calls == 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    if (row->allocation->live_calls == 1) {
        end(txn, row, RELEASED);
        return;
    }
    row->allocation->live_calls--;
    qc_allocation_put(txn, was, row);
}

/* The allocation that a timer is of. */
static Qc__State__AllocationRow *of_object(struct qc_txn *txn,
                                           struct qc_bytes object)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_ALLOCATION);
    qc_key_put_bytes(&key, object);
    return qc_row_get(txn, &qc__state__allocation_row__descriptor, &key);
}

void qc_allocation_expire(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__AllocationRow *row = of_object(txn, object);

    if (row != NULL) {
        end(txn, row, EXPIRED);
    }
}

static Qc__State__Timer *unless_due(const struct qc_txn *txn,
                                    Qc__State__Timer *timer)
{
    return timer != NULL && timer->due_ms > txn->now_ms ? timer : NULL;
}

/* Nothing that is shown changes, so the revision stays. */
void qc_allocation_grace(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__AllocationRow *row = of_object(txn, object);
    const Qc__State__AllocationRow *was;

    if (row == NULL) {
        return;
    }
    was = qc_allocation_copy(txn, row);
    row->grace = unless_due(txn, row->grace);
    row->code_rest = unless_due(txn, row->code_rest);
    store(txn, was, row);
}

/* One that was revived since has no such time, or a later one. */
void qc_allocation_purge(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__AllocationRow *row = of_object(txn, object);
    struct qc_key key;

    if (row == NULL || row->purge_ms == 0 || row->purge_ms > txn->now_ms) {
        return;
    }
    key = key_of(txn, qc_allocation_id(row));
    qc_entity_put(txn, &qc_allocation_entity, &key, row, NULL);
}

/* What a number in mode DNIS says of its RESERVED or MATCHED allocation. */
static const char *verify_number(struct qc_txn *txn,
                                 const Qc__State__AllocationRow *row)
{
    const Qc__V1__Allocation *a = row->allocation;
    const Qc__State__NumberRow *number = qc_number_get(txn, a->number);

    if (number == NULL) {
        return "its number does not exist";
    }
    if (a->mode != DNIS) {
        return NULL;
    }
    if (a->state == RESERVED &&
        (number->allocation != qc_allocation_id(row) ||
         number->number->state !=
             QC__V1__NUMBER_STATE__NUMBER_STATE_RESERVED)) {
        return "it holds a number that is not reserved by it";
    }
    if (a->state == MATCHED && number->allocation == qc_allocation_id(row) &&
        number->number->state != QC__V1__NUMBER_STATE__NUMBER_STATE_IN_CALL) {
        return "its call is up on a number that is not in a call";
    }
    return NULL;
}

/* Timers and counts of each state. */
static const char *verify_state(const Qc__State__AllocationRow *row)
{
    const Qc__V1__Allocation *a = row->allocation;

    if ((row->expire != NULL) != (a->state == RESERVED) ||
        (row->expire != NULL && row->expire->due_ms != a->expires_ms)) {
        return "it expires at another time, or never";
    }
    if ((a->live_calls > 0) != (a->state == MATCHED)) {
        return "its calls do not suit its state";
    }
    if (qc_allocation_is_live(row) != (row->purge_ms == 0) ||
        (qc_allocation_is_live(row) &&
         (row->grace != NULL || row->code_rest != NULL))) {
        return "it is live and has ended";
    }
    return NULL;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__AllocationRow *allocation = row;
    const char *wrong = verify_state(allocation);

    (void)key;
    if (wrong == NULL && qc_allocation_is_live(allocation)) {
        wrong = verify_number(txn, allocation);
    }
    if (wrong == NULL && !qc_allocation_is_found(txn, allocation)) {
        wrong = "another one is found in its place";
    }
    return wrong;
}

const struct qc_entity qc_allocation_entity = {
    .name = "allocation",
    .space = QC_SPACE_ALLOCATION,
    .type = &qc__state__allocation_row__descriptor,
    .derives_alone = true,
    .derive = qc_allocation_derive,
    .derived_from = qc_allocation_derived_from,
    .verify = verify,
};
