#include "machine/timer.h"

#include <assert.h>
#include <string.h>

#include "machine/id.h"
#include "machine/index.h"
#include "machine/member.h"
#include "machine/meta.h"
#include "machine/row.h"
#include "machine/running.h"
#include "machine/store.h"

/*
 * The index DUE holds every timer, tenant by tenant, each tenant's in the order
 * in which they are to fire. DUE_FIRST holds the first of each tenant, so that
 * its own first is the first of all.
 */

enum {
    /* The number of an entry of DUE. */
    IN_ITS_OBJECT = 0,
    IN_A_ROW = 1,

    ORDER_SIZE = 16, /* Due time and timer id. */
    TENANT_END = QC_KEY_PREFIX_SIZE + 4,
    TENANTS_MAX = 128, /* Those that one entry serves in turn. */
    ROW_MAX = 128,     /* So that one that fires writes no long row again. */
};

static const struct {
    bool patient;
    void (*fire)(struct qc_txn *txn, struct qc_bytes object);
} kinds[] = {
#define QC_TIMER(kind, name, a_patient, function) \
    [kind] = {.patient = (a_patient), .fire = (function)},
#include "machine/timer.def"
#undef QC_TIMER
};

enum {
    N_KINDS = sizeof(kinds) / sizeof(kinds[0]),
};

/* One timer, as it is derived from a row. */
struct due {
    uint32_t tenant;
    int64_t due_ms;
    uint64_t timer_id;
    uint8_t kind;
    struct qc_bytes object;
};

static struct qc_key due_prefix(uint32_t tenant)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_DUE);
    qc_key_put_u32(&key, tenant);
    return key;
}

static struct qc_key due_key(const struct due *due)
{
    struct qc_key key = due_prefix(due->tenant);

    assert(due->due_ms >= 0); /* Else byte order would not be time order. */

    qc_key_put_u64(&key, (uint64_t)due->due_ms);
    qc_key_put_u64(&key, due->timer_id);
    qc_key_put_u8(&key, due->kind);
    qc_key_put_bytes(&key, due->object);
    return key;
}

/* The entry of DUE_FIRST for an entry of DUE. */
static struct qc_key first_key(uint32_t tenant, const struct qc_key *due)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_DUE_FIRST);
    qc_key_put_bytes(&key,
                     (struct qc_bytes){due->data + TENANT_END, ORDER_SIZE});
    qc_key_put_u32(&key, tenant);
    return key;
}

static void derive_first(struct qc_txn *txn,
                         uint32_t tenant,
                         const struct qc_key *due,
                         enum qc_derive how)
{
    struct qc_key key = first_key(tenant, due);

    if (how == QC_DERIVE_ADD) {
        qc_index_put(txn, &key, 0);
    } else {
        qc_index_del(txn, &key);
    }
}

/* Of an entry of DUE. The tenant's first is another one only if |key| comes
 * before it, or was it. */
static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   uint64_t where,
                   enum qc_derive how)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    uint32_t tenant = qc_key_read_u32(key, &at);
    struct qc_key prefix = due_prefix(tenant);
    struct qc_key first;
    bool has = qc_index_first(txn, &prefix, &first, NULL);
    int order =
        has ? memcmp(key->data, first.data, TENANT_END + ORDER_SIZE) : -1;

    if (how == QC_DERIVE_ADD) {
        qc_index_put(txn, key, where);
        if (order < 0) {
            if (has) {
                derive_first(txn, tenant, &first, QC_DERIVE_TAKE);
            }
            derive_first(txn, tenant, key, QC_DERIVE_ADD);
        }
        return;
    }
    qc_index_del(txn, key);
    if (order == 0) {
        derive_first(txn, tenant, key, QC_DERIVE_TAKE);
        if (qc_index_first(txn, &prefix, &first, NULL)) {
            derive_first(txn, tenant, &first, QC_DERIVE_ADD);
        }
    }
}

void qc_timer_derive(struct qc_txn *txn,
                     const struct qc_key *key,
                     const Qc__State__Timer *timer,
                     enum qc_derive how)
{
    struct qc_key entry;
    struct due due;

