#include "machine/subscription.h"

#include <assert.h>
#include <string.h>

#include "machine/allocation.h"
#include "machine/allocation_index.h"
#include "machine/context.h"
#include "machine/effect.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/notify.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "machine/timer.h"

#define WAITING   QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_WAITING
#define NOTIFIED  QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_NOTIFIED
#define CLAIMED   QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_CLAIMED
#define DECLINED  QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_DECLINED
#define EXPIRED   QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_EXPIRED
#define CANCELLED QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_CANCELLED
#define FAILED    QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILED

enum {
    /* Of one phone or visit that one call ends: anybody may name a phone. */
    CALL_MAX = 16,
};

static struct qc_key key_of(const struct qc_txn *txn, uint64_t id)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_SUBSCRIPTION);
    qc_key_put_u64(&key, id);
    return key;
}

Qc__State__SubscriptionRow *qc_subscription_get(struct qc_txn *txn, uint64_t id)
{
    struct qc_key key = key_of(txn, id);

    return qc_row_get(txn, qc_subscription_entity.type, &key);
}

uint64_t qc_subscription_id(const Qc__State__SubscriptionRow *row)
{
    uint64_t id = 0;
    bool parsed = qc_id_parse(QC_SUBSCRIPTION_PREFIX,
                              row->subscription->subscription_id, &id);

    assert(parsed); /* Seen to when it was derived. */
    return id;
}

static Qc__State__SubscriptionRow *of_text(struct qc_txn *txn, const char *text)
{
    uint64_t id;

    return qc_id_parse(QC_SUBSCRIPTION_PREFIX, text, &id)
               ? qc_subscription_get(txn, id)
               : NULL;
}

Qc__State__SubscriptionRow *qc_subscription_prove(struct qc_txn *txn,
                                                  const char *text,
                                                  struct qc_bytes token)
{
    Qc__State__SubscriptionRow *row = of_text(txn, text);

    return row != NULL && ((txn->roles & QC_ROLE_WIDGET) == 0 ||
                           qc_visit_fits(row->visit_hash, token))
               ? row
               : NULL;
}

static struct qc_key subject_key(const struct qc_txn *txn,
                                 enum qc_space space,
                                 const char *subject)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, space);
    qc_key_put_str(&key, subject);
    return key;
}

/* Hashes are of one size each. */
static struct qc_key hash_key(const struct qc_txn *txn,
                              enum qc_space space,
                              struct qc_bytes hash)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, space);
    qc_key_put_bytes(&key, hash);
    return key;
}

static struct qc_bytes bytes_of(ProtobufCBinaryData data)
{
    return (struct qc_bytes){data.data, data.len};
}

Qc__State__SubscriptionRow *qc_subscription_first(struct qc_txn *txn,
                                                  const char *subject)
{
    struct qc_key prefix = subject_key(txn, QC_SPACE_SUBSCRIBED, subject);
    struct qc_key first;
    uint64_t id;

    return qc_index_first(txn, &prefix, &first, &id)
               ? qc_subscription_get(txn, id)
               : NULL;
}

/* --- what is written ------------------------------------------------------ */

/* Whether its visitor waits, or may claim. */
static bool is_live(const Qc__V1__Subscription *s)
{
    return s->state == WAITING || s->state == NOTIFIED;
}

/* Whether an agent is counted on for it. */
static bool is_open(const Qc__State__SubscriptionRow *row)
{
    return row->subscription->state == NOTIFIED ||
           (row->subscription->state == CLAIMED && row->timer != NULL);
}

/* A copy that stays as it is when the row is changed; NULL is a fault. */
static Qc__State__SubscriptionRow *copy_of(
    struct qc_txn *txn,
    const Qc__State__SubscriptionRow *row)
{
    Qc__State__SubscriptionRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->subscription = qc_row_copy(txn, row->subscription);
    return copy->subscription != NULL ? copy : NULL;
}

static void keep(struct qc_txn *txn, const Qc__State__SubscriptionRow *row)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (tenant == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_timer_row_put(txn, QC_TIMER_SUBSCRIPTION_PURGE,
                     txn->now_ms + tenant->tenant->runtime_retention_ms,
                     qc_subscription_id(row));
}

