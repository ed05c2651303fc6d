#include "machine/entity.h"

#include <assert.h>

#include "base/arena.h"
#include "machine/draft.h"
#include "machine/index.h"
#include "machine/row.h"
#include "machine/store.h"

void qc_entity_derive_key(struct qc_txn *txn,
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

static struct qc_key count_key(uint32_t tenant, const struct qc_entity *entity)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_COUNT);
    qc_key_put_u8(&key, (uint8_t)entity->space);
    return key;
}

void qc_entity_derive(struct qc_txn *txn,
                      const struct qc_entity *entity,
                      const struct qc_key *key,
                      const void *row,
                      enum qc_derive how)
{
    if (entity->counted) {
        struct qc_key count = count_key(qc_key_tenant(key), entity);

        qc_index_add(txn, &count, how);
    }
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

void qc_entity_put(struct qc_txn *txn,
                   const struct qc_entity *entity,
                   const struct qc_key *key,
                   const void *was,
                   const void *row)
{
    assert(was != row);

    if (was != NULL) {
        qc_entity_derive(txn, entity, key, was, QC_DERIVE_TAKE);
    }
    if (row != NULL) {
        qc_row_put(txn, key, row);
        qc_entity_derive(txn, entity, key, row, QC_DERIVE_ADD);
    } else {
        qc_del(txn, key);
    }
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
