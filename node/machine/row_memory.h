/*
 * Rows that were read, remembered as what they say. What is configured is read
 * by every command and query, and seldom changes; to read it out of its bytes
 * is most of that.
 *
 * A row is known again by its bytes. They are fetched once in an entry or a
 * request, and again when the entry has written a row of any kind that is
 * remembered, or within a draft: so what is recalled is what would have been
 * read, whatever has become of the rows since the entry before. Nobody may
 * change it.
 */
#ifndef QC_MACHINE_ROW_MEMORY_H
#define QC_MACHINE_ROW_MEMORY_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

struct qc_arena;
struct qc_key;
struct qc_row_memory;
struct qc_txn;

struct qc_row_memory *qc_row_memory_new(void);
void qc_row_memory_free(struct qc_row_memory *memory);

/* A new entry or request. Nobody has a row of |memory| any more: when it is
 * full, it forgets all. */
void qc_row_memory_begin(struct qc_row_memory *memory);

/* The row of |key| was written. */
void qc_row_memory_written(struct qc_row_memory *memory,
                           const struct qc_key *key);

/* As qc_row_get(), by the memory of |txn| if it has one. What is recalled lives
 * until that memory begins anew, as what is read does until its arena goes. */
const void *qc_row_recall(struct qc_txn *txn,
                          const ProtobufCMessageDescriptor *type,
                          const struct qc_key *key);

/* Whether every row is as it was read; |key_out|: of one that was changed. */
bool qc_row_memory_verify(const struct qc_row_memory *memory,
                          struct qc_arena *arena,
                          struct qc_key *key_out);

#endif
