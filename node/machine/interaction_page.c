#include "machine/interaction_page.h"

#include <string.h>

#include "machine/config.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/interaction.h"
#include "machine/listing.h"
#include "machine/presence.h"
#include "machine/principal.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"

#define CLOSED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED
#define ANY    QC__V1__INTERACTION_STATE__INTERACTION_STATE_UNSPECIFIED

enum {
    QUEUE_SIZE = 65,
};

/* A page that is being filled. */
struct listing {
    struct qc_txn *txn;
    const Qc__V1__ListInteractionsRequest *request;
    size_t size;
    size_t n_seen;
    const char *queue; /* Whether the caller sees this one: */
    bool sees;         /* rows of one queue often come together. */
    struct qc_page page;
};

static bool sees(struct listing *listing, const char *queue)
{
    if (listing->queue == NULL || strcmp(listing->queue, queue) != 0) {
        listing->queue = queue;
        listing->sees = qc_principal_sees(listing->txn, queue);
    }
    return listing->sees;
}

static bool is_or_unset(const char *wanted, const char *is)
{
    return wanted[0] == '\0' || strcmp(wanted, is) == 0;
}

static bool was_at(const Qc__V1__Interaction *x, const char *agent)
{
    for (size_t i = 0; i < x->n_segments; i++) {
        if (strcmp(x->segments[i]->agent, agent) == 0) {
            return true;
        }
    }
    return false;
}

static bool passes(struct listing *listing, const Qc__V1__Interaction *x)
{
    const Qc__V1__ListInteractionsRequest *request = listing->request;
    bool state =
        request->state == ANY ? x->state != CLOSED : x->state == request->state;

    return state && is_or_unset(request->queue, x->queue) &&
           is_or_unset(request->subject, x->subject) &&
           (request->media == QC__V1__MEDIA__MEDIA_UNSPECIFIED ||
            request->media == x->media) &&
           (request->agent[0] == '\0' || x->state != CLOSED ||
            was_at(x, request->agent)) &&
           sees(listing, x->queue);
}

/* Whether no more fits. */
static bool is_full(const struct listing *listing)
{
    return listing->n_seen == QC_LISTING_SCAN_MAX ||
           qc_page_is_full(listing->txn, &listing->page, listing->size,
                           listing->n_seen);
}

static void look_at(struct listing *listing, Qc__State__InteractionRow *row)
{
    listing->n_seen++;
    if (row != NULL && passes(listing, row->interaction)) {
        listing->page.rows[listing->page.n_rows++] = row;
    }
}

/* --- what is over ------------------------------------------------------------
 */

static bool passes_row(void *ctx, const void *row)
{
    const Qc__State__InteractionRow *of = row;

    return passes(ctx, of->interaction);
}

static int list_closed(struct listing *listing)
{
    struct qc_listing closed = {
        .entity = &qc_interaction_entity,
        .id_prefix = QC_INTERACTION_PREFIX,
        .token = listing->request->page_token,
        .size = listing->request->page_size,
        .passes = passes_row,
        .ctx = listing,
    };

    return qc_listing_page(listing->txn, &closed, &listing->page);
}

/* --- what an agent is at -----------------------------------------------------
 */

/* The ids of |agent|'s interactions, the smallest first. */
static size_t ids_of(struct qc_txn *txn,
                     const char *agent,
                     uint64_t ids_out[QC_WORK_MAX])
{
    const Qc__State__PresenceRow *row = qc_presence_get(txn, agent);
    size_t n = 0;

    for (size_t i = 0; row != NULL && i < row->presence->n_work; i++) {
        size_t at = n;
        uint64_t id;

        if (!qc_id_parse(QC_INTERACTION_PREFIX,
                         row->presence->work[i]->interaction_id, &id)) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            return 0;
        }
        for (; at > 0 && ids_out[at - 1] > id; at--) {
            ids_out[at] = ids_out[at - 1];
        }
        ids_out[at] = id;
        n++;
    }
    return n;
}

