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

static struct qc_key row_key(uint32_t tenant, uint64_t log_index)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_AUDIT);
    qc_key_put_u64(&key, log_index);
    return key;
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

/* The hash |data|, or that of what stands before any record. */
static void hash_read(ProtobufCBinaryData data,
                      uint8_t hash_out[QC_AUDIT_HASH_SIZE])
{
    memset(hash_out, 0, QC_AUDIT_HASH_SIZE);
    if (data.len == QC_AUDIT_HASH_SIZE) {
        memcpy(hash_out, data.data, QC_AUDIT_HASH_SIZE);
    }
}

static bool is_hash(ProtobufCBinaryData data,
                    const uint8_t hash[QC_AUDIT_HASH_SIZE])
{
    return data.len == QC_AUDIT_HASH_SIZE &&
           memcmp(data.data, hash, QC_AUDIT_HASH_SIZE) == 0;
}

/* Makes |hash|, that of the record before, the hash of |record|. */
static void chain(struct qc_bytes record, uint8_t hash[QC_AUDIT_HASH_SIZE])
{
    const struct qc_bytes parts[] = {{hash, QC_AUDIT_HASH_SIZE}, record};

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

/* --- adding to it -----------------------------------------------------------
 */

/* What an entry adds to the chain of one tenant. */
struct qc_audit_batch {
    struct qc_audit_batch *next; /* Of another one. */
    uint32_t tenant;
    Qc__State__AuditHeadRow *head; /* As it will be written. */
    Qc__State__AuditRow *row;
};

/* A batch without a record, for the tenant of |txn|; NULL is a fault. */
static struct qc_audit_batch *batch_new(struct qc_txn *txn)
{
    struct qc_audit_batch *batch = qc_alloc(txn, sizeof(*batch));
    Qc__State__AuditHeadRow *head = head_of(txn);

    if (head == NULL) {
        head = qc_row_new(txn, qc_audit_head_entity.type);
        if (head == NULL) {
            return NULL;
        }
        head->oldest_ms = txn->now_ms;
    }
    if (batch == NULL) {
        return NULL;
    }
    batch->tenant = txn->tenant;
    batch->head = head;
    batch->row = qc_row_new(txn, qc_audit_entity.type);
    return batch->row != NULL ? batch : NULL;
}

/* That of the tenant of |txn|. An entry has few commands, and so fewer tenants.
 */
static struct qc_audit_batch *batch_of(struct qc_txn *txn)
{
    struct qc_audit_batch **at = &txn->audits;

    while (*at != NULL && (*at)->tenant != txn->tenant) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = batch_new(txn);
    }
    return *at;
}

