#include "machine/effect.h"

#include <assert.h>
#include <string.h>

#include "base/siphash.h"
#include "machine/consult.h"
#include "machine/context.h"
#include "machine/hold.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/orphan.h"
#include "machine/outbox.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subscription.h"
#include "machine/tenant.h"
#include "machine/timer.h"

/*
 * The index EFFECT_OF holds what is not over, source by source, in the order of
 * ids. Its keys end in all that it takes to find the effect's entry among the
 * ready: whether it is PENDING, kind, not_before_ms, connector. So
 * EFFECT_READY, which holds the first of each source while that is PENDING, is
 * derived from EFFECT_OF alone, in whatever order rows are read.
 */

enum {
    FIELD_LATE_RESULT = 14,
    BACKOFF_MS = 1000,
    BACKOFF_MS_MAX = 300 * 1000,
    JITTER_MS = 1000,
    QUERY_MS = 3600 * 1000, /* Later, nobody can tell what became of a call. */
};

#define KIND(name)       QC__V1__EFFECT_KIND__EFFECT_KIND_##name
#define PENDING          QC__V1__EFFECT_STATE__EFFECT_STATE_PENDING
#define LEASED           QC__V1__EFFECT_STATE__EFFECT_STATE_LEASED
#define DONE             QC__V1__EFFECT_STATE__EFFECT_STATE_DONE
#define UNKNOWN          QC__V1__EFFECT_STATE__EFFECT_STATE_UNKNOWN
#define CANCELLED        QC__V1__EFFECT_STATE__EFFECT_STATE_CANCELLED
#define CANCEL_REQUESTED QC__V1__EFFECT_STATE__EFFECT_STATE_CANCEL_REQUESTED
#define EXPIRED          QC__V1__EFFECT_STATE__EFFECT_STATE_EXPIRED
#define DEAD             QC__V1__EFFECT_STATE__EFFECT_STATE_DEAD

/* The effect that a query asked about. */
#define KEY_EFFECT_ID "effect_id"

static void query_ended(struct qc_txn *txn, const Qc__State__EffectRow *row);

/*
 * What is special about a kind. |once|: it must not happen twice, so it is
 * never leased again when a lease was lost. |ended| is how the object that it
 * belongs to hears of its end: called when the row is written, it may add
 * effects, also of the same source, and change any other row.
 */
static const struct {
    bool once;
    void (*ended)(struct qc_txn *txn, const Qc__State__EffectRow *row);
} kinds[QC_EFFECT_KIND_MAX + 1] = {
    [KIND(VOICE_DIAL)] = {.once = true},
    [KIND(SMS_SEND)] = {.once = true},
    [KIND(EMAIL_SEND)] = {.once = true},
    [KIND(MSG_SEND)] = {.once = true},
    [KIND(PUSH_SEND)] = {.ended = qc_subscription_push_ended},
    [KIND(QUERY_STATUS)] = {.ended = query_ended},
    [KIND(VOICE_HOLD)] = {.ended = qc_hold_effect_ended},
    [KIND(VOICE_RETRIEVE)] = {.ended = qc_hold_effect_ended},
    [KIND(VOICE_OFFER_AGENT)] = {.ended = qc_consult_offer_ended},
    [KIND(VOICE_CONSULT)] = {.ended = qc_consult_effect_ended},
    [KIND(VOICE_CONFERENCE)] = {.ended = qc_consult_effect_ended},
};

static struct qc_key key_of(const struct qc_txn *txn, uint64_t id)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_EFFECT);
    qc_key_put_u64(&key, id);
    return key;
}

Qc__State__EffectRow *qc_effect_get(struct qc_txn *txn, uint64_t id)
{
    struct qc_key key = key_of(txn, id);

    return qc_row_get(txn, &qc__state__effect_row__descriptor, &key);
}

Qc__State__EffectRow *qc_effect_of_text(struct qc_txn *txn, const char *text)
{
    uint64_t id;

    return qc_id_parse(QC_EFFECT_PREFIX, text, &id) ? qc_effect_get(txn, id)
                                                    : NULL;
}

uint64_t qc_effect_id(const Qc__State__EffectRow *row)
{
    uint64_t id = 0;
    bool parsed = qc_id_parse(QC_EFFECT_PREFIX, row->effect->effect_id, &id);

    assert(parsed); /* Seen to when it was derived. */
    return id;
}