    if (timer == NULL) {
        return;
    }
    if (timer->kind >= N_KINDS || kinds[timer->kind].fire == NULL) {
        qc_txn_fail(txn, QC_E_NEWER);
        return;
    }
    if (timer->due_ms < 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    due = (struct due){
        .tenant = qc_key_tenant(key),
        .due_ms = timer->due_ms,
        .timer_id = timer->timer_id,
        .kind = (uint8_t)timer->kind,
        .object = qc_key_object(key),
    };
    entry = due_key(&due);
    qc_entity_derive_by(txn, derive, &entry, IN_ITS_OBJECT, how);
}

Qc__State__Timer *qc_timer_new(struct qc_txn *txn,
                               enum qc_timer_kind kind,
                               int64_t due_ms,
                               int64_t period_ms)
{
    Qc__State__Timer *timer = qc_row_new(txn, &qc__state__timer__descriptor);

    if (timer == NULL) {
        return NULL;
    }
    timer->kind = kind;
    timer->due_ms = due_ms;
    timer->timer_id = qc_id_draw(txn);
    timer->period_ms = period_ms;
    return timer;
}

Qc__State__Timer *qc_timer_rearm(struct qc_txn *txn,
                                 const Qc__State__Timer *timer)
{
    Qc__State__Timer *again;

    assert(timer->kind < N_KINDS);

    if (!kinds[timer->kind].patient || timer->rearmed ||
        txn->now_ms - timer->due_ms <= QC_TIMER_LATE_MS) {
        return NULL;
    }
    again = qc_row_copy(txn, timer);
    if (again != NULL) {
        again->due_ms = txn->now_ms + timer->period_ms;
        again->rearmed = true;
    }
    return again;
}

/*
 * Timers that are no part of their object's row: those that an entry writes, of
 * one kind and due at once, stand in a row together, whose key is
 * {due_ms}{log index}{kind}{which of them}. The log index serves as timer id.
 */
static struct qc_key row_key(uint32_t tenant,
                             enum qc_space space,
                             const struct due *due)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, space);
    qc_key_put_u64(&key, (uint64_t)due->due_ms);
    qc_key_put_u64(&key, due->timer_id);
    qc_key_put_u8(&key, due->kind);
    qc_key_put_bytes(&key, due->object);
    return key;
}

/* Reads what row_key() has made; borrows from |row|. */
static struct due due_of_row(const struct qc_key *row)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    struct due due = {.tenant = qc_key_tenant(row)};

    due.due_ms = (int64_t)qc_key_read_u64(row, &at);
    due.timer_id = qc_key_read_u64(row, &at);
    due.kind = qc_key_read_u8(row, &at);
    due.object = (struct qc_bytes){row->data + at, (size_t)row->len - at};
    return due;
}

/* Makes |row| the one of its tenant's that is indexed, or takes it away. */
static void derive_row(struct qc_txn *txn,
                       const struct qc_key *row,
                       enum qc_derive how)
{
    struct due due = due_of_row(row);
    struct qc_key next = row_key(due.tenant, QC_SPACE_TIMER_NEXT, &due);
    struct qc_key entry = due_key(&due);

    qc_entity_derive_key(txn, &next, 0, how);
    derive(txn, &entry, IN_A_ROW, how);
}

/* The one of |tenant| that is indexed, as the key of its row. */
static bool indexed_row(struct qc_txn *txn,
                        uint32_t tenant,
                        struct qc_key *row_out)
{
    struct qc_key prefix;
    struct qc_key next;
    struct due due;

    qc_key_begin(&prefix, tenant, QC_SPACE_TIMER_NEXT);
    if (!qc_index_first(txn, &prefix, &next, NULL)) {
        return false;
    }
    due = due_of_row(&next);
    *row_out = row_key(tenant, QC_SPACE_TIMER, &due);
    return true;
}

/* |row| was written, which was not there. */
static void row_written(struct qc_txn *txn, const struct qc_key *row)
{
    struct qc_key indexed;

    if (indexed_row(txn, qc_key_tenant(row), &indexed)) {
        if (memcmp(indexed.data, row->data, row->len) <= 0) {
            return;
        }
        derive_row(txn, &indexed, QC_DERIVE_TAKE);
    }
    derive_row(txn, row, QC_DERIVE_ADD);
}

/* The row of this entry that takes one more: after the |nth| there is another
 * when it is full. NULL is a fault. */
static Qc__State__TimersRow *row_with_room(struct qc_txn *txn,
                                           const struct due *due)
{
    Qc__State__TimersRow *row;
    uint32_t nth = 0;

    do {
        struct qc_key key = row_key(txn->tenant, QC_SPACE_TIMER, due);

        qc_key_put_u32(&key, nth++);
        row = qc_running_own_row(txn, &qc__state__timers_row__descriptor, &key,
                                 row_written);
    } while (row != NULL && row->n_objects == ROW_MAX);
    return row;
}

