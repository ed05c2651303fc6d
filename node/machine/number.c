#include "machine/number.h"

#include <assert.h>
#include <string.h>

#include "machine/id.h"
#include "machine/index.h"
#include "machine/planted.h"
#include "machine/pool.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/timer.h"

enum {
    VISITED_MAX = 10000, /* Rows, for one page of a filtered list. */
};

static struct qc_key pool_index(uint32_t tenant,
                                enum qc_space space,
                                const char *pool)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, space);
    qc_key_put_str(&key, pool);
    return key;
}

/* Whether it serves one visit at a time. */
static bool is_exclusive(const Qc__State__NumberRow *row)
{
    return row->number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_POOL &&
           row->mode == QC__V1__MATCH_MODE__MATCH_MODE_DNIS;
}

/* How visits find it: the longest free first, or the least loaded. */
static void derive_offer(struct qc_txn *txn,
                         uint32_t tenant,
                         const Qc__State__NumberRow *row,
                         enum qc_derive how)
{
    const Qc__V1__Number *number = row->number;
    struct qc_key key;

    if (number->state != QC__V1__NUMBER_STATE__NUMBER_STATE_FREE) {
        return;
    }
    if (is_exclusive(row)) {
        key = pool_index(tenant, QC_SPACE_FREE, number->pool);
        qc_key_put_u64(&key, (uint64_t)number->free_since_ms);
    } else {
        key = pool_index(tenant, QC_SPACE_LOAD, number->pool);
        qc_key_put_u32(&key, number->live);
    }
    qc_key_put_str(&key, number->number);
    qc_entity_derive_key(txn, &key, 0, how);
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__NumberRow *row = message;
    const Qc__V1__Number *number = row->number;
    uint32_t tenant = qc_key_tenant(key);
    struct qc_key of_pool;

    qc_timer_derive(txn, key, row->quarantine, how);
    if (number->pool[0] == '\0') {
        return;
    }
    of_pool = pool_index(tenant, QC_SPACE_POOL_NUMBER, number->pool);
    qc_key_put_str(&of_pool, number->number);
    qc_entity_derive_key(txn, &of_pool, 0, how);
    if (number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_POOL) {
        struct qc_key gauge =
            pool_index(tenant, QC_SPACE_POOL_STATE, number->pool);

        qc_key_put_u8(&gauge, (uint8_t)number->state);
        qc_index_add(txn, &gauge, how);
    }
    derive_offer(txn, tenant, row, how);
}

static bool is_held(const Qc__V1__Number *number)
{
    return number->state == QC__V1__NUMBER_STATE__NUMBER_STATE_RESERVED ||
           number->state == QC__V1__NUMBER_STATE__NUMBER_STATE_IN_CALL;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__NumberRow *row = message;
    const Qc__V1__Number *number = row->number;
    const Qc__State__PoolRow *pool = NULL;

    (void)key;
    if (number->pool[0] != '\0') {
        pool = qc_pool_get(txn, number->pool);
        if (pool == NULL || pool->pool->match_mode != row->mode) {
            return "its pool is not there, or matches in another way";
        }
    }
    if (!is_exclusive(row) &&
        number->state != QC__V1__NUMBER_STATE__NUMBER_STATE_FREE &&
        number->state != QC__V1__NUMBER_STATE__NUMBER_STATE_DISABLED) {
        return "it serves many visits, but is in the state of one";
    }
    if (is_held(number) && (row->allocation == 0 || row->quarantine != NULL)) {
        return "it is held by nobody, or rests meanwhile";
    }
    if (number->state == QC__V1__NUMBER_STATE__NUMBER_STATE_QUARANTINED &&
        row->quarantine == NULL) {
        return "it rests for ever";
    }
    if (number->quarantine_until_ms !=
        (row->quarantine != NULL ? row->quarantine->due_ms : 0)) {
        return "it does not rest until it says";
    }
    return NULL;
}

const struct qc_entity qc_number_entity = {
    .name = "number",
    .space = QC_SPACE_NUMBER,
    .type = &qc__state__number_row__descriptor,
    .counted = true,
    .derives_alone = true,
    .derive = derive,
    .verify = verify,
};

static struct qc_key number_key(uint32_t tenant, const char *number)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_NUMBER);
    qc_key_put_str(&key, number);
    return key;
}

Qc__State__NumberRow *qc_number_get(struct qc_txn *txn, const char *number)
{
    struct qc_key key;

    if (!qc_config_is_e164(number)) {
        return NULL;
    }
    key = number_key(txn->tenant, number);
    return qc_row_get(txn, qc_number_entity.type, &key);
}