static bool is_leased(const Qc__V1__Effect *effect)
{
    return effect->state == LEASED || effect->state == CANCEL_REQUESTED;
}

bool qc_effect_is_over(const Qc__State__EffectRow *row)
{
    return row->effect->state != PENDING && !is_leased(row->effect);
}

/* A copy that stays as it is when the row is changed; NULL is a fault. */
static Qc__State__EffectRow *copy_of(struct qc_txn *txn,
                                     const Qc__State__EffectRow *row)
{
    Qc__State__EffectRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->effect = qc_row_copy(txn, row->effect);
    return copy->effect != NULL ? copy : NULL;
}

/* Its row is purged later, and whoever it belongs to hears of it. */
static void end(struct qc_txn *txn, const Qc__State__EffectRow *row)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (tenant == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_timer_row_put(txn, QC_TIMER_EFFECT_PURGE,
                     txn->now_ms + tenant->tenant->runtime_retention_ms,
                     qc_effect_id(row));
    if (kinds[row->effect->kind].ended != NULL) {
        kinds[row->effect->kind].ended(txn, row);
    }
}

/* Writes |row| in the place of |was|: NULL, or what copy_of() gave before it
 * was changed. */
static void put(struct qc_txn *txn,
                const Qc__State__EffectRow *was,
                Qc__State__EffectRow *row)
{
    struct qc_key key;

    if (txn->fault != 0) {
        return;
    }
    key = key_of(txn, qc_effect_id(row));
    row->effect->rev = qc_id_draw(txn);
    row->effect->updated_ms = txn->now_ms;
    qc_entity_put(txn, &qc_effect_entity, &key, was, row);
    if (qc_effect_is_over(row) && was != NULL && !qc_effect_is_over(was)) {
        end(txn, row);
    }
}

/* Makes it PENDING, with the timer that this state has. */
static void wait(struct qc_txn *txn, Qc__State__EffectRow *row)
{
    Qc__V1__Effect *effect = row->effect;

    effect->state = PENDING;
    effect->lease_until_ms = 0;
    row->timer = effect->deadline_ms != 0
                     ? qc_timer_new(txn, QC_TIMER_EFFECT_DEADLINE,
                                    effect->deadline_ms, 0)
                     : NULL;
}

/* Brings it to |state|, in which it stays. */
static void finish(Qc__State__EffectRow *row, Qc__V1__EffectState state)
{
    row->effect->state = state;
    row->effect->lease_until_ms = 0;
    row->timer = NULL;
}

static bool is_too_late(const struct qc_txn *txn, const Qc__V1__Effect *effect)
{
    return effect->deadline_ms != 0 && effect->deadline_ms <= txn->now_ms;
}

/* After a try that came to nothing: another one, or the end. */
static void try_again(struct qc_txn *txn, Qc__State__EffectRow *row)
{
    if (row->effect->attempts >= QC_EFFECT_ATTEMPTS_MAX) {
        finish(row, DEAD);
    } else if (is_too_late(txn, row->effect)) {
        finish(row, EXPIRED);
    } else {
        wait(txn, row);
    }
}

uint64_t qc_effect_add(struct qc_txn *txn, const struct qc_effect_wish *wish)
{
    Qc__State__EffectRow *row =
        qc_row_new(txn, &qc__state__effect_row__descriptor);
    Qc__V1__Effect *effect = qc_row_new(txn, &qc__v1__effect__descriptor);
    uint64_t id = qc_id_draw(txn);

    assert(wish->kind > 0 && wish->kind <= QC_EFFECT_KIND_MAX);
    assert(wish->source[0] != '\0' && wish->deadline_ms >= 0);

    if (row == NULL || effect == NULL) {
        return 0;
    }
    effect->effect_id = qc_id_text(txn, QC_EFFECT_PREFIX, id);
    effect->kind = wish->kind;
    effect->connector = wish->connector != NULL ? wish->connector : "";
    effect->source = wish->source;
    effect->decision_id = wish->decision_id != NULL ? wish->decision_id : "";
    effect->deadline_ms = wish->deadline_ms;
    effect->not_before_ms =
        wish->not_before_ms > txn->now_ms ? wish->not_before_ms : txn->now_ms;
    effect->created_ms = txn->now_ms;
    if (wish->payload != NULL) {
        qc_context_write(txn, wish->payload, &effect->base,
                         QC_PAYLOAD_OF_EFFECT);
    }
    row->effect = effect;
    wait(txn, row);
    put(txn, NULL, row);
    return txn->fault == 0 ? id : 0;
}

