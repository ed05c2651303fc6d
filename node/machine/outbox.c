#include "machine/outbox.h"

#include <string.h>

#include "machine/context.h"
#include "machine/effect.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/listing.h"
#include "machine/row.h"
#include "machine/store.h"

enum {
    PAYLOAD_OF_LEASED = 3, /* The field. */
    N_KINDS = QC_EFFECT_KIND_MAX + 1,
    /* For each kind, of the class of connectors and of any. */
    QUEUES_MAX = 2 * N_KINDS,
    ITEM_SIZE = 128, /* Of an item without its payload, about. */
};

/* The ready ones of a kind and a class. */
struct queue {
    struct qc_key prefix;
    struct qc_key head; /* The first that has not been looked at. */
    bool has;
    uint64_t not_before_ms; /* Of the head. */
    uint64_t id;
};

/* Goes on to the next one. What has become ready behind the head since is for
 * another lease. */
static void step(struct qc_txn *txn, struct queue *queue)
{
    size_t at = QC_KEY_PREFIX_SIZE;

    queue->has = qc_index_next(txn, &queue->prefix, &queue->head, NULL);
    if (queue->has) {
        qc_key_read_str(&queue->head, &at);
        qc_key_read_u8(&queue->head, &at);
        queue->not_before_ms = qc_key_read_u64(&queue->head, &at);
        queue->id = qc_key_read_u64(&queue->head, &at);
    }
}

static void open_queue(struct qc_txn *txn,
                       struct queue *queue,
                       const char *connector,
                       uint8_t kind)
{
    qc_key_begin(&queue->prefix, txn->tenant, QC_SPACE_EFFECT_READY);
    qc_key_put_str(&queue->prefix, connector);
    qc_key_put_u8(&queue->prefix, kind);
    queue->head = queue->prefix;
    step(txn, queue);
}

/* Whether |kind| is among those asked for. */
static bool is_asked(const Qc__V1__LeaseEffectsRequest *request, unsigned kind)
{
    for (size_t i = 0; i < request->n_kinds; i++) {
        if (request->kinds[i] == (Qc__V1__EffectKind)kind) {
            return true;
        }
    }
    return request->n_kinds == 0;
}

/* All that hold anything. NULL is a fault. */
static struct queue *open_queues(struct qc_txn *txn,
                                 const Qc__V1__LeaseEffectsRequest *request,
                                 size_t *n_out)
{
    const char *const classes[] = {request->connector, ""};
    struct queue *queues = qc_alloc(txn, QUEUES_MAX * sizeof(*queues));
    size_t n = 0;

    if (queues == NULL) {
        return NULL;
    }
    for (unsigned kind = 1; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < 2 && is_asked(request, kind); i++) {
            open_queue(txn, &queues[n], classes[i], (uint8_t)kind);
            n += queues[n].has;
        }
    }
    *n_out = n;
    return queues;
}

/* The queue whose head is to be done first; NULL when none is to be done yet.
 */
static struct queue *soonest(const struct qc_txn *txn,
                             struct queue *queues,
                             size_t n)
{
    struct queue *best = NULL;

    for (size_t i = 0; i < n; i++) {
        struct queue *queue = &queues[i];

        if (!queue->has || queue->not_before_ms > (uint64_t)txn->now_ms) {
            continue;
        }
        if (best == NULL || queue->not_before_ms < best->not_before_ms ||
            (queue->not_before_ms == best->not_before_ms &&
             queue->id < best->id)) {
            best = queue;
        }
    }
    return best;
}

/* As its connector gets it. NULL is a fault. */
static Qc__V1__LeasedEffect *show(struct qc_txn *txn,
                                  const Qc__State__EffectRow *row,
                                  const struct qc_context *payload)
{
    const Qc__V1__Effect *effect = row->effect;
    Qc__V1__LeasedEffect *item =
        qc_row_new(txn, &qc__v1__leased_effect__descriptor);

    if (item == NULL) {
        return NULL;
    }
    item->effect_id = effect->effect_id;
    item->kind = effect->kind;
    item->token = row->token;
    item->attempt = effect->attempts;
    item->deadline_ms = effect->deadline_ms;
    item->lease_until_ms = effect->lease_until_ms;
    item->source = effect->source;
    qc_context_write(txn, payload, &item->base, PAYLOAD_OF_LEASED);
    return item;
}

/* Leases the soonest until there is nothing to do, or enough. What has expired
 * is looked at, too, and counts. */