void qc_timer_row_put(struct qc_txn *txn,
                      enum qc_timer_kind kind,
                      int64_t due_ms,
                      uint64_t object)
{
    struct due due = {
        .due_ms = due_ms,
        .timer_id = txn->log_index,
        .kind = (uint8_t)kind,
    };
    Qc__State__TimersRow *row;

    assert(due_ms >= 0);

    row = row_with_room(txn, &due);
    if (row == NULL) {
        return;
    }
    if (row->n_objects == 0) {
        row->objects = qc_running_alloc(txn, ROW_MAX * sizeof(*row->objects));
    }
    if (row->objects != NULL) {
        row->objects[row->n_objects++] = object;
    }
}

/* Indexes the first row that is not below |from|. */
static void index_next_row(struct qc_txn *txn, const struct qc_key *from)
{
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key row;
    bool found;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_TIMER);
    cursor = qc_open(txn, &prefix, from);
    found = qc_next(txn, cursor, &row, &bytes);
    qc_close(txn, cursor);
    if (found) {
        derive_row(txn, &row, QC_DERIVE_ADD);
    }
}

void qc_timer_open(struct qc_txn *txn)
{
    index_next_row(txn, NULL);
}

/* The first timer of all, as its key in DUE_FIRST. */
static bool first_of_all(struct qc_txn *txn,
                         struct qc_key *key_out,
                         int64_t *due_ms_out)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key prefix;

    qc_key_begin(&prefix, 0, QC_SPACE_DUE_FIRST);
    if (!qc_index_first(txn, &prefix, key_out, NULL)) {
        return false;
    }
    *due_ms_out = (int64_t)qc_key_read_u64(key_out, &at);
    return true;
}

int64_t qc_timer_next_ms(struct qc_txn *txn)
{
    struct qc_key key;
    int64_t due_ms;

    return first_of_all(txn, &key, &due_ms) ? due_ms : INT64_MAX;
}

/* Whether |key| of DUE is due. */
static bool is_due(const struct qc_txn *txn, const struct qc_key *key)
{
    size_t at = TENANT_END;

    return (int64_t)qc_key_read_u64(key, &at) <= txn->now_ms;
}

/* Takes the first timer out of the row of |due|, and puts the key of its object
 * into |object_out|. */
static void take_from_row(struct qc_txn *txn,
                          const struct due *due,
                          struct qc_key *object_out)
{
    struct qc_key key = row_key(due->tenant, QC_SPACE_TIMER, due);
    Qc__State__TimersRow *row =
        qc_row_get(txn, &qc__state__timers_row__descriptor, &key);

    qc_key_begin(object_out, due->tenant, QC_SPACE_TIMER);
    if (row == NULL || row->n_objects == 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_key_put_u64(object_out, row->objects[0]);
    row->objects++;
    row->n_objects--;
    if (row->n_objects > 0) {
        qc_row_put(txn, &key, row);
        return;
    }
    qc_del(txn, &key);
    derive_row(txn, &key, QC_DERIVE_TAKE);
    index_next_row(txn, &key);
}

/* Fires a timer that is an entry of DUE. */
static void fire(struct qc_txn *txn, const struct qc_key *key, uint64_t where)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    struct due due;

    due.tenant = qc_key_read_u32(key, &at);
    due.due_ms = (int64_t)qc_key_read_u64(key, &at);
    due.timer_id = qc_key_read_u64(key, &at);
    due.kind = qc_key_read_u8(key, &at);
    due.object = (struct qc_bytes){key->data + at, (size_t)key->len - at};

    txn->tenant = due.tenant;
    if (where == IN_A_ROW) {
        struct qc_key object;

        take_from_row(txn, &due, &object);
        kinds[due.kind].fire(txn, qc_key_object(&object));
        return;
    }
    kinds[due.kind].fire(txn, due.object);
    if (qc_index_get(txn, key, NULL)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
    }
}

/* Fires the first timer of |tenant|, if it is due. */
static bool fire_first_of(struct qc_txn *txn, uint32_t tenant)
{
    struct qc_key prefix = due_prefix(tenant);
    struct qc_key key;
    uint64_t where;

    if (!qc_index_first(txn, &prefix, &key, &where) || !is_due(txn, &key)) {
        return false;
    }
    fire(txn, &key, where);
    return true;
}