static void cancel(struct qc_txn *txn, Qc__State__EffectRow *row)
{
    const Qc__State__EffectRow *was = copy_of(txn, row);

    if (row->effect->state == PENDING) {
        finish(row, CANCELLED);
    } else {
        row->effect->state = CANCEL_REQUESTED;
    }
    put(txn, was, row);
}

int qc_effect_cancel(struct qc_txn *txn, Qc__State__EffectRow *row)
{
    Qc__V1__EffectState state = row->effect->state;

    if (state == PENDING || state == LEASED) {
        cancel(txn, row);
    } else if (state != CANCELLED && state != CANCEL_REQUESTED) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "effect_id");
    }
    return 0;
}

static struct qc_key source_key(uint32_t tenant, const char *source)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_EFFECT_OF);
    qc_key_put_str(&key, source);
    return key;
}

/* The id of the effect that |key| of EFFECT_OF is of. */
static uint64_t id_of_key(const struct qc_key *key)
{
    size_t at = QC_KEY_PREFIX_SIZE;

    qc_key_read_str(key, &at);
    return qc_key_read_u64(key, &at);
}

void qc_effect_cancel_of(struct qc_txn *txn, const char *source)
{
    struct qc_key prefix = source_key(txn->tenant, source);
    struct qc_key key = prefix;
    struct qc_key last;
    uint64_t last_id;

    if (!qc_index_last(txn, &prefix, &last, NULL)) {
        return;
    }
    last_id = id_of_key(&last);
    /* Not what somebody adds who hears of an end. */
    while (qc_index_next(txn, &prefix, &key, NULL) &&
           id_of_key(&key) <= last_id) {
        Qc__State__EffectRow *row = qc_effect_get(txn, id_of_key(&key));

        if (row == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            return;
        }
        if (row->effect->state != CANCEL_REQUESTED) {
            cancel(txn, row);
        }
    }
}

bool qc_effect_lease(struct qc_txn *txn,
                     Qc__State__EffectRow *row,
                     const char *connector,
                     int64_t lease_ms)
{
    const Qc__State__EffectRow *was = copy_of(txn, row);
    Qc__V1__Effect *effect = row->effect;
    bool leased = !is_too_late(txn, effect);

    assert(effect->state == PENDING);

    if (leased) {
        effect->state = LEASED;
        effect->attempts++;
        effect->leased_by = connector;
        effect->lease_until_ms = txn->now_ms + lease_ms;
        row->token = qc_id_draw(txn);
        row->timer = qc_timer_new(txn, QC_TIMER_EFFECT_LEASE,
                                  effect->lease_until_ms, lease_ms);
    } else {
        finish(row, EXPIRED);
    }
    put(txn, was, row);
    return leased;
}

/* What whoever brings a token is to the effect. */
enum holder {
    HOLDS,   /* It has it. */
    HAS_HAD, /* Its lease is over. */
    NOBODY,  /* It never had it. */
};

bool qc_effect_is_untouched(struct qc_txn *txn, const char *source)
{
    struct qc_key prefix = source_key(txn->tenant, source);
    struct qc_key first;
    const Qc__State__EffectRow *row =
        qc_index_first(txn, &prefix, &first, NULL)
            ? qc_effect_get(txn, id_of_key(&first))
            : NULL;

    return row != NULL && row->effect->attempts == 0;
}

/* Of the tokens before the last nothing is known but that they were drawn
 * between the effect and the last. */
static enum holder holder_of(const struct qc_txn *txn,
                             const Qc__State__EffectRow *row,
                             uint64_t token)
{
    if (token == row->token && is_leased(row->effect) &&
        row->effect->lease_until_ms > txn->now_ms) {
        return HOLDS;
    }
    return token > qc_effect_id(row) && token <= row->token ? HAS_HAD : NOBODY;
}

/* Keeps what was said when nothing can be changed by it. */
static void note_late(struct qc_txn *txn,
                      Qc__State__EffectRow *row,
                      const struct qc_context *result)
{
    const Qc__State__EffectRow *was = copy_of(txn, row);

    qc_context_write(txn, result, &row->effect->base, FIELD_LATE_RESULT);
    put(txn, was, row);
}

