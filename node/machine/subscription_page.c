#include "machine/subscription_page.h"

#include <string.h>

#include "machine/id.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subscription.h"

enum {
    SCAN_MAX = 10000, /* Looked at for a page. */
};

static bool passes(const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
                   const Qc__V1__Subscription *s)
{
    return (request->state ==
                QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_UNSPECIFIED ||
            request->state == s->state) &&
           (request->subject[0] == '\0' ||
            strcmp(request->subject, s->subject) == 0);
}

/* Walks |cursor| until |page| is full or enough has been looked at. Returns
 * the token of the next page. */
static const char *fill(
    struct qc_txn *txn,
    struct qc_cursor *cursor,
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    size_t size,
    struct qc_page *page)
{
    const char *last = "";
    struct qc_bytes bytes;
    struct qc_key key;
    size_t n = 0;

    while (qc_next(txn, cursor, &key, &bytes)) {
        Qc__State__SubscriptionRow *row;

        if (qc_page_is_full(txn, page, size, n) || n == SCAN_MAX) {
            return last;
        }
        row = qc_row_read(txn, qc_subscription_entity.type, bytes);
        if (row == NULL) {
            break;
        }
        if (passes(request, row->subscription)) {
            page->rows[page->n_rows++] = row;
        }
        last = row->subscription->subscription_id;
        n++;
    }
    return "";
}

int qc_subscription_page(
    struct qc_txn *txn,
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    struct qc_page *page_out)
{
    size_t size = request->page_size != 0 ? request->page_size : QC_PAGE_SIZE;
    struct qc_page page = {.next_token = ""};
    struct qc_cursor *cursor;
    struct qc_key prefix;
    struct qc_key from;
    uint64_t after = 0;

    if (request->page_token[0] != '\0' &&
        !qc_id_parse(QC_SUBSCRIPTION_PREFIX, request->page_token, &after)) {
        return QC_REFUSED_PAGE_TOKEN;
    }
    page.rows = qc_alloc(txn, size * sizeof(void *));
    qc_key_begin(&prefix, txn->tenant, QC_SPACE_SUBSCRIPTION);
    from = prefix;
    qc_key_put_u64(&from, after + 1);
    cursor = qc_open(txn, &prefix, &from);
    page.next_token = fill(txn, cursor, request, size, &page);
    qc_close(txn, cursor);
    *page_out = page;
    return 0;
}