/* The row, and what belongs to it, as it can be changed; NULL is a fault. */
static Qc__State__NumberRow *copy(struct qc_txn *txn,
                                  const Qc__State__NumberRow *was)
{
    Qc__State__NumberRow *row = qc_row_copy(txn, was);

    if (row == NULL) {
        return NULL;
    }
    row->number = qc_row_copy(txn, was->number);
    return row->number != NULL ? row : NULL;
}

static void put(struct qc_txn *txn,
                const Qc__State__NumberRow *was,
                const Qc__State__NumberRow *row)
{
    struct qc_key key = number_key(txn->tenant, row->number->number);

    qc_entity_put(txn, &qc_number_entity, &key, was, row);
}

Qc__V1__Number *qc_number_show(struct qc_txn *txn,
                               const Qc__State__NumberRow *row)
{
    Qc__V1__Number *number;

    if (row == NULL) {
        return NULL;
    }
    number = qc_row_copy(txn, row->number);
    if (number != NULL && row->allocation != 0) {
        number->allocation_id = qc_id_text(txn, "al_", row->allocation);
    }
    return number;
}

static int invalid(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

int qc_number_check(const Qc__V1__Number *number,
                    struct qc_refusal_detail *detail)
{
    bool is_static = number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_STATIC;

    if (!qc_config_is_e164(number->number)) {
        detail->field = "number.number";
        return QC_REFUSED_INVALID_PHONE;
    }
    if (number->kind > QC__V1__NUMBER_KIND__NUMBER_KIND_ACCESS) {
        return invalid(detail, "number.kind");
    }
    if (is_static ? number->pool[0] != '\0' : !qc_config_is_key(number->pool)) {
        return invalid(detail, "number.pool");
    }
    if (is_static ? !qc_config_is_key(number->subject)
                  : number->subject[0] != '\0') {
        return invalid(detail, "number.subject");
    }
    return 0;
}

/*
 * Finds the state of a number that nobody holds. DISABLED takes the place of
 * QUARANTINED but keeps its timer: enabled again too soon, it rests on.
 */
static void settle(struct qc_txn *txn, Qc__State__NumberRow *row)
{
    Qc__V1__Number *number = row->number;
    Qc__V1__NumberState was = number->state;

    assert(!is_held(number));

    if (number->disabled) {
        number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_DISABLED;
    } else if (is_exclusive(row) && row->quarantine != NULL) {
        number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_QUARANTINED;
    } else {
        number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_FREE;
    }
    if (number->state != was &&
        number->state == QC__V1__NUMBER_STATE__NUMBER_STATE_FREE) {
        number->free_since_ms = txn->now_ms;
    }
    number->quarantine_until_ms =
        row->quarantine != NULL ? row->quarantine->due_ms : 0;
}

/* Whether a number of |kind| may be in a pool of |mode|. */
static bool suits(Qc__V1__NumberKind kind, Qc__V1__MatchMode mode)
{
    return (kind == QC__V1__NUMBER_KIND__NUMBER_KIND_ACCESS) ==
           (mode == QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE);
}

static bool is_moved(const Qc__V1__Number *was, const Qc__V1__Number *number)
{
    return was->kind != number->kind || strcmp(was->pool, number->pool) != 0;
}

/* What the rows have to say about |number|. */
static int admit(struct qc_txn *txn,
                 const Qc__State__NumberRow *was,
                 const Qc__V1__Number *number,
                 const Qc__State__PoolRow *pool)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);

    if (tenant == NULL) {
        return qc_refuse(txn, QC_REFUSED_TENANT_UNKNOWN, NULL);
    }
    if (number->pool[0] != '\0' && pool == NULL) {
        return qc_refuse(txn, QC_REFUSED_POOL_UNKNOWN, "number.pool");
    }
    if (pool != NULL && !suits(number->kind, pool->pool->match_mode)) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "number.pool");
    }
    if (number->subject[0] != '\0' &&
        qc_subject_get(txn, number->subject) == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "number.subject");
    }
    if (was == NULL && qc_entity_count(txn, &qc_number_entity) >=
                           tenant->tenant->quotas->numbers) {
        return qc_refuse(txn, QC_REFUSED_QUOTA, "number.number");
    }
    if (was != NULL && is_moved(was->number, number) &&
        (is_held(was->number) || was->number->live > 0 ||
         was->number->state ==
             QC__V1__NUMBER_STATE__NUMBER_STATE_QUARANTINED)) {
        return qc_refuse(txn, QC_REFUSED_NUMBER_TAKEN, "number.pool");
    }
    return 0;
}