int qc_effect_ack(struct qc_txn *txn,
                  Qc__State__EffectRow *row,
                  uint64_t token,
                  const struct qc_context *result,
                  bool *late_out)
{
    enum holder holder = holder_of(txn, row, token);
    const Qc__State__EffectRow *was;

    *late_out = false;
    if (holder == NOBODY) {
        return qc_refuse(txn, QC_REFUSED_LEASE_LOST, "token");
    }
    if (row->effect->state == DONE && token == row->token) {
        return 0; /* It says so again. */
    }
    if (holder == HAS_HAD) {
        *late_out = true;
        note_late(txn, row, result);
        return 0;
    }
    was = copy_of(txn, row);
    qc_context_write(txn, result, &row->effect->base, QC_RESULT_OF_EFFECT);
    finish(row, DONE);
    put(txn, was, row);
    return 0;
}

int qc_effect_nack(struct qc_txn *txn,
                   Qc__State__EffectRow *row,
                   uint64_t token,
                   bool retryable,
                   const struct qc_context *result,
                   bool *late_out)
{
    enum holder holder = holder_of(txn, row, token);
    const Qc__State__EffectRow *was;

    *late_out = holder == HAS_HAD;
    if (holder == NOBODY) {
        return qc_refuse(txn, QC_REFUSED_LEASE_LOST, "token");
    }
    if (holder == HAS_HAD) {
        note_late(txn, row, result);
        return 0;
    }
    was = copy_of(txn, row);
    qc_context_write(txn, result, &row->effect->base, QC_RESULT_OF_EFFECT);
    if (row->effect->state == CANCEL_REQUESTED) {
        finish(row, CANCELLED);
    } else if (!retryable) {
        finish(row, DEAD);
    } else {
        row->effect->not_before_ms =
            txn->now_ms +
            qc_effect_backoff_ms(qc_effect_id(row), row->effect->attempts);
        try_again(txn, row);
    }
    put(txn, was, row);
    return 0;
}

int qc_effect_renew(struct qc_txn *txn,
                    Qc__State__EffectRow *row,
                    uint64_t token,
                    int64_t lease_ms)
{
    const Qc__State__EffectRow *was;

    if (holder_of(txn, row, token) != HOLDS) {
        return qc_refuse(txn, QC_REFUSED_LEASE_LOST, "token");
    }
    was = copy_of(txn, row);
    row->effect->lease_until_ms = txn->now_ms + lease_ms;
    row->timer = qc_timer_new(txn, QC_TIMER_EFFECT_LEASE,
                              row->effect->lease_until_ms, lease_ms);
    put(txn, was, row);
    return 0;
}

int64_t qc_effect_backoff_ms(uint64_t id, uint32_t attempt)
{
    static const uint8_t no_key[QC_SIPHASH_KEY_SIZE] = {0};
    uint8_t of[sizeof(id) + sizeof(attempt)]; /* Both, big-endian. */
    int64_t backoff_ms = BACKOFF_MS;

    assert(attempt > 0);

    for (size_t i = 0; i < sizeof(id); i++) {
        of[i] = (uint8_t)(id >> (8 * (sizeof(id) - 1 - i)));
    }
    for (size_t i = 0; i < sizeof(attempt); i++) {
        of[sizeof(id) + i] =
            (uint8_t)(attempt >> (8 * (sizeof(attempt) - 1 - i)));
    }
    for (uint32_t i = 1; i < attempt && backoff_ms < BACKOFF_MS_MAX; i++) {
        backoff_ms *= 2;
    }
    if (backoff_ms > BACKOFF_MS_MAX) {
        backoff_ms = BACKOFF_MS_MAX;
    }
    return backoff_ms +
           (int64_t)(qc_siphash(no_key, (struct qc_bytes){of, sizeof(of)}) %
                     JITTER_MS);
}

/* Asks the connector that had it what became of it. */
static void query(struct qc_txn *txn, const Qc__V1__Effect *effect)
{
    struct qc_context payload = {.n = 0};
    struct qc_effect_wish wish = {
        .kind = KIND(QUERY_STATUS),
        .connector = effect->leased_by,
        .source = effect->source,
        .payload = &payload,
        .deadline_ms = txn->now_ms + QUERY_MS,
        .decision_id = effect->decision_id,
    };

    qc_context_set(&payload, KEY_EFFECT_ID, effect->effect_id);
    qc_effect_add(txn, &wish);
}

