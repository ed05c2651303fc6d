#include "machine/entity.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "machine/draft.h"
#include "machine/index.h"
#include "machine/row.h"
#include "machine/store.h"

enum {
    TAKEN_MAX = 16, /* What more a row derives is taken away at once. */
};

/* What the row that is replaced has derived, and has not been taken away yet.
 * Most of it the new row derives, too. */
struct qc_replacement {
    size_t n;
    struct taken {
        qc_derive_fn derive;
        uint64_t value;
        struct qc_key key;
    } taken[TAKEN_MAX];
};

static void remember(struct qc_replacement *change,
                     qc_derive_fn derive,
                     const struct qc_key *key,
                     uint64_t value)
{
    struct taken *taken = &change->taken[change->n++];

    taken->derive = derive;
    taken->value = value;
    taken->key.len = key->len;
    memcpy(taken->key.data, key->data, key->len);
}

/* Whether what is to be added is there, because it was not taken away. With
 * another number it is taken away now. */
static bool is_left(struct qc_txn *txn,
                    qc_derive_fn derive,
                    const struct qc_key *key,
                    uint64_t value)
{
    struct qc_replacement *change = txn->change;

    for (size_t i = 0; i < change->n; i++) {
        struct taken *taken = &change->taken[i];
        bool is_same = taken->value == value;

        if (taken->derive != derive || taken->key.len != key->len ||
            memcmp(taken->key.data, key->data, key->len) != 0) {
            continue;
        }
        if (!is_same) {
            derive(txn, key, taken->value, QC_DERIVE_TAKE);
        }
        *taken = change->taken[--change->n];
        return is_same;
    }
    return false;
}

/* Takes away what is not derived any more. */
static void settle(struct qc_txn *txn, struct qc_replacement *change)
{
    while (change->n > 0) {
        const struct taken *taken = &change->taken[--change->n];

        taken->derive(txn, &taken->key, taken->value, QC_DERIVE_TAKE);
    }
}

void qc_entity_derive_by(struct qc_txn *txn,
                         qc_derive_fn derive,
                         const struct qc_key *key,
                         uint64_t value,
                         enum qc_derive how)
{
    struct qc_replacement *change = txn->change;

    if (change != NULL && how == QC_DERIVE_TAKE && change->n < TAKEN_MAX) {
        remember(change, derive, key, value);
    } else if (change == NULL || how == QC_DERIVE_TAKE ||
               !is_left(txn, derive, key, value)) {
        derive(txn, key, value, how);
    }
}

static void derive_key(struct qc_txn *txn,
                       const struct qc_key *key,
                       uint64_t value,
                       enum qc_derive how)
{
    if (how == QC_DERIVE_ADD) {
        qc_index_put(txn, key, value);
    } else {
        qc_index_del(txn, key);
    }
}

void qc_entity_derive_key(struct qc_txn *txn,
                          const struct qc_key *key,
                          uint64_t value,
                          enum qc_derive how)
{
    qc_entity_derive_by(txn, derive_key, key, value, how);
}

static void derive_count(struct qc_txn *txn,
                         const struct qc_key *key,
                         uint64_t value,
                         enum qc_derive how)
{
    (void)value;
    qc_index_add(txn, key, how);
}

void qc_entity_derive_count(struct qc_txn *txn,
                            const struct qc_key *key,
                            enum qc_derive how)
{
    qc_entity_derive_by(txn, derive_count, key, 0, how);
}

static struct qc_key count_key(uint32_t tenant, const struct qc_entity *entity)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_COUNT);
    qc_key_put_u8(&key, (uint8_t)entity->space);
    return key;
}

static void count_row(struct qc_txn *txn,
                      const struct qc_entity *entity,
                      const struct qc_key *key,
                      enum qc_derive how)
{
    if (entity->counted) {
        struct qc_key gauge = count_key(qc_key_tenant(key), entity);

        qc_index_add(txn, &gauge, how);
    }
}

/* All that |row| derives, but that it is counted. */
static void derive_rest(struct qc_txn *txn,
                        const struct qc_entity *entity,
                        const struct qc_key *key,
                        const void *row,
                        enum qc_derive how)
{
    if (entity->derive != NULL) {
        entity->derive(txn, key, row, how);
    }
    if (entity->enlist == NULL || txn->fault != 0) {
        return;
    }
    if (txn->draft != NULL) {
        qc_draft_enlist(txn, entity, key, row, how);
    } else {
        entity->enlist(txn, key, row, how);
    }
}

void qc_entity_derive(struct qc_txn *txn,
                      const struct qc_entity *entity,
                      const struct qc_key *key,
                      const void *row,
                      enum qc_derive how)
{
    count_row(txn, entity, key, how);
    derive_rest(txn, entity, key, row, how);
}

void qc_entity_put(struct qc_txn *txn,
                   const struct qc_entity *entity,
                   const struct qc_key *key,
                   const void *was,
                   const void *row)
{
    struct qc_replacement change;

    assert(was != row);
    assert(txn->change == NULL);

    change.n = 0; /* The rest is large. */
    if (entity->derives_alone && was != NULL && row != NULL) {
        txn->change = &change;
    }
    if (was != NULL) {
        derive_rest(txn, entity, key, was, QC_DERIVE_TAKE);
    }
    if (was == NULL || row == NULL) {
        count_row(txn, entity, key,
                  row != NULL ? QC_DERIVE_ADD : QC_DERIVE_TAKE);
    }
    if (row != NULL) {
        qc_row_put(txn, key, row);
        derive_rest(txn, entity, key, row, QC_DERIVE_ADD);
    } else {
        qc_del(txn, key);
    }
    txn->change = NULL;
    settle(txn, &change);
}

uint64_t qc_entity_count(struct qc_txn *txn, const struct qc_entity *entity)
{
    struct qc_key count = count_key(txn->tenant, entity);

    assert(entity->counted);

    return qc_index_gauge(txn, &count);
}

bool qc_page_is_full(const struct qc_txn *txn,
                     const struct qc_page *page,
                     size_t size,
                     size_t n_seen)
{
    return page->n_rows == size ||
           (n_seen > 0 && txn->arena->used > QC_PAGE_MEMORY_MAX);
}

void qc_entity_page(struct qc_txn *txn,
                    const struct qc_entity *entity,
                    uint32_t tenant,
                    const char *token,
                    uint32_t size,
                    struct qc_page *page_out)
{
    struct qc_page page = {.next_token = ""};
    struct qc_key last = {.len = 0};
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key from;
    struct qc_key key;

    size = size > 0 ? size : QC_PAGE_SIZE;
    assert(size <= QC_PAGE_SIZE_MAX);

    qc_key_begin(&prefix, tenant, entity->space);
    from = prefix;
    if (token[0] != '\0') {
        qc_key_put_str(&from, token);
        qc_key_put_u8(&from, 0); /* So it begins right after that one. */
    }
    page.rows = qc_alloc(txn, size * sizeof(*page.rows));
    cursor = qc_open(txn, &prefix, &from);
    while (qc_next(txn, cursor, &key, &bytes)) {
        if (qc_page_is_full(txn, &page, size, page.n_rows)) {
            size_t at = QC_KEY_PREFIX_SIZE;

            page.next_token = qc_copy(txn, qc_key_read_str(&last, &at));
            break;
        }
        page.rows[page.n_rows++] = qc_row_read(txn, entity->type, bytes);
        last = key;
    }
    qc_close(txn, cursor);
    *page_out = page;
}