/* How many the entry may fire. */
static unsigned limit_of(struct qc_txn *txn, size_t n_commands)
{
    return qc_cluster_version(txn) >= QC_TIMERS_SINCE
               ? QC_TIMERS_ALONE + (unsigned)n_commands
               : QC_TIMERS_BEFORE;
}

/* Whether more than |limit| timers are due. */
static bool too_many_are_due(struct qc_txn *txn, unsigned limit)
{
    struct qc_key firsts;
    struct qc_key first;
    unsigned n = 0;
    bool found;

    qc_key_begin(&firsts, 0, QC_SPACE_DUE_FIRST);
    found = qc_index_first(txn, &firsts, &first, NULL);
    while (found && n <= limit) {
        size_t at = QC_KEY_PREFIX_SIZE + ORDER_SIZE;
        struct qc_key prefix = due_prefix(qc_key_read_u32(&first, &at));
        struct qc_key key = prefix;
        unsigned before = n;

        while (n <= limit && qc_index_next(txn, &prefix, &key, NULL) &&
               is_due(txn, &key)) {
            n++;
        }
        if (n == before) {
            break; /* The first of this tenant is not due, nor are others. */
        }
        found = qc_index_next(txn, &firsts, &first, NULL);
    }
    return n > limit;
}

/* The next tenant above |*tenant| that has timers. */
static bool next_tenant(struct qc_txn *txn, uint32_t *tenant)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key prefix;
    struct qc_key key;

    if (*tenant == UINT32_MAX) {
        return false;
    }
    qc_key_begin(&prefix, 0, QC_SPACE_DUE);
    key = due_prefix(*tenant + 1);
    if (!qc_index_next(txn, &prefix, &key, NULL)) {
        return false;
    }
    *tenant = qc_key_read_u32(&key, &at);
    return true;
}

static bool has_due(struct qc_txn *txn, uint32_t tenant)
{
    struct qc_key prefix = due_prefix(tenant);
    struct qc_key key;

    return qc_index_first(txn, &prefix, &key, NULL) && is_due(txn, &key);
}

/* At most |n_max| tenants with due timers, in the order of their numbers,
 * beginning after |last| and going round. */
static size_t tenants_in_turn(struct qc_txn *txn,
                              uint32_t last,
                              size_t n_max,
                              uint32_t tenants[])
{
    uint32_t tenant = last;
    size_t n = 0;

    while (n < n_max && next_tenant(txn, &tenant)) {
        if (has_due(txn, tenant)) {
            tenants[n++] = tenant;
        }
    }
    tenant = 0;
    while (n < n_max && next_tenant(txn, &tenant) && tenant <= last) {
        if (has_due(txn, tenant)) {
            tenants[n++] = tenant;
        }
    }
    return n;
}

/* One timer of each tenant a turn, so that all have equal shares, and what one
 * leaves goes to the others. */
static void fire_shared(struct qc_txn *txn, unsigned limit)
{
    const Qc__State__MetaRow *before = qc_meta_get(txn);
    uint32_t served = before != NULL ? before->timers_served : 0;
    uint32_t tenants[TENANTS_MAX];
    size_t n_tenants = tenants_in_turn(
        txn, served, limit < TENANTS_MAX ? limit : TENANTS_MAX, tenants);
    Qc__State__MetaRow *meta;
    unsigned fired = 0;
    bool any = true;

    while (any && fired < limit) {
        any = false;
        for (size_t i = 0; i < n_tenants && fired < limit; i++) {
            if (fire_first_of(txn, tenants[i])) {
                served = tenants[i];
                fired++;
                any = true;
            }
        }
    }
    meta = qc_meta_get(txn);
    if (meta != NULL) {
        meta->timers_served = served;
        qc_meta_put(txn, meta);
    }
}

/* All that is due, of which there are no more than |limit|, in the order
 * (due_ms, timer_id) over all tenants. */
static void fire_in_order(struct qc_txn *txn, unsigned limit)
{
    struct qc_key key;
    int64_t due_ms;

    for (unsigned fired = 0; fired < limit; fired++) {
        size_t at = QC_KEY_PREFIX_SIZE + ORDER_SIZE;

        if (!first_of_all(txn, &key, &due_ms) || due_ms > txn->now_ms) {
            break;
        }
        fire_first_of(txn, qc_key_read_u32(&key, &at));
    }
}

void qc_timer_fire_due(struct qc_txn *txn, size_t n_commands)
{
    unsigned limit = limit_of(txn, n_commands);

    if (too_many_are_due(txn, limit)) {
        fire_shared(txn, limit);
    } else {
        fire_in_order(txn, limit);
    }
}