/* What was found out is kept with the effect that was asked about, if it was
 * one. */
static void query_ended(struct qc_txn *txn, const Qc__State__EffectRow *row)
{
    struct qc_context context;
    const char *asked;
    Qc__State__EffectRow *about;

    qc_context_read(&context, &row->effect->base, QC_PAYLOAD_OF_EFFECT);
    asked = qc_context_get(&context, KEY_EFFECT_ID);
    if (asked == NULL) {
        qc_orphan_query_ended(txn, row);
        return;
    }
    about = qc_effect_of_text(txn, asked);
    if (about != NULL && row->effect->state == DONE) {
        qc_context_read(&context, &row->effect->base, QC_RESULT_OF_EFFECT);
        note_late(txn, about, &context);
    }
}

/* The effect that a timer is of. */
static Qc__State__EffectRow *of_object(struct qc_txn *txn,
                                       struct qc_bytes object)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_EFFECT);
    qc_key_put_bytes(&key, object);
    return qc_row_get(txn, &qc__state__effect_row__descriptor, &key);
}

void qc_effect_lease_ended(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__EffectRow *row = of_object(txn, object);
    const Qc__State__EffectRow *was;

    if (row == NULL || !is_leased(row->effect)) {
        return;
    }
    was = copy_of(txn, row);
    if (kinds[row->effect->kind].once) {
        finish(row, UNKNOWN);
    } else if (row->effect->state == CANCEL_REQUESTED) {
        finish(row, CANCELLED);
    } else {
        try_again(txn, row);
    }
    put(txn, was, row);
    if (row->effect->state == UNKNOWN) {
        query(txn, row->effect);
    }
}

void qc_effect_deadline(struct qc_txn *txn, struct qc_bytes object)
{
    Qc__State__EffectRow *row = of_object(txn, object);
    const Qc__State__EffectRow *was;

    if (row == NULL || row->effect->state != PENDING) {
        return;
    }
    was = copy_of(txn, row);
    finish(row, EXPIRED);
    put(txn, was, row);
}

void qc_effect_purge(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__EffectRow *row = of_object(txn, object);
    struct qc_key key;

    if (row == NULL || !qc_effect_is_over(row)) {
        return;
    }
    key = key_of(txn, qc_effect_id(row));
    qc_entity_put(txn, &qc_effect_entity, &key, row, NULL);
}

/* Makes of |of|, a key of EFFECT_OF, that of EFFECT_READY. False if it is not
 * PENDING. */
static bool ready_key(const struct qc_key *of, struct qc_key *ready_out)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    uint64_t not_before_ms;
    uint64_t id;
    uint8_t kind;

    qc_key_read_str(of, &at);
    id = qc_key_read_u64(of, &at);
    if (qc_key_read_u8(of, &at) == 0) {
        return false;
    }
    kind = qc_key_read_u8(of, &at);
    not_before_ms = qc_key_read_u64(of, &at);
    qc_key_begin(ready_out, qc_key_tenant(of), QC_SPACE_EFFECT_READY);
    qc_key_put_str(ready_out, qc_key_read_str(of, &at));
    qc_key_put_u8(ready_out, kind);
    qc_key_put_u64(ready_out, not_before_ms);
    qc_key_put_u64(ready_out, id);
    return true;
}

static void tell(const struct qc_txn *txn,
                 const char *connector,
                 enum qc_outbox_news news)
{
    const struct qc_outbox_listener *listener = txn->outbox;

    if (listener != NULL) {
        listener->changed(listener->ctx, txn->tenant, connector, news);
    }
}

/* Its place in the order of its source; and among the ready, of whichever of
 * the source is first then. */
static void derive_order(struct qc_txn *txn,
                         uint64_t id,
                         const Qc__V1__Effect *effect,
                         enum qc_derive how)
{
    struct qc_key prefix = source_key(txn->tenant, effect->source);
    struct qc_key entry = prefix;
    struct qc_key before;
    struct qc_key after;
    struct qc_key ready;
    bool had = qc_index_first(txn, &prefix, &before, NULL);
    size_t at;
    bool has;