/* Adds |record| to |batch|. */
static void seal(struct qc_txn *txn,
                 struct qc_audit_batch *batch,
                 const Qc__State__AuditRecord *record)
{
    Qc__State__AuditRow *row = batch->row;
    Qc__State__SealedRecord *sealed =
        qc_row_new(txn, &qc__state__sealed_record__descriptor);
    uint8_t hash[QC_AUDIT_HASH_SIZE];
    struct qc_bytes bytes;

    if (sealed == NULL) {
        return;
    }
    if (!qc_msgpack_write(&record->base, txn->arena, &bytes)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    hash_read(batch->head->hash, hash);
    chain(bytes, hash);
    sealed->record = field_of(txn, bytes.data, bytes.size);
    sealed->hash = field_of(txn, hash, sizeof(hash));
    batch->head->hash = sealed->hash;
    row->records = qc_row_append(txn, row->records, row->n_records, sealed);
    row->n_records += row->records != NULL ? 1 : 0;
}

void qc_audit_add(struct qc_txn *txn, const struct qc_audited *audited)
{
    const struct qc_witness *witness = audited->witness;
    Qc__State__AuditRecord record = QC__STATE__AUDIT_RECORD__INIT;
    struct qc_arena *of_command = txn->arena;
    struct qc_audit_batch *batch;

    assert(strlen(audited->object) <= QC_AUDIT_OBJECT_MAX);

    record.id = qc_id_draw(txn);
    record.at_ms = txn->now_ms;
    record.principal = txn->principal;
    record.method = audited->method;
    record.object = audited->object;
    record.request =
        field_of(txn, audited->request.data, audited->request.size);
    record.before = field_of(txn, witness->before,
                             witness->had_rows ? QC_AUDIT_HASH_SIZE : 0);
    record.after = field_of(txn, witness->after,
                            witness->has_rows ? QC_AUDIT_HASH_SIZE : 0);

    txn->arena = txn->of_entry;
    batch = batch_of(txn);
    if (batch != NULL) {
        seal(txn, batch, &record);
    }
    txn->arena = of_command;
}

/* The record, read; NULL is a fault. */
static const Qc__State__AuditRecord *record_of(
    struct qc_txn *txn,
    const Qc__State__SealedRecord *sealed)
{
    return qc_row_read(
        txn, &qc__state__audit_record__descriptor,
        (struct qc_bytes){sealed->record.data, sealed->record.len});
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
        const Qc__State__AuditRecord *first =
            row != NULL && row->n_records > 0 ? record_of(txn, row->records[0])
                                              : NULL;

        if (first == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            break;
        }
        head->oldest_ms = first->at_ms;
        if (n == REMOVED_MAX || first->at_ms > txn->now_ms - QC_AUDIT_AGE_MS) {
            break;
        }
        head->removed = row->records[row->n_records - 1]->hash;
        old[n++] = key;
    }
    qc_close(txn, cursor);
    for (size_t i = 0; i < n; i++) {
        qc_del(txn, &old[i]);
    }
}

void qc_audit_flush(struct qc_txn *txn)
{
    uint32_t tenant = txn->tenant;

    for (struct qc_audit_batch *batch = txn->audits;
         batch != NULL && txn->fault == 0; batch = batch->next) {
        struct qc_key key = row_key(batch->tenant, txn->log_index);

        txn->tenant = batch->tenant;
        qc_row_put(txn, &key, batch->row);
        remove_old(txn, batch->head);
        key = head_key(batch->tenant);
        qc_row_put(txn, &key, batch->head);
    }
    txn->tenant = tenant;
    txn->audits = NULL;
}

/* --- walking along it -------------------------------------------------------
 */

/* Records, row by row. */
struct walk {
    struct qc_cursor *cursor;
    uint64_t log_index; /* Of |row|. */
    const Qc__State__AuditRow *row;
    size_t i; /* Of the record that is next, in |row|. */
};

/* A walk from the first record on that is of entry |log_index| or later. */
static struct walk walk_from(struct qc_txn *txn, uint64_t log_index)
{
    struct qc_key from = row_key(txn->tenant, log_index);
    struct qc_key prefix;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_AUDIT);
    return (struct walk){.cursor = qc_open(txn, &prefix, &from)};
}

/* The next record; NULL at the end, or after a fault. */
static const Qc__State__SealedRecord *step(struct qc_txn *txn,
                                           struct walk *walk)
{
    while (walk->row == NULL || walk->i == walk->row->n_records) {
        size_t at = QC_KEY_PREFIX_SIZE;
        struct qc_bytes bytes;
        struct qc_key key;

        if (!qc_next(txn, walk->cursor, &key, &bytes)) {
            return NULL;
        }
        walk->log_index = qc_key_read_u64(&key, &at);
        walk->row = qc_row_read(txn, qc_audit_entity.type, bytes);
        walk->i = 0;
    }
    return walk->row->records[walk->i++];
}

/* Steps over all up to the record |after|, whose hash is written; over none
 * when it is 0. False when there is no such record, or a fault. */
static bool step_over(struct qc_txn *txn,
                      struct walk *walk,
                      uint64_t after,
                      uint8_t hash_out[QC_AUDIT_HASH_SIZE])
{
    uint64_t id = 0;

    while (id < after) {
        const Qc__State__SealedRecord *sealed = step(txn, walk);
        const Qc__State__AuditRecord *record =
            sealed != NULL ? record_of(txn, sealed) : NULL;

        if (record == NULL) {
            return false;
        }
        id = record->id;
        hash_read(sealed->hash, hash_out);
    }
    return id == after;
}

