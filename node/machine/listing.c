#include "machine/listing.h"

#include "machine/id.h"
#include "machine/row.h"
#include "machine/store.h"

/* Walks |cursor| until |page| is full or enough has been looked at. Returns
 * the token of the next page. */
static const char *fill(struct qc_txn *txn,
                        struct qc_cursor *cursor,
                        const struct qc_listing *listing,
                        size_t size,
                        struct qc_page *page)
{
    struct qc_bytes bytes;
    struct qc_key key;
    uint64_t last = 0;

    for (size_t n = 0; qc_next(txn, cursor, &key, &bytes); n++) {
        size_t at = QC_KEY_PREFIX_SIZE;
        void *row;

        if (qc_page_is_full(txn, page, size, n) || n == QC_LISTING_SCAN_MAX) {
            return qc_id_text(txn, listing->id_prefix, last);
        }
        row = qc_row_read(txn, listing->entity->type, bytes);
        if (row == NULL) {
            break;
        }
        if (listing->passes(listing->ctx, row)) {
            page->rows[page->n_rows++] = row;
        }
        last = qc_key_read_u64(&key, &at);
    }
    return "";
}

int qc_listing_page(struct qc_txn *txn,
                    const struct qc_listing *listing,
                    struct qc_page *page_out)
{
    size_t size = listing->size != 0 ? listing->size : QC_PAGE_SIZE;
    struct qc_page page = {.next_token = ""};
    struct qc_cursor *cursor;
    struct qc_key prefix;
    struct qc_key from;
    uint64_t after = 0;

    if (listing->token[0] != '\0' &&
        !qc_id_parse(listing->id_prefix, listing->token, &after)) {
        return qc_refuse(txn, QC_REFUSED_PAGE_TOKEN, "page_token");
    }
    size = size < QC_PAGE_SIZE_MAX ? size : QC_PAGE_SIZE_MAX;
    page.rows = qc_alloc(txn, size * sizeof(*page.rows));
    if (page.rows == NULL) {
        return txn->fault;
    }
    qc_key_begin(&prefix, txn->tenant, listing->entity->space);
    from = prefix;
    qc_key_put_u64(&from, after + 1);
    cursor = qc_open(txn, &prefix, &from);
    page.next_token = fill(txn, cursor, listing, size, &page);
    qc_close(txn, cursor);
    *page_out = page;
    return 0;
}
