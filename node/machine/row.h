/*
 * Rows: messages of proto/quorumcall/state/v1 in the arena, canonical msgpack
 * on disk (codec/msgpack.h).
 *
 * A field that this release does not know is kept with the row that was read,
 * and written back: so change the row you read, and write that.
 */
#ifndef QC_MACHINE_ROW_H
#define QC_MACHINE_ROW_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "codec/msgpack.h"

struct qc_key;
struct qc_txn;

/* The row, in the arena; NULL when there is none. Bytes that are not such a
 * row are a fault, CORRUPT; so is a row without its object, where field 1 is
 * one. */
void *qc_row_get(struct qc_txn *txn,
                 const ProtobufCMessageDescriptor *type,
                 const struct qc_key *key);

/* The same from bytes that a cursor showed. */
void *qc_row_read(struct qc_txn *txn,
                  const ProtobufCMessageDescriptor *type,
                  struct qc_bytes bytes);

/* The same, of the fields that are |wanted| (NULL: of all). */
void *qc_row_read_some(struct qc_txn *txn,
                       const ProtobufCMessageDescriptor *type,
                       qc_wanted_fn wanted,
                       struct qc_bytes bytes);

/* An empty row in the arena; NULL is a fault. */
void *qc_row_new(struct qc_txn *txn, const ProtobufCMessageDescriptor *type);

/* A shallow copy, to remember what indexes were derived from; NULL is a fault.
 */
void *qc_row_copy(struct qc_txn *txn, const void *row);

void qc_row_put(struct qc_txn *txn, const struct qc_key *key, const void *row);

/* A list of messages with one more: a new array, so that whoever has the old
 * one keeps it, of the |n| pointers of |list| and then |last|. NULL is a fault,
 * as is a NULL |last|. */
void *qc_row_append(struct qc_txn *txn,
                    const void *list,
                    size_t n,
                    const void *last);

#endif
