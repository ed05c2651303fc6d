#include "machine/row.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "codec/message.h"
#include "machine/store.h"

/* A row that begins with an object (its field 1) is nothing without it. */
static bool is_hollow(const ProtobufCMessage *row)
{
    const ProtobufCFieldDescriptor *first =
        qc_message_field(row->descriptor, 1);

    return first != NULL && first->type == PROTOBUF_C_TYPE_MESSAGE &&
           !qc_message_has(row, first);
}

void *qc_row_get(struct qc_txn *txn,
                 const ProtobufCMessageDescriptor *type,
                 const struct qc_key *key)
{
    struct qc_bytes bytes;

    return qc_get(txn, key, &bytes) ? qc_row_read(txn, type, bytes) : NULL;
}

void *qc_row_read(struct qc_txn *txn,
                  const ProtobufCMessageDescriptor *type,
                  struct qc_bytes bytes)
{
    return qc_row_read_some(txn, type, NULL, bytes);
}

void *qc_row_read_some(struct qc_txn *txn,
                       const ProtobufCMessageDescriptor *type,
                       qc_wanted_fn wanted,
                       struct qc_bytes bytes)
{
    struct qc_codec_error error;
    ProtobufCMessage *row = NULL;

    if (txn->fault != 0) {
        return NULL;
    }
    switch (
        qc_msgpack_read_some(type, wanted, bytes, txn->arena, &row, &error)) {
    case QC_CODEC_OK:
        if (is_hollow(row)) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            return NULL;
        }
        return row;
    case QC_CODEC_MALFORMED:
        qc_txn_fail(txn, QC_E_CORRUPT);
        return NULL;
    case QC_CODEC_TOO_BIG:
        qc_txn_fail(txn, QC_E_NOMEM);
        return NULL;
    }
    assert(false);
    return NULL;
}

void *qc_row_new(struct qc_txn *txn, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *row = qc_message_new(type, txn->arena);

    if (row == NULL) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return row;
}

void *qc_row_copy(struct qc_txn *txn, const void *row)
{
    const ProtobufCMessage *message = row;
    size_t size = message->descriptor->sizeof_message;
    void *copy = qc_alloc(txn, size);

    if (copy != NULL) {
        memcpy(copy, row, size);
    }
    return copy;
}

void qc_row_put(struct qc_txn *txn, const struct qc_key *key, const void *row)
{
    struct qc_bytes bytes;

    if (txn->fault != 0) {
        return;
    }
    if (!qc_msgpack_write(row, txn->arena, &bytes)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    qc_put(txn, key, bytes);
}

void *qc_row_append(struct qc_txn *txn,
                    const void *list,
                    size_t n,
                    const void *last)
{
    const void **longer =
        last != NULL ? qc_alloc(txn, (n + 1) * sizeof(*longer)) : NULL;

    if (longer == NULL) {
        return NULL;
    }
    if (n > 0) {
        memcpy(longer, list, n * sizeof(*longer));
    }
    longer[n] = last;
    return longer;
}