/* Puts what was asked for in the place of what people had written before. */
static void replace(struct qc_txn *txn,
                    Qc__State__NumberRow *row,
                    Qc__V1__Number *number,
                    const Qc__State__PoolRow *pool)
{
    const Qc__V1__Number *was = row->number;

    number->allocation_id = "";
    number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_UNSPECIFIED;
    number->live = 0;
    number->free_since_ms = 0;
    number->quarantine_until_ms = 0;
    if (was != NULL) {
        number->state = was->state;
        number->live = was->live;
        number->free_since_ms = was->free_since_ms;
        number->quarantine_until_ms = was->quarantine_until_ms;
        if (is_moved(was, number)) {
            row->allocation = 0; /* Who held it last is of another pool. */
        }
    }
    row->number = number;
    row->mode = pool != NULL ? pool->pool->match_mode
                             : QC__V1__MATCH_MODE__MATCH_MODE_UNSPECIFIED;
    if (!is_held(number)) {
        settle(txn, row);
    }
}

int qc_number_put(struct qc_txn *txn,
                  const Qc__V1__Number *wanted,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    const ProtobufCMessage *before;
    const Qc__State__PoolRow *pool = NULL;
    Qc__State__NumberRow *was;
    Qc__State__NumberRow *row;
    Qc__V1__Number *number;
    int r;

    r = qc_number_check(wanted, &txn->detail);
    if (r != 0) {
        return r;
    }
    was = qc_number_get(txn, wanted->number);
    before = was != NULL ? &was->number->base : NULL;
    r = qc_config_match(txn, before, if_rev);
    if (r != 0) {
        return r;
    }
    row = was != NULL ? qc_row_copy(txn, was)
                      : qc_row_new(txn, qc_number_entity.type);
    number = qc_row_copy(txn, wanted);
    if (row == NULL || number == NULL) {
        return txn->fault;
    }
    if (number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_UNSPECIFIED) {
        number->kind = QC__V1__NUMBER_KIND__NUMBER_KIND_POOL;
    }
    if (number->pool[0] != '\0') {
        pool = qc_pool_get(txn, number->pool);
    }
    r = admit(txn, was, number, pool);
    if (r != 0) {
        return r;
    }

    replace(txn, row, number, pool);
    *change_out = qc_config_stamp(txn, before, &number->base);
    if (*change_out != QC_CHANGE_NONE) {
        put(txn, was, row);
    }
    return 0;
}

/* --- mode DNIS ------------------------------------------------------------ */

const char *qc_number_first_free(struct qc_txn *txn, const char *pool)
{
    struct qc_key prefix = pool_index(txn->tenant, QC_SPACE_FREE, pool);
    size_t at = prefix.len + sizeof(uint64_t);
    struct qc_key key;

    if (!qc_index_first(txn, &prefix, &key, NULL)) {
        return NULL;
    }
    if (QC_PLANTED_BUG(12) && qc_planted_coin(txn->index, txn->log_index)) {
        qc_index_next(txn, &prefix, &key, NULL);
    }
    return qc_copy(txn, qc_key_read_str(&key, &at));
}

/* The number's row, which somebody's row promises; NULL is a fault. */
static Qc__State__NumberRow *promised(struct qc_txn *txn, const char *number)
{
    Qc__State__NumberRow *row = qc_number_get(txn, number);

    if (row == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
    }
    return row;
}

uint64_t qc_number_holder(struct qc_txn *txn, const char *number)
{
    const Qc__State__NumberRow *row = qc_number_get(txn, number);

    return row != NULL && row->number->state ==
                              QC__V1__NUMBER_STATE__NUMBER_STATE_RESERVED
               ? row->allocation
               : 0;
}

void qc_number_reserve(struct qc_txn *txn,
                       const char *number,
                       uint64_t allocation)
{
    const Qc__State__NumberRow *was = promised(txn, number);
    Qc__State__NumberRow *row;

    assert(allocation != 0);

    if (was == NULL) {
        return;
    }
    row = copy(txn, was);
    if (row == NULL) {
        return;
    }
    if (!is_exclusive(was) ||
        was->number->state != QC__V1__NUMBER_STATE__NUMBER_STATE_FREE) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    row->number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_RESERVED;
    row->allocation = allocation;
    put(txn, was, row);
}

void qc_number_call_begins(struct qc_txn *txn,
                           const char *number,
                           uint64_t allocation)
{
    const Qc__State__NumberRow *was = promised(txn, number);
    Qc__State__NumberRow *row;

    if (was == NULL || was->allocation != allocation || !is_exclusive(was)) {
        return;
    }
    row = copy(txn, was);
    if (row == NULL) {
        return;
    }
    row->number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_IN_CALL;
    row->number->quarantine_until_ms = 0;
    row->quarantine = NULL;
    put(txn, was, row);
}

