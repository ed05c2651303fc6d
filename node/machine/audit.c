#include "machine/audit.h"

#include <assert.h>
#include <string.h>

#include "codec/msgpack.h"
#include "machine/id.h"
#include "machine/row.h"
#include "machine/sha256.h"
#include "machine/store.h"

enum {
    REMOVED_MAX = 2, /* For each row that is added: so they never pile up. */
};

/* --- a witness --------------------------------------------------------------
 */

/* Digest, length of the key, key, row: no two of them are the same bytes. */
static void take_in(uint8_t digest[QC_AUDIT_HASH_SIZE],
                    const struct qc_key *key,
                    struct qc_bytes row)
{
    const uint8_t key_size[] = {(uint8_t)(key->len >> 8), (uint8_t)key->len};
    const struct qc_bytes parts[] = {
        {digest, QC_AUDIT_HASH_SIZE},
        {key_size, sizeof(key_size)},
        {key->data, key->len},
        row,
    };

    qc_sha256(parts, sizeof(parts) / sizeof(parts[0]), digest);
}

void qc_witness_see(struct qc_txn *txn,
                    const struct qc_key *key,
                    struct qc_bytes row,
                    bool removed)
{
    struct qc_witness *witness = txn->witness;
    struct qc_bytes was;

    if (qc_get(txn, key, &was)) {
        witness->had_rows = true;
        take_in(witness->before, key, was);
    }
    if (!removed) {
        witness->has_rows = true;
        take_in(witness->after, key, row);
    }
}

/* --- the chain --------------------------------------------------------------
 */

static struct qc_key audit_key(uint32_t tenant, uint64_t id)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_AUDIT);
    qc_key_put_u64(&key, id);
    return key;
}

static uint64_t id_of(const struct qc_key *key)
{
    size_t at = QC_KEY_PREFIX_SIZE;

    return qc_key_read_u64(key, &at);
}

static struct qc_key head_key(uint32_t tenant)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_AUDIT_HEAD);
    return key;
}

/* NULL when there is no row yet, or a fault. */
static Qc__State__AuditHeadRow *head_of(struct qc_txn *txn)
{
    struct qc_key key = head_key(txn->tenant);

    return qc_row_get(txn, qc_audit_head_entity.type, &key);
}

/* The hash |data|, or that of what stands before any row. */
static void hash_read(ProtobufCBinaryData data,
                      uint8_t hash_out[QC_AUDIT_HASH_SIZE])
{
    memset(hash_out, 0, QC_AUDIT_HASH_SIZE);
    if (data.len == QC_AUDIT_HASH_SIZE) {
        memcpy(hash_out, data.data, QC_AUDIT_HASH_SIZE);
    }
}

/* Makes |hash|, that of the row before, the hash of |row|. */
static void chain(struct qc_txn *txn,
                  const Qc__State__AuditRow *row,
                  uint8_t hash[QC_AUDIT_HASH_SIZE])
{
    Qc__State__AuditRow plain = *row;
    struct qc_bytes parts[] = {{hash, QC_AUDIT_HASH_SIZE}, {NULL, 0}};

    plain.hash = (ProtobufCBinaryData){0, NULL};
    if (!qc_msgpack_write(&plain.base, txn->arena, &parts[1])) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    qc_sha256(parts, sizeof(parts) / sizeof(parts[0]), hash);
}

/* |bytes| in the arena, as a field. */
static ProtobufCBinaryData field_of(struct qc_txn *txn,
                                    const uint8_t *bytes,
                                    size_t size)
{
    uint8_t *copy = size > 0 ? qc_alloc(txn, size) : NULL;

    if (copy == NULL) {
        return (ProtobufCBinaryData){0, NULL};
    }
    memcpy(copy, bytes, size);
    return (ProtobufCBinaryData){size, copy};
}

/* Removes the oldest rows as far as they are too old; |head| learns of it. */
static void remove_old(struct qc_txn *txn, Qc__State__AuditHeadRow *head)
{
    struct qc_key old[REMOVED_MAX];
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key key;
    size_t n = 0;

    if (head->oldest_ms > txn->now_ms - QC_AUDIT_AGE_MS) {
        return;
    }
    qc_key_begin(&prefix, txn->tenant, QC_SPACE_AUDIT);
    cursor = qc_open(txn, &prefix, NULL);
    while (qc_next(txn, cursor, &key, &bytes)) {
        const Qc__State__AuditRow *row =
            qc_row_read(txn, qc_audit_entity.type, bytes);

        if (row == NULL) {
            break;
        }
        head->oldest_ms = row->at_ms;
        if (n == REMOVED_MAX || row->at_ms > txn->now_ms - QC_AUDIT_AGE_MS) {
            break;
        }
        head->removed = field_of(txn, row->hash.data, row->hash.len);
        old[n++] = key;
    }
    qc_close(txn, cursor);
    for (size_t i = 0; i < n; i++) {
        qc_del(txn, &old[i]);
    }
}