/* Writes |row| in the place of |was|: NULL, or what copy_of() gave before it
 * was changed. Once it is over it is purged later; a push that nobody needs any
 * more is taken back; and an agent who is counted on no more may be another's.
 */
static void put(struct qc_txn *txn,
                const Qc__State__SubscriptionRow *was,
                Qc__State__SubscriptionRow *row)
{
    Qc__V1__Subscription *s = row->subscription;
    struct qc_key key;

    if (txn->fault != 0) {
        return;
    }
    key = key_of(txn, qc_subscription_id(row));
    s->rev = qc_id_draw(txn);
    s->updated_ms = txn->now_ms;
    qc_entity_put(txn, &qc_subscription_entity, &key, was, row);
    if (was == NULL) {
        return;
    }
    if (is_live(was->subscription) && !is_live(s)) {
        keep(txn, row);
    }
    if (was->subscription->state == NOTIFIED && s->state != NOTIFIED) {
        qc_effect_cancel_of(txn, s->subscription_id);
    }
    if (is_open(was) && !is_open(row)) {
        qc_notify_soon(txn);
    }
}

/* Brings it to |state|, in which it stays. */
static void end(struct qc_txn *txn,
                Qc__State__SubscriptionRow *row,
                Qc__V1__SubscriptionState state)
{
    const Qc__State__SubscriptionRow *was = copy_of(txn, row);

    row->subscription->state = state;
    row->subscription->claim_until_ms = 0;
    row->timer = NULL;
    put(txn, was, row);
}

/* --- subscribing ---------------------------------------------------------- */

/* The subscription for |subject| of the visit that waits or may claim; NULL
 * when there is none. */
static Qc__State__SubscriptionRow *find_live(struct qc_txn *txn,
                                             struct qc_bytes hash,
                                             const char *subject)
{
    struct qc_key prefix = hash_key(txn, QC_SPACE_SUBSCRIBED_VISIT, hash);
    Qc__State__SubscriptionRow *row;
    struct qc_key last;
    uint64_t id;

    qc_key_put_str(&prefix, subject);
    if (!qc_index_last(txn, &prefix, &last, &id)) {
        return NULL;
    }
    row = qc_subscription_get(txn, id);
    return row != NULL && is_live(row->subscription) ? row : NULL;
}

/* Whether the visit of the token is one: whoever brings another one is not let
 * choose it, for it might be guessed. */
static bool is_visit(struct qc_txn *txn, struct qc_bytes hash)
{
    struct qc_key prefix = hash_key(txn, QC_SPACE_SUBSCRIBED_VISIT, hash);
    struct qc_key first;

    return qc_allocation_of_visit(txn, hash) != 0 ||
           qc_index_first(txn, &prefix, &first, NULL);
}

static int check_limits(struct qc_txn *txn,
                        const Qc__V1__SubscribeAgentAvailableRequest *request)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    struct qc_key prefix =
        hash_key(txn, QC_SPACE_SUBSCRIBED_IP, bytes_of(request->ip_hash));
    struct qc_key key = prefix;
    struct qc_key all;
    uint32_t n = 0;

    if (tenant == NULL) {
        return QC_REFUSED_TENANT_UNKNOWN;
    }
    qc_key_begin(&all, txn->tenant, QC_SPACE_SUBSCRIBED_N);
    if (qc_index_gauge(txn, &all) >= tenant->tenant->quotas->subscriptions) {
        return qc_refuse(txn, QC_REFUSED_QUOTA, "subject");
    }
    if (request->ip_hash.len == 0 || tenant->tenant->max_live_per_ip == 0) {
        return 0;
    }
    while (n < tenant->tenant->max_live_per_ip &&
           qc_index_next(txn, &prefix, &key, NULL)) {
        n++;
    }
    return n < tenant->tenant->max_live_per_ip ? 0 : QC_REFUSED_IP_LIMIT;
}

/* What the visit says of itself; said again, it takes the place of what it
 * said before. */