/* NULL is a fault. */
static struct qc_audit_record *opened(struct qc_txn *txn,
                                      const Qc__State__SealedRecord *sealed)
{
    struct qc_audit_record *open = qc_alloc(txn, sizeof(*open));

    if (open != NULL) {
        open->record = record_of(txn, sealed);
        open->hash = sealed->hash;
    }
    return txn->fault == 0 ? open : NULL;
}

uint64_t qc_audit_page(struct qc_txn *txn,
                       uint64_t after,
                       size_t size,
                       struct qc_page *page_out)
{
    struct walk walk = walk_from(txn, qc_id_log_index(after));
    const Qc__State__SealedRecord *sealed;
    struct qc_page page = {.next_token = ""};
    uint64_t last = 0;
    uint64_t next = 0;

    size = size > 0 ? size : QC_PAGE_SIZE;
    page.rows = qc_alloc(txn, size * sizeof(*page.rows));
    while (next == 0 && (sealed = step(txn, &walk)) != NULL) {
        struct qc_audit_record *open = opened(txn, sealed);

        if (open == NULL || open->record->id <= after) {
            continue;
        }
        if (qc_page_is_full(txn, &page, size, page.n_rows)) {
            next = last;
        } else {
            last = open->record->id;
            page.rows[page.n_rows++] = open;
        }
    }
    qc_close(txn, walk.cursor);
    *page_out = page;
    return next;
}

/* Checks one more record, whose predecessor has |hash|, which becomes its own.
 */
static void check(struct qc_txn *txn,
                  const struct walk *walk,
                  const Qc__State__SealedRecord *sealed,
                  uint8_t hash[QC_AUDIT_HASH_SIZE],
                  struct qc_audit_span *span)
{
    const Qc__State__AuditRecord *record = record_of(txn, sealed);
    bool is_here =
        record != NULL && qc_id_log_index(record->id) == walk->log_index;
    /* If it is another's, then what it should be, about. */
    uint64_t id =
        is_here ? record->id : qc_id_of(walk->log_index, (uint32_t)walk->i);

    chain((struct qc_bytes){sealed->record.data, sealed->record.len}, hash);
    span->last = id;
    span->first = span->n_records++ == 0 ? id : span->first;
    if (!is_here || !is_hash(sealed->hash, hash)) {
        span->broken_at = id;
    }
}

bool qc_audit_verify(struct qc_txn *txn,
                     uint64_t after,
                     size_t size,
                     struct qc_audit_span *span_out)
{
    const Qc__State__AuditHeadRow *head = head_of(txn);
    struct qc_audit_span span = {.is_end = true};
    const Qc__State__SealedRecord *sealed;
    uint8_t hash[QC_AUDIT_HASH_SIZE];
    struct walk walk;
    bool found;

    if (head == NULL) {
        head = qc_row_new(txn, qc_audit_head_entity.type);
    }
    if (head == NULL) {
        return false;
    }
    hash_read(head->removed, hash);
    walk = walk_from(txn, qc_id_log_index(after));
    found = step_over(txn, &walk, after, hash);
    while (found && span.broken_at == 0 &&
           (sealed = step(txn, &walk)) != NULL) {
        if (span.n_records == size) {
            span.is_end = false;
            break;
        }
        check(txn, &walk, sealed, hash, &span);
    }
    qc_close(txn, walk.cursor);
    if (!found || txn->fault != 0) {
        return false;
    }
    span.cut_off = span.is_end && span.broken_at == 0 && head->hash.len != 0 &&
                   !is_hash(head->hash, hash);
    *span_out = span;
    return true;
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
        return "leads to a record that is not as it was written";
    }
    return span.cut_off ? "leads to a record that is not there" : NULL;
}

const struct qc_entity qc_audit_entity = {
    .name = "audit records",
    .space = QC_SPACE_AUDIT,
    .type = &qc__state__audit_row__descriptor,
};

const struct qc_entity qc_audit_head_entity = {
    .name = "audit trail",
    .space = QC_SPACE_AUDIT_HEAD,
    .type = &qc__state__audit_head_row__descriptor,
    .verify = verify_head,
};