static void lease_items(struct qc_txn *txn,
                        const Qc__V1__LeaseEffectsRequest *request,
                        size_t max,
                        Qc__V1__LeaseEffectsResponse *response)
{
    int64_t lease_ms = request->lease_ms != 0 ? request->lease_ms : QC_LEASE_MS;
    size_t size = 0;
    size_t n_queues = 0;
    struct queue *queues = open_queues(txn, request, &n_queues);
    struct queue *queue;

    for (size_t n = 0; n < max && txn->fault == 0 &&
                       (queue = soonest(txn, queues, n_queues)) != NULL;
         n++) {
        Qc__State__EffectRow *row = qc_effect_get(txn, queue->id);
        struct qc_context payload;

        if (row == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            return;
        }
        qc_context_read(&payload, &row->effect->base, QC_PAYLOAD_OF_EFFECT);
        size += ITEM_SIZE + payload.size;
        if (n > 0 && size > QC_LEASE_SIZE_MAX) {
            return;
        }
        if (qc_effect_lease(txn, row, request->connector, lease_ms)) {
            response->items[response->n_items++] = show(txn, row, &payload);
        }
        step(txn, queue);
    }
}

static struct qc_key taken_back_prefix(const struct qc_txn *txn,
                                       const char *connector)
{
    struct qc_key prefix;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_EFFECT_CANCEL);
    qc_key_put_str(&prefix, connector);
    return prefix;
}

bool qc_outbox_has_taken_back(struct qc_txn *txn, const char *connector)
{
    struct qc_key prefix = taken_back_prefix(txn, connector);
    struct qc_key first;

    return qc_index_first(txn, &prefix, &first, NULL);
}

void qc_outbox_tell_taken_back(struct qc_txn *txn,
                               const char *connector,
                               Qc__V1__LeaseEffectsResponse *response)
{
    struct qc_key prefix = taken_back_prefix(txn, connector);
    struct qc_key key = prefix;

    response->cancelled =
        qc_alloc(txn, QC_LEASE_ITEMS_MAX * sizeof(*response->cancelled));
    while (txn->fault == 0 && response->n_cancelled < QC_LEASE_ITEMS_MAX &&
           qc_index_next(txn, &prefix, &key, NULL)) {
        size_t at = prefix.len;

        response->cancelled[response->n_cancelled++] =
            qc_id_text(txn, QC_EFFECT_PREFIX, qc_key_read_u64(&key, &at));
    }
}

int64_t qc_outbox_next_ms(struct qc_txn *txn,
                          const Qc__V1__LeaseEffectsRequest *request)
{
    size_t n = 0;
    const struct queue *queues = open_queues(txn, request, &n);
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; queues != NULL && i < n; i++) {
        if (queues[i].not_before_ms < (uint64_t)next_ms) {
            next_ms = (int64_t)queues[i].not_before_ms;
        }
    }
    return next_ms;
}

void qc_outbox_lease(struct qc_txn *txn,
                     const Qc__V1__LeaseEffectsRequest *request,
                     Qc__V1__LeaseEffectsResponse *response)
{
    size_t max = request->max != 0 ? request->max : QC_LEASE_ITEMS;

    response->items = qc_alloc(txn, max * sizeof(*response->items));
    if (response->items == NULL) {
        return;
    }
    lease_items(txn, request, max, response);
    qc_outbox_tell_taken_back(txn, request->connector, response);
}

static bool passes(void *ctx, const void *row)
{
    const Qc__V1__ListEffectsRequest *request = ctx;
    const Qc__State__EffectRow *of = row;
    const Qc__V1__Effect *effect = of->effect;

    return (request->state == QC__V1__EFFECT_STATE__EFFECT_STATE_UNSPECIFIED ||
            request->state == effect->state) &&
           (request->kind == QC__V1__EFFECT_KIND__EFFECT_KIND_UNSPECIFIED ||
            request->kind == effect->kind) &&
           (request->source[0] == '\0' ||
            strcmp(request->source, effect->source) == 0);
}

int qc_outbox_page(struct qc_txn *txn,
                   const Qc__V1__ListEffectsRequest *request,
                   struct qc_page *page_out)
{
    Qc__V1__ListEffectsRequest asked = *request;
    struct qc_listing listing = {
        .entity = &qc_effect_entity,
        .id_prefix = QC_EFFECT_PREFIX,
        .token = request->page_token,
        .size = request->page_size,
        .passes = passes,
        .ctx = &asked,
    };

    return qc_listing_page(txn, &listing, page_out);
}