static void describe(Qc__V1__Subscription *s,
                     const Qc__V1__SubscribeAgentAvailableRequest *request)
{
    s->push_provider = request->push_provider;
    s->token_ref = request->token_ref;
    s->customer_id = request->customer_id;
    s->customer_phone = request->customer_phone;
}

/* A row that waits, not yet written, with |visit_token|, or one that is drawn
 * when that is empty. NULL is a fault. */
static Qc__State__SubscriptionRow *new_row(
    struct qc_txn *txn,
    const Qc__V1__SubscribeAgentAvailableRequest *request,
    ProtobufCBinaryData *visit_token)
{
    Qc__State__SubscriptionRow *row =
        qc_row_new(txn, qc_subscription_entity.type);
    Qc__V1__Subscription *s =
        qc_row_new(txn, &qc__v1__subscription__descriptor);
    uint8_t *hash = qc_alloc(txn, QC_VISIT_HASH_SIZE);
    uint8_t *token = qc_alloc(txn, QC_VISIT_TOKEN_SIZE);

    if (row == NULL || s == NULL || hash == NULL || token == NULL) {
        return NULL;
    }
    if (visit_token->len == 0) {
        qc_random_fill(txn, token, QC_VISIT_TOKEN_SIZE);
        *visit_token = (ProtobufCBinaryData){QC_VISIT_TOKEN_SIZE, token};
    }
    qc_visit_hash(bytes_of(*visit_token), hash);
    s->subscription_id =
        qc_id_text(txn, QC_SUBSCRIPTION_PREFIX, qc_id_draw(txn));
    s->subject = request->subject;
    s->state = WAITING;
    s->created_ms = txn->now_ms;
    s->expires_ms = txn->now_ms + QC_SUBSCRIPTION_MS;
    describe(s, request);
    row->subscription = s;
    row->visit_hash = (ProtobufCBinaryData){QC_VISIT_HASH_SIZE, hash};
    row->ip_hash = request->ip_hash;
    row->timer = qc_timer_new(txn, QC_TIMER_SUBSCRIPTION, s->expires_ms,
                              QC_SUBSCRIPTION_MS);
    return row;
}

static int check_subject(struct qc_txn *txn, const char *key)
{
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, key);

    if (subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    return subject->subject->disabled || subject->subject->queue[0] == '\0'
               ? qc_refuse(txn, QC_REFUSED_BAD_STATE, "subject")
               : 0;
}

/* The subscription that the visit has already, as it is asked for now. */
static void renew(struct qc_txn *txn,
                  const Qc__V1__SubscribeAgentAvailableRequest *request,
                  Qc__State__SubscriptionRow *row)
{
    const Qc__State__SubscriptionRow *was = copy_of(txn, row);

    if (row->subscription->state == WAITING) {
        describe(row->subscription, request);
        put(txn, was, row);
    }
}

int qc_subscription_add(struct qc_txn *txn,
                        const Qc__V1__SubscribeAgentAvailableRequest *request,
                        struct qc_subscribed *subscribed_out)
{
    uint8_t bytes[QC_VISIT_HASH_SIZE];
    struct qc_bytes hash = {bytes, sizeof(bytes)};
    struct qc_subscribed got = {.visit_token = request->visit_token};
    int r = check_subject(txn, request->subject);

    if (r != 0) {
        return r;
    }
    if (got.visit_token.len > 0) {
        qc_visit_hash(bytes_of(got.visit_token), bytes);
        got.row = find_live(txn, hash, request->subject);
        if (!is_visit(txn, hash)) {
            got.visit_token.len = 0;
        }
    }
    got.reused = got.row != NULL;
    if (got.reused) {
        renew(txn, request, got.row);
        *subscribed_out = got;
        return 0;
    }
    r = check_limits(txn, request);
    if (r != 0) {
        return r;
    }
    got.row = new_row(txn, request, &got.visit_token);
    if (got.row == NULL) {
        return txn->fault;
    }
    put(txn, NULL, got.row);
    qc_notify_soon(txn);
    *subscribed_out = got;
    return 0;
}