    qc_key_put_u64(&entry, id);
    qc_key_put_u8(&entry, effect->state == PENDING);
    qc_key_put_u8(&entry, (uint8_t)effect->kind);
    qc_key_put_u64(&entry, (uint64_t)effect->not_before_ms);
    qc_key_put_str(&entry, effect->connector);
    qc_entity_derive_key(txn, &entry, id, how);
    has = qc_index_first(txn, &prefix, &after, NULL);
    if (had && has && before.len == after.len &&
        memcmp(before.data, after.data, before.len) == 0) {
        return;
    }
    if (had && ready_key(&before, &ready)) {
        qc_index_del(txn, &ready);
    }
    if (has && ready_key(&after, &ready)) {
        at = QC_KEY_PREFIX_SIZE;
        qc_index_put(txn, &ready, 0);
        tell(txn, qc_key_read_str(&ready, &at), QC_OUTBOX_READY);
    }
}

static bool derived_from(const ProtobufCMessageDescriptor *type,
                         uint32_t number)
{
    if (type == &qc__state__effect_row__descriptor) {
        return number <= 2; /* effect and timer */
    }
    if (type == &qc__v1__effect__descriptor) {
        /* effect_id, kind, state, connector, source; not_before_ms; leased_by
         */
        return number <= 5 || number == 7 || number == 10;
    }
    return true;
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__EffectRow *row = message;
    const Qc__V1__Effect *effect = row->effect;
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key entry;
    uint64_t id;

    if (effect == NULL ||
        !qc_id_parse(QC_EFFECT_PREFIX, effect->effect_id, &id) ||
        id != qc_key_read_u64(key, &at) || effect->not_before_ms < 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    if (effect->kind <= 0 || effect->kind > QC_EFFECT_KIND_MAX) {
        qc_txn_fail(txn, QC_E_NEWER);
        return;
    }
    if (!qc_effect_is_over(row)) {
        derive_order(txn, id, effect, how);
    }
    if (effect->state == CANCEL_REQUESTED) {
        qc_key_begin(&entry, qc_key_tenant(key), QC_SPACE_EFFECT_CANCEL);
        qc_key_put_str(&entry, effect->leased_by);
        qc_key_put_u64(&entry, id);
        qc_entity_derive_key(txn, &entry, 0, how);
        if (how == QC_DERIVE_ADD) {
            tell(txn, effect->leased_by, QC_OUTBOX_TAKEN_BACK);
        }
    }
    qc_timer_derive(txn, key, row->timer, how);
}

/* Which timer it should have; 0: none. */
static uint32_t timer_kind_of(const Qc__V1__Effect *effect)
{
    if (is_leased(effect)) {
        return QC_TIMER_EFFECT_LEASE;
    }
    return effect->state == PENDING && effect->deadline_ms != 0
               ? QC_TIMER_EFFECT_DEADLINE
               : 0;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__EffectRow *row = message;
    const Qc__V1__Effect *effect = row->effect;
    struct qc_key prefix = source_key(txn->tenant, effect->source);
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key first;

    if (effect->state < PENDING || effect->state > DEAD) {
        return "it is in no state";
    }
    if ((row->timer != NULL ? row->timer->kind : 0) != timer_kind_of(effect)) {
        return "it has a timer that its state has not, or none";
    }
    if (effect->attempts > QC_EFFECT_ATTEMPTS_MAX) {
        return "it was leased too often";
    }
    if ((effect->attempts > 0) != (row->token != 0)) {
        return "only what was leased has a token";
    }
    if (effect->state == UNKNOWN && !kinds[effect->kind].once) {
        return "it could have been tried again";
    }
    if (!is_leased(effect)) {
        return effect->lease_until_ms != 0 ? "nobody has it, and yet until then"
                                           : NULL;
    }
    if (row->timer->due_ms != effect->lease_until_ms) {
        return "its lease does not end when its timer says";
    }
    if (!qc_index_first(txn, &prefix, &first, NULL) ||
        id_of_key(&first) != qc_key_read_u64(key, &at)) {
        return "it was leased before an earlier one of its source";
    }
    return NULL;
}

const struct qc_entity qc_effect_entity = {
    .name = "effect",
    .space = QC_SPACE_EFFECT,
    .type = &qc__state__effect_row__descriptor,
    .derive = derive,
    .derived_from = derived_from,
    .verify = verify,
};