void qc_number_rests(struct qc_txn *txn,
                     const char *number,
                     uint64_t allocation,
                     int64_t until_ms)
{
    const Qc__State__NumberRow *was = promised(txn, number);
    Qc__State__NumberRow *row;

    if (was == NULL || was->allocation != allocation || !is_held(was->number)) {
        return;
    }
    row = copy(txn, was);
    if (row == NULL) {
        return;
    }
    if (QC_PLANTED_BUG(13)) {
        until_ms -= 1000;
    }
    if (until_ms > txn->now_ms) {
        row->quarantine = qc_timer_new(txn, QC_TIMER_NUMBER_QUARANTINE,
                                       until_ms, until_ms - txn->now_ms);
    }
    row->number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_UNSPECIFIED;
    settle(txn, row);
    put(txn, was, row);
}

void qc_number_quarantine_ended(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__NumberRow *was;
    Qc__State__NumberRow *row;
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_NUMBER);
    qc_key_put_bytes(&key, object);
    was = qc_row_get(txn, qc_number_entity.type, &key);
    row = was != NULL ? copy(txn, was) : NULL;
    if (row == NULL) {
        return;
    }
    row->quarantine = NULL;
    settle(txn, row);
    put(txn, was, row);
}

/* --- modes DNIS_ANI and ACCESS_CODE ----------------------------------------
 */

const char *qc_number_by_load(struct qc_txn *txn,
                              const char *pool,
                              struct qc_key *at)
{
    struct qc_key prefix = pool_index(txn->tenant, QC_SPACE_LOAD, pool);
    size_t number = prefix.len + sizeof(uint32_t);

    if (at->len == 0) {
        *at = prefix;
    }
    if (!qc_index_next(txn, &prefix, at, NULL)) {
        return NULL;
    }
    return qc_copy(txn, qc_key_read_str(at, &number));
}

void qc_number_load(struct qc_txn *txn, const char *number, int delta)
{
    const Qc__State__NumberRow *was = promised(txn, number);
    Qc__State__NumberRow *row = was != NULL ? copy(txn, was) : NULL;

    assert(delta == 1 || delta == -1);

    if (row == NULL) {
        return;
    }
    if (delta < 0 && row->number->live == 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    row->number->live += (uint32_t)delta;
    put(txn, was, row);
}

/* --- lists ------------------------------------------------------------------
 */

/* Steps through numbers: those of a pool by its index, all of them by rows. */
struct walk {
    struct qc_cursor *cursor;
    const char *pool;
    struct qc_key prefix;
    struct qc_key at;
};

static struct walk walk_open(struct qc_txn *txn,
                             const char *pool,
                             const char *token)
{
    struct walk walk = {.pool = pool};

    if (pool[0] != '\0') {
        walk.prefix = pool_index(txn->tenant, QC_SPACE_POOL_NUMBER, pool);
    } else {
        qc_key_begin(&walk.prefix, txn->tenant, QC_SPACE_NUMBER);
    }
    walk.at = walk.prefix;
    if (token[0] != '\0') {
        qc_key_put_str(&walk.at, token);
        qc_key_put_u8(&walk.at, 0); /* So it begins right after that one. */
    }
    if (pool[0] == '\0') {
        walk.cursor = qc_open(txn, &walk.prefix, &walk.at);
    }
    return walk;
}

static Qc__State__NumberRow *walk_next(struct qc_txn *txn, struct walk *walk)
{
    size_t at = walk->prefix.len;
    struct qc_bytes bytes;

    if (walk->pool[0] == '\0') {
        return qc_next(txn, walk->cursor, &walk->at, &bytes)
                   ? qc_row_read(txn, qc_number_entity.type, bytes)
                   : NULL;
    }
    return qc_index_next(txn, &walk->prefix, &walk->at, NULL)
               ? promised(txn, qc_key_read_str(&walk->at, &at))
               : NULL;
}

void qc_number_page(struct qc_txn *txn,
                    const char *pool,
                    Qc__V1__NumberState state,
                    const char *token,
                    uint32_t size,
                    struct qc_page *page_out)
{
    struct qc_page page = {.next_token = ""};
    struct walk walk = walk_open(txn, pool, token);
    Qc__State__NumberRow *row;
    const char *last = "";
    unsigned visited = 0;

    size = size > 0 ? size : QC_PAGE_SIZE;
    assert(size <= QC_PAGE_SIZE_MAX);

    page.rows = qc_alloc(txn, size * sizeof(*page.rows));
    while ((row = walk_next(txn, &walk)) != NULL) {
        if (qc_page_is_full(txn, &page, size, visited) ||
            visited++ == VISITED_MAX) {
            page.next_token = last;
            break;
        }
        if (state == QC__V1__NUMBER_STATE__NUMBER_STATE_UNSPECIFIED ||
            row->number->state == state) {
            page.rows[page.n_rows++] = row;
        }
        last = row->number->number;
    }
    qc_close(txn, walk.cursor);
    *page_out = page;
}