/* --- being told ----------------------------------------------------------- */

static void push(struct qc_txn *txn, const Qc__V1__Subscription *s)
{
    struct qc_context payload = {.n = 0};
    struct qc_effect_wish wish = {
        .kind = QC__V1__EFFECT_KIND__EFFECT_KIND_PUSH_SEND,
        .connector = s->push_provider,
        .source = s->subscription_id,
        .payload = &payload,
        .deadline_ms = s->claim_until_ms,
    };

    qc_context_set(&payload, "subscription_id", s->subscription_id);
    qc_context_set(&payload, "subject", s->subject);
    qc_context_set(&payload, "token_ref", s->token_ref);
    qc_context_set(&payload, "customer_id", s->customer_id);
    qc_context_set(&payload, "claim_until_ms",
                   qc_text_decimal(txn, s->claim_until_ms));
    qc_effect_add(txn, &wish);
}

/* An agent is counted on for it from now on. */
static void count_on(struct qc_txn *txn, Qc__State__SubscriptionRow *row)
{
    row->subscription->claim_until_ms = txn->now_ms + QC_CLAIM_MS;
    row->timer = qc_timer_new(txn, QC_TIMER_CLAIM,
                              row->subscription->claim_until_ms, QC_CLAIM_MS);
}

void qc_subscription_notify(struct qc_txn *txn, Qc__State__SubscriptionRow *row)
{
    const Qc__State__SubscriptionRow *was = copy_of(txn, row);

    assert(row->subscription->state == WAITING);

    row->subscription->state = NOTIFIED;
    row->subscription->notified_ms = txn->now_ms;
    count_on(txn, row);
    put(txn, was, row);
    push(txn, row->subscription);
}

/* Only what was never done ends it: one that was done and did not reach the
 * visitor ends as he does not claim. */
void qc_subscription_push_ended(struct qc_txn *txn,
                                const Qc__State__EffectRow *effect)
{
    Qc__State__SubscriptionRow *row = of_text(txn, effect->effect->source);
    Qc__V1__EffectState state = effect->effect->state;

    if (row != NULL && row->subscription->state == NOTIFIED &&
        (state == QC__V1__EFFECT_STATE__EFFECT_STATE_DEAD ||
         state == QC__V1__EFFECT_STATE__EFFECT_STATE_CANCELLED)) {
        end(txn, row, FAILED);
    }
}

/* --- what the visitor does ------------------------------------------------ */

int qc_subscription_claim(struct qc_txn *txn, Qc__State__SubscriptionRow *row)
{
    const Qc__State__SubscriptionRow *was = copy_of(txn, row);
    Qc__V1__SubscriptionState state = row->subscription->state;

    if (state != NOTIFIED) {
        return state == CLAIMED ? 0 : QC_REFUSED_BAD_STATE;
    }
    row->subscription->state = CLAIMED;
    count_on(txn, row);
    put(txn, was, row);
    return 0;
}

int qc_subscription_decline(struct qc_txn *txn, Qc__State__SubscriptionRow *row)
{
    Qc__V1__SubscriptionState state = row->subscription->state;

    if (state != NOTIFIED) {
        return state == DECLINED ? 0 : QC_REFUSED_BAD_STATE;
    }
    end(txn, row, DECLINED);
    return 0;
}

int qc_subscription_cancel(struct qc_txn *txn, Qc__State__SubscriptionRow *row)
{
    Qc__V1__SubscriptionState state = row->subscription->state;

    if (!is_live(row->subscription)) {
        return state == CANCELLED ? 0 : QC_REFUSED_BAD_STATE;
    }
    end(txn, row, CANCELLED);
    return 0;
}

int qc_subscription_of_claim(struct qc_txn *txn,
                             const Qc__V1__AllocateNumberRequest *request,
                             const char *subject,
                             Qc__State__SubscriptionRow **row_out)
{
    Qc__State__SubscriptionRow *row;

    *row_out = NULL;
    if (request->availability_claim[0] == '\0') {
        return 0;
    }
    row = of_text(txn, request->availability_claim);
    if (row == NULL ||
        !qc_visit_fits(row->visit_hash, bytes_of(request->visit_token)) ||
        strcmp(row->subscription->subject, subject) != 0) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "availability_claim");
    }
    *row_out = row;
    return 0;
}