void qc_audit_add(struct qc_txn *txn, const struct qc_audited *audited)
{
    const struct qc_witness *witness = audited->witness;
    Qc__State__AuditHeadRow *head = head_of(txn);
    Qc__State__AuditRow row = QC__STATE__AUDIT_ROW__INIT;
    uint8_t hash[QC_AUDIT_HASH_SIZE];
    struct qc_key key;

    assert(strlen(audited->object) <= QC_AUDIT_OBJECT_MAX);

    if (head == NULL) {
        head = qc_row_new(txn, qc_audit_head_entity.type);
        if (head == NULL) {
            return;
        }
        head->oldest_ms = txn->now_ms;
    }
    row.id = qc_id_draw(txn);
    row.at_ms = txn->now_ms;
    row.principal = txn->principal;
    row.method = audited->method;
    row.object = audited->object;
    row.request = field_of(txn, audited->request.data, audited->request.size);
    row.before = field_of(txn, witness->before,
                          witness->had_rows ? QC_AUDIT_HASH_SIZE : 0);
    row.after = field_of(txn, witness->after,
                         witness->has_rows ? QC_AUDIT_HASH_SIZE : 0);
    hash_read(head->hash, hash);
    chain(txn, &row, hash);
    row.hash = field_of(txn, hash, sizeof(hash));
    head->hash = row.hash;

    key = audit_key(txn->tenant, row.id);
    qc_row_put(txn, &key, &row);
    remove_old(txn, head);
    key = head_key(txn->tenant);
    qc_row_put(txn, &key, head);
}

/* A cursor behind the row with the id |after|. */
static struct qc_cursor *open_after(struct qc_txn *txn, uint64_t after)
{
    struct qc_key from = audit_key(txn->tenant, after);
    struct qc_key prefix;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_AUDIT);
    qc_key_put_u8(&from, 0); /* Right behind that one. */
    return qc_open(txn, &prefix, &from);
}

uint64_t qc_audit_page(struct qc_txn *txn,
                       uint64_t after,
                       size_t size,
                       struct qc_page *page_out)
{
    struct qc_page page = {.next_token = ""};
    uint64_t last = 0;
    uint64_t next = 0;
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key key;

    size = size > 0 ? size : QC_PAGE_SIZE;
    page.rows = qc_alloc(txn, size * sizeof(*page.rows));
    cursor = open_after(txn, after);
    while (qc_next(txn, cursor, &key, &bytes)) {
        if (qc_page_is_full(txn, &page, size, page.n_rows)) {
            next = last;
            break;
        }
        last = id_of(&key);
        page.rows[page.n_rows++] =
            qc_row_read(txn, qc_audit_entity.type, bytes);
    }
    qc_close(txn, cursor);
    *page_out = page;
    return next;
}

/* The hash that the row behind |after| goes on from. False when there is no row
 * |after|. */
static bool hash_after(struct qc_txn *txn,
                       const Qc__State__AuditHeadRow *head,
                       uint64_t after,
                       uint8_t hash_out[QC_AUDIT_HASH_SIZE])
{
    struct qc_key key = audit_key(txn->tenant, after);
    const Qc__State__AuditRow *row;

    if (after == 0) {
        hash_read(head->removed, hash_out);
        return true;
    }
    row = qc_row_get(txn, qc_audit_entity.type, &key);
    if (row != NULL) {
        hash_read(row->hash, hash_out);
    }
    return row != NULL;
}

static bool is_hash(ProtobufCBinaryData data,
                    const uint8_t hash[QC_AUDIT_HASH_SIZE])
{
    return data.len == QC_AUDIT_HASH_SIZE &&
           memcmp(data.data, hash, QC_AUDIT_HASH_SIZE) == 0;
}

bool qc_audit_verify(struct qc_txn *txn,
                     uint64_t after,
                     size_t size,
                     struct qc_audit_span *span_out)
{
    struct qc_audit_span span = {.is_end = true};
    const Qc__State__AuditHeadRow *head = head_of(txn);
    uint8_t hash[QC_AUDIT_HASH_SIZE];
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key key;

    if (head == NULL) {
        head = qc_row_new(txn, qc_audit_head_entity.type);
    }
    if (head == NULL || !hash_after(txn, head, after, hash)) {
        return false;
    }
    cursor = open_after(txn, after);
    while (span.broken_at == 0 && qc_next(txn, cursor, &key, &bytes)) {
        const Qc__State__AuditRow *row;

        if (span.n_rows == size) {
            span.is_end = false;
            break;
        }
        row = qc_row_read(txn, qc_audit_entity.type, bytes);
        if (row == NULL) {
            break;
        }
        chain(txn, row, hash);
        span.last = id_of(&key);
        span.first = span.n_rows++ == 0 ? span.last : span.first;
        if (row->id != span.last || !is_hash(row->hash, hash)) {
            span.broken_at = span.last;
        }
    }
    qc_close(txn, cursor);
    span.cut_off = span.is_end && span.broken_at == 0 && head->hash.len != 0 &&
                   !is_hash(head->hash, hash);
    *span_out = span;
    return txn->fault == 0;
}

/* The whole chain: it is as long as what people have done. */
static const char *verify_head(struct qc_txn *txn,
                               const struct qc_key *key,
                               const void *row)
{
    struct qc_audit_span span;

    (void)key;
    (void)row;
    if (!qc_audit_verify(txn, 0, SIZE_MAX, &span)) {
        return NULL; /* A fault, and told as that. */
    }
    if (span.broken_at != 0) {
        return "leads to a row that is not as it was written";
    }
    return span.cut_off ? "leads to a row that is not there" : NULL;
}

const struct qc_entity qc_audit_entity = {
    .name = "audit record",
    .space = QC_SPACE_AUDIT,
    .type = &qc__state__audit_row__descriptor,
};

const struct qc_entity qc_audit_head_entity = {
    .name = "audit trail",
    .space = QC_SPACE_AUDIT_HEAD,
    .type = &qc__state__audit_head_row__descriptor,
    .verify = verify_head,
};
