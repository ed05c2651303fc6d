#include "machine/allocation_index.h"

#include <stddef.h>
#include <string.h>

#include "machine/allocation.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/listing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/timer.h"

/* Until when a redial finds its visit: while calls are up there is no end. */
static const uint64_t NO_END_MS = INT64_MAX;

static struct qc_key key_of(const struct qc_txn *txn,
                            enum qc_space space,
                            const char *first,
                            const char *second)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, space);
    qc_key_put_str(&key, first);
    if (second != NULL) {
        qc_key_put_str(&key, second);
    }
    return key;
}

/* Hashes are of one size each. */
static struct qc_key key_of_hash(const struct qc_txn *txn,
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

/* Live, or ended and not to be drawn yet: it is taken. */
static void derive_code(struct qc_txn *txn,
                        const Qc__State__AllocationRow *row,
                        uint64_t id,
                        enum qc_derive how)
{
    const Qc__V1__Allocation *a = row->allocation;
    struct qc_key codes = key_of(txn, QC_SPACE_CODES, a->number, NULL);
    struct qc_key code =
        key_of(txn, QC_SPACE_ALLOC_CODE, a->number, a->access_code);

    if (qc_allocation_is_live(row) || row->code_rest != NULL) {
        qc_entity_derive_key(txn, &code, id, how);
        qc_index_add(txn, &codes, how);
    }
}

/* What only a RESERVED one has: its part of a number, and a share of what its
 * visitor may hold. A whole number says itself whose it is. */
static void derive_reserved(struct qc_txn *txn,
                            const Qc__State__AllocationRow *row,
                            uint64_t id,
                            enum qc_derive how)
{
    const Qc__V1__Allocation *a = row->allocation;
    uint64_t expires_ms = (uint64_t)a->expires_ms;
    struct qc_key key;

    if (a->mode == QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI) {
        key = key_of(txn, QC_SPACE_ALLOC_ANI, a->number, a->customer_phone);
        qc_entity_derive_key(txn, &key, id, how);
    }
    key = key_of(txn, QC_SPACE_ALLOC_PHONE, a->customer_phone, NULL);
    qc_key_put_u64(&key, id);
    qc_entity_derive_key(txn, &key, expires_ms, how);
    if (row->ip_hash.len > 0) {
        key = key_of_hash(txn, QC_SPACE_ALLOC_IP, bytes_of(row->ip_hash));
        qc_key_put_u64(&key, id);
        qc_entity_derive_key(txn, &key, expires_ms, how);
    }
    key = key_of_hash(txn, QC_SPACE_ALLOC_VISIT, bytes_of(row->visit_hash));
    qc_entity_derive_key(txn, &key, id, how);
}

/* Who reaches the visit by dialling its number again. */
static void derive_redial(struct qc_txn *txn,
                          const Qc__State__AllocationRow *row,
                          uint64_t id,
                          enum qc_derive how)
{
    const Qc__V1__Allocation *a = row->allocation;
    bool matched =
        a->state == QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_MATCHED;
    uint64_t until_ms = matched ? NO_END_MS : (uint64_t)a->grace_until_ms;
    struct qc_key key;

    if (!matched && row->grace == NULL) {
        return;
    }
    key = key_of(txn, QC_SPACE_ALLOC_DONE, a->number, a->customer_phone);
    qc_key_put_u64(&key, id);
    qc_entity_derive_key(txn, &key, until_ms, how);
    if (a->matched_ani[0] != '\0' &&
        strcmp(a->matched_ani, a->customer_phone) != 0) {
        key = key_of(txn, QC_SPACE_ALLOC_DONE, a->number, a->matched_ani);
        qc_key_put_u64(&key, id);
        qc_entity_derive_key(txn, &key, until_ms, how);
    }
}

void qc_allocation_derive(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row,
                          enum qc_derive how)
{
    const Qc__State__AllocationRow *allocation = row;
    const Qc__V1__Allocation *a = allocation->allocation;
    size_t at = QC_KEY_PREFIX_SIZE;
    uint64_t id;

    if (a == NULL ||
        !qc_id_parse(QC_ALLOCATION_PREFIX, a->allocation_id, &id) ||
        id != qc_key_read_u64(key, &at)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    if (a->mode == QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE) {
        derive_code(txn, allocation, id, how);
    } else {
        derive_redial(txn, allocation, id, how);
    }
    if (a->state == QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED) {
        derive_reserved(txn, allocation, id, how);
    }
    qc_timer_derive(txn, key, allocation->expire, how);
    qc_timer_derive(txn, key, allocation->grace, how);
    qc_timer_derive(txn, key, allocation->code_rest, how);
}

bool qc_allocation_derived_from(const ProtobufCMessageDescriptor *type,
                                uint32_t number)
{
    if (type == &qc__state__allocation_row__descriptor) {
        /* allocation, visit_hash and ip_hash; expire, grace and code_rest */
        return number <= 3 || (number >= 6 && number <= 8);
    }
    if (type == &qc__v1__allocation__descriptor) {
        switch (number) {
        case 1:  /* allocation_id */
        case 4:  /* mode */
        case 5:  /* number */
        case 6:  /* access_code */
        case 7:  /* customer_phone */
        case 16: /* state */
        case 17: /* expires_ms */
        case 20: /* matched_ani */
        case 23: /* grace_until_ms */
            return true;
        default:
            return false;
        }
    }
    return true;
}

static uint64_t find(struct qc_txn *txn, const struct qc_key *key)
{
    uint64_t id;

    qc_index_get(txn, key, &id);
    return id;
}

uint64_t qc_allocation_of_pair(struct qc_txn *txn,
                               const char *number,
                               const char *phone)
{
    struct qc_key key = key_of(txn, QC_SPACE_ALLOC_ANI, number, phone);

    return find(txn, &key);
}

uint64_t qc_allocation_of_code(struct qc_txn *txn,
                               const char *number,
                               const char *code)
{
    struct qc_key key = key_of(txn, QC_SPACE_ALLOC_CODE, number, code);

    return find(txn, &key);
}

uint64_t qc_allocation_codes_taken(struct qc_txn *txn, const char *number)
{
    struct qc_key key = key_of(txn, QC_SPACE_CODES, number, NULL);

    return qc_index_gauge(txn, &key);
}

/* The id that ends a key. */
static uint64_t id_of(const struct qc_key *key)
{
    size_t at = key->len - sizeof(uint64_t);

    return qc_key_read_u64(key, &at);
}

uint64_t qc_allocation_of_redial(struct qc_txn *txn,
                                 const char *number,
                                 const char *ani)
{
    struct qc_key prefix = key_of(txn, QC_SPACE_ALLOC_DONE, number, ani);
    struct qc_key key;
    uint64_t until_ms;
    uint64_t latest = 0;
    bool more;

    /* As a rule the latest one is in grace if any is. */
    if (qc_index_last(txn, &prefix, &key, &until_ms) &&
        until_ms > (uint64_t)txn->now_ms) {
        return id_of(&key);
    }
    more = qc_index_first(txn, &prefix, &key, &until_ms);
    while (more) {
        if (until_ms > (uint64_t)txn->now_ms) {
            latest = id_of(&key);
        }
        more = qc_index_next(txn, &prefix, &key, &until_ms);
    }
    return latest;
}

bool qc_allocation_pair_is_live(struct qc_txn *txn,
                                const char *number,
                                const char *phone)
{
    struct qc_key prefix = key_of(txn, QC_SPACE_ALLOC_DONE, number, phone);
    struct qc_key key;
    uint64_t until_ms;
    bool more = qc_index_first(txn, &prefix, &key, &until_ms);

    while (more && until_ms != NO_END_MS) {
        more = qc_index_next(txn, &prefix, &key, &until_ms);
    }
    return more || qc_allocation_of_pair(txn, number, phone) != 0;
}

uint64_t qc_allocation_of_visit(struct qc_txn *txn, struct qc_bytes visit_hash)
{
    struct qc_key key = key_of_hash(txn, QC_SPACE_ALLOC_VISIT, visit_hash);

    return find(txn, &key);
}

static struct qc_held count(struct qc_txn *txn,
                            const struct qc_key *prefix,
                            uint32_t limit)
{
    struct qc_held held = {.free_ms = INT64_MAX};
    struct qc_key key;
    uint64_t expires_ms;
    bool more = qc_index_first(txn, prefix, &key, &expires_ms);

    while (more && held.n < limit) {
        if ((int64_t)expires_ms > txn->now_ms) {
            held.n++;
            if ((int64_t)expires_ms < held.free_ms) {
                held.free_ms = (int64_t)expires_ms;
            }
        }
        more = qc_index_next(txn, prefix, &key, &expires_ms);
    }
    return held;
}

struct qc_held qc_allocation_held_by_phone(struct qc_txn *txn,
                                           const char *phone,
                                           uint32_t limit)
{
    struct qc_key prefix = key_of(txn, QC_SPACE_ALLOC_PHONE, phone, NULL);

    return count(txn, &prefix, limit);
}

struct qc_held qc_allocation_held_by_address(struct qc_txn *txn,
                                             struct qc_bytes ip_hash,
                                             uint32_t limit)
{
    struct qc_key prefix = key_of_hash(txn, QC_SPACE_ALLOC_IP, ip_hash);

    return count(txn, &prefix, limit);
}

bool qc_allocation_is_found(struct qc_txn *txn,
                            const Qc__State__AllocationRow *row)
{
    const Qc__V1__Allocation *a = row->allocation;
    uint64_t id = qc_allocation_id(row);

    if (a->mode == QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE) {
        return (!qc_allocation_is_live(row) && row->code_rest == NULL) ||
               qc_allocation_of_code(txn, a->number, a->access_code) == id;
    }
    return a->state != QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED ||
           a->mode == QC__V1__MATCH_MODE__MATCH_MODE_DNIS ||
           qc_allocation_of_pair(txn, a->number, a->customer_phone) == id;
}

/* An empty text asks for nothing. */
static bool is_asked(const char *asked, const char *text)
{
    return asked[0] == '\0' || strcmp(asked, text) == 0;
}

static bool passes(void *ctx, const void *row)
{
    const Qc__V1__ListAllocationsRequest *request = ctx;
    const Qc__State__AllocationRow *of = row;
    const Qc__V1__Allocation *a = of->allocation;

    return (request->state ==
                QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_UNSPECIFIED ||
            request->state == a->state) &&
           is_asked(request->pool, a->pool) &&
           is_asked(request->number, a->number) &&
           is_asked(request->customer_phone, a->customer_phone);
}

int qc_allocation_page(struct qc_txn *txn,
                       const Qc__V1__ListAllocationsRequest *request,
                       struct qc_page *page_out)
{
    Qc__V1__ListAllocationsRequest asked = *request;
    struct qc_listing listing = {
        .entity = &qc_allocation_entity,
        .id_prefix = QC_ALLOCATION_PREFIX,
        .token = request->page_token,
        .size = request->page_size,
        .passes = passes,
        .ctx = &asked,
    };

    return qc_listing_page(txn, &listing, page_out);
}