bool qc_subscription_may_allocate(const Qc__State__SubscriptionRow *row)
{
    return is_open(row) && row->subscription->allocation_id[0] == '\0';
}

void qc_subscription_allocated(struct qc_txn *txn,
                               Qc__State__SubscriptionRow *row,
                               const char *allocation)
{
    const Qc__State__SubscriptionRow *was = copy_of(txn, row);

    assert(qc_subscription_may_allocate(row));

    row->subscription->state = CLAIMED;
    row->subscription->allocation_id = allocation;
    count_on(txn, row);
    put(txn, was, row);
}

/* Of those under |prefix|, whose visitors need not be told any more. */
static int32_t calls(struct qc_txn *txn, const struct qc_key *prefix)
{
    struct qc_key key = *prefix;
    int32_t bonus = 0;
    uint64_t id;

    for (unsigned n = 0; n < CALL_MAX && qc_index_next(txn, prefix, &key, &id);
         n++) {
        Qc__State__SubscriptionRow *row = qc_subscription_get(txn, id);

        if (row == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            break;
        }
        if (row->subscription->state == NOTIFIED) {
            bonus = QC_CLAIM_BONUS;
        }
        end(txn, row, CLAIMED);
    }
    return bonus;
}

int32_t qc_subscription_call(struct qc_txn *txn,
                             const char *subject,
                             const char *ani,
                             const Qc__State__AllocationRow *visit)
{
    struct qc_key prefix;
    int32_t bonus = 0;
    int32_t also;

    if (visit != NULL) {
        bonus = visit->priority_delta;
        prefix = hash_key(txn, QC_SPACE_SUBSCRIBED_VISIT,
                          bytes_of(visit->visit_hash));
        qc_key_put_str(&prefix, subject);
        also = calls(txn, &prefix);
        bonus = also > bonus ? also : bonus;
    }
    if (ani[0] != '\0') {
        prefix = subject_key(txn, QC_SPACE_SUBSCRIBED_PHONE, ani);
        qc_key_put_str(&prefix, subject);
        also = calls(txn, &prefix);
        bonus = also > bonus ? also : bonus;
    }
    return bonus;
}

/* --- timers --------------------------------------------------------------- */

/* The subscription that a timer is of. */
static Qc__State__SubscriptionRow *of_object(struct qc_txn *txn,
                                             struct qc_bytes object)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_SUBSCRIPTION);
    qc_key_put_bytes(&key, object);
    return qc_row_get(txn, qc_subscription_entity.type, &key);
}

void qc_subscription_expire(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__SubscriptionRow *row = of_object(txn, object);

    if (row != NULL && row->subscription->state == WAITING) {
        end(txn, row, EXPIRED);
    }
}

void qc_subscription_claim_ended(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__SubscriptionRow *row = of_object(txn, object);
    const Qc__State__SubscriptionRow *was;
    Qc__State__Timer *again;

    if (row == NULL || !is_open(row)) {
        return;
    }
    again = qc_timer_rearm(txn, row->timer);
    if (again == NULL) {
        end(txn, row, row->subscription->state == CLAIMED ? CLAIMED : EXPIRED);
        return;
    }
    was = copy_of(txn, row);
    row->timer = again;
    row->subscription->claim_until_ms = again->due_ms;
    put(txn, was, row);
}

/* Not while an agent is counted on for it. */
void qc_subscription_purge(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__SubscriptionRow *row = of_object(txn, object);
    struct qc_key key;

    if (row == NULL) {
        return;
    }
    if (row->timer != NULL) {
        qc_timer_row_put(txn, QC_TIMER_SUBSCRIPTION_PURGE,
                         row->timer->due_ms + 1, qc_subscription_id(row));
        return;
    }
    key = key_of(txn, qc_subscription_id(row));
    qc_entity_put(txn, &qc_subscription_entity, &key, row, NULL);
}