static int list_of_agent(struct listing *listing)
{
    struct qc_txn *txn = listing->txn;
    const char *token = listing->request->page_token;
    uint64_t ids[QC_WORK_MAX];
    uint64_t after = 0;
    size_t n;

    if (token[0] != '\0' &&
        !qc_id_parse(QC_INTERACTION_PREFIX, token, &after)) {
        return qc_refuse(txn, QC_REFUSED_PAGE_TOKEN, "page_token");
    }
    n = ids_of(txn, listing->request->agent, ids);
    for (size_t i = 0; i < n && txn->fault == 0; i++) {
        if (ids[i] <= after) { /* Or another segment of the last one. */
            continue;
        }
        if (is_full(listing)) {
            listing->page.next_token =
                qc_id_text(txn, QC_INTERACTION_PREFIX, after);
            break;
        }
        look_at(listing, qc_interaction_get(txn, ids[i]));
        after = ids[i];
    }
    return 0;
}

/* --- what is in queues -------------------------------------------------------
 */

/* "queue/ix_...": the queue may have changed since. */
static const char *token_of(struct qc_txn *txn, const struct qc_key *at)
{
    size_t offset = QC_KEY_PREFIX_SIZE;
    const char *queue = qc_key_read_str(at, &offset);
    uint64_t id = qc_key_read_u64(at, &offset);
    const char *const parts[] = {queue, "/",
                                 qc_id_text(txn, QC_INTERACTION_PREFIX, id)};

    return qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool read_token(const Qc__V1__ListInteractionsRequest *request,
                       struct qc_key *at)
{
    const char *token = request->page_token;
    size_t size = strcspn(token, "/");
    char queue[QUEUE_SIZE];
    uint64_t id;

    if (size >= QUEUE_SIZE || token[size] != '/' ||
        !qc_id_parse(QC_INTERACTION_PREFIX, token + size + 1, &id)) {
        return false;
    }
    memcpy(queue, token, size);
    queue[size] = '\0';
    if ((size > 0 && !qc_config_is_key(queue)) ||
        !is_or_unset(request->queue, queue)) {
        return false;
    }
    qc_key_put_str(at, queue);
    qc_key_put_u64(at, id);
    return true;
}

/* Where |at| goes on when all of its queue is left out. */
static void skip_queue(const struct listing *listing, struct qc_key *at)
{
    size_t offset = QC_KEY_PREFIX_SIZE;
    const char *queue = qc_key_read_str(at, &offset);
    struct qc_key end;

    qc_key_begin(&end, listing->txn->tenant, QC_SPACE_INTERACTION_IN);
    qc_key_put_str(&end, queue);
    qc_key_put_u64(&end, UINT64_MAX);
    *at = end;
}

static int list_in_queues(struct listing *listing)
{
    const Qc__V1__ListInteractionsRequest *request = listing->request;
    struct qc_txn *txn = listing->txn;
    struct qc_key prefix;
    struct qc_key last;
    struct qc_key at;
    uint64_t id;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_INTERACTION_IN);
    at = prefix;
    if (request->page_token[0] != '\0' && !read_token(request, &at)) {
        return qc_refuse(txn, QC_REFUSED_PAGE_TOKEN, "page_token");
    }
    if (request->queue[0] != '\0') {
        qc_key_put_str(&prefix, request->queue);
        at = request->page_token[0] != '\0' ? at : prefix;
    }
    last = at;
    while (qc_index_next(txn, &prefix, &at, &id)) {
        size_t offset = QC_KEY_PREFIX_SIZE;

        if (is_full(listing)) {
            listing->page.next_token = token_of(txn, &last);
            break;
        }
        if (sees(listing, qc_copy(txn, qc_key_read_str(&at, &offset)))) {
            look_at(listing, qc_interaction_get(txn, id));
        } else {
            listing->n_seen++;
            skip_queue(listing, &at);
        }
        last = at;
    }
    return 0;
}

int qc_interaction_page(struct qc_txn *txn,
                        const Qc__V1__ListInteractionsRequest *request,
                        struct qc_page *page_out)
{
    size_t size = request->page_size != 0 ? request->page_size : QC_PAGE_SIZE;
    struct listing listing = {.txn = txn, .request = request};
    int r;

    listing.size = size < QC_PAGE_SIZE_MAX ? size : QC_PAGE_SIZE_MAX;
    listing.page.next_token = "";
    listing.page.rows = qc_alloc(txn, listing.size * sizeof(void *));
    if (listing.page.rows == NULL) {
        return txn->fault;
    }
    if (request->state == CLOSED) {
        r = list_closed(&listing);
    } else if (request->agent[0] != '\0') {
        r = list_of_agent(&listing);
    } else {
        r = list_in_queues(&listing);
    }
    *page_out = listing.page;
    return r;
}