/* --- what is derived ------------------------------------------------------ */

/* What only one has whose visitor may still call because of it. */
static void derive_awaited(struct qc_txn *txn,
                           uint64_t id,
                           const Qc__State__SubscriptionRow *row,
                           enum qc_derive how)
{
    const Qc__V1__Subscription *s = row->subscription;
    struct qc_key key =
        hash_key(txn, QC_SPACE_SUBSCRIBED_VISIT, bytes_of(row->visit_hash));

    qc_key_put_str(&key, s->subject);
    qc_key_put_u64(&key, id);
    qc_entity_derive_key(txn, &key, id, how);
    if (s->customer_phone[0] != '\0') {
        key = subject_key(txn, QC_SPACE_SUBSCRIBED_PHONE, s->customer_phone);
        qc_key_put_str(&key, s->subject);
        qc_key_put_u64(&key, id);
        qc_entity_derive_key(txn, &key, id, how);
    }
}

static void derive_live(struct qc_txn *txn,
                        uint64_t id,
                        const Qc__State__SubscriptionRow *row,
                        enum qc_derive how)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_SUBSCRIBED_N);
    qc_index_add(txn, &key, how);
    if (row->ip_hash.len > 0) {
        key = hash_key(txn, QC_SPACE_SUBSCRIBED_IP, bytes_of(row->ip_hash));
        qc_key_put_u64(&key, id);
        qc_entity_derive_key(txn, &key, 0, how);
    }
    if (row->subscription->state == WAITING) {
        key = subject_key(txn, QC_SPACE_SUBSCRIBED, row->subscription->subject);
        qc_key_put_u64(&key, id);
        qc_entity_derive_key(txn, &key, id, how);
    }
}

static bool derived_from(const ProtobufCMessageDescriptor *type,
                         uint32_t number)
{
    if (type == &qc__v1__subscription__descriptor) {
        /* subscription_id, subject; customer_phone, state */
        return number <= 2 || number == 6 || number == 7;
    }
    return true;
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__SubscriptionRow *row = message;
    const Qc__V1__Subscription *s = row->subscription;
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key claims;
    uint64_t id;

    if (s == NULL ||
        !qc_id_parse(QC_SUBSCRIPTION_PREFIX, s->subscription_id, &id) ||
        id != qc_key_read_u64(key, &at)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    if (is_live(s)) {
        derive_live(txn, id, row, how);
    }
    if (is_live(s) || is_open(row)) {
        derive_awaited(txn, id, row, how);
    }
    if (is_open(row)) {
        claims = subject_key(txn, QC_SPACE_CLAIMS, s->subject);
        qc_index_add(txn, &claims, how);
    }
    qc_timer_derive(txn, key, row->timer, how);
}

/* Which timer it should have; 0: none. */
static uint32_t timer_kind_of(const Qc__State__SubscriptionRow *row)
{
    if (row->subscription->state == WAITING) {
        return QC_TIMER_SUBSCRIPTION;
    }
    return is_open(row) ? QC_TIMER_CLAIM : 0;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__SubscriptionRow *row = message;
    const Qc__V1__Subscription *s = row->subscription;

    (void)txn;
    (void)key;
    if (s->state < WAITING || s->state > FAILED) {
        return "it is in no state";
    }
    if ((row->timer != NULL ? row->timer->kind : 0) != timer_kind_of(row)) {
        return "it has a timer that its state has not, or none";
    }
    if (s->claim_until_ms != (is_open(row) ? row->timer->due_ms : 0)) {
        return "its claim does not end when its timer says";
    }
    if (s->state == WAITING && s->notified_ms != 0) {
        return "it waits though its visitor was told";
    }
    return s->allocation_id[0] != '\0' && s->state != CLAIMED
               ? "a number was given for it, and it is not claimed"
               : NULL;
}

const struct qc_entity qc_subscription_entity = {
    .name = "subscription",
    .space = QC_SPACE_SUBSCRIPTION,
    .type = &qc__state__subscription_row__descriptor,
    .derive = derive,
    .derived_from = derived_from,
    .verify = verify,
};
