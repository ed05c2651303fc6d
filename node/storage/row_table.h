/*
 * Rows in memory: those that RocksDB does not have yet, and those that were
 * used lately.
 *
 * A command reads the same few rows as the one before it, and what was written
 * lately is read next: a get of RocksDB costs microseconds, one from here a
 * hash. What is written gathers in a delta, in the order of its keys, until the
 * delta is sealed; from then on its rows do not change, so that another thread
 * can read them, and a row that is written again is a new one. Rows that
 * RocksDB has may be dropped at any time, to keep to a bound; others stay.
 */
#ifndef QC_STORAGE_ROW_TABLE_H
#define QC_STORAGE_ROW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/key.h"
#include "machine/key_tree.h"

enum {
    /* Larger ones are seldom read, and would drive out many. */
    QC_ROW_TABLE_READ_SIZE_MAX = 4096,
};

struct qc_table_row {
    struct qc_table_row *next; /* Of the same bucket, or of those superseded. */
    TAILQ_ENTRY(qc_table_row) place;
    uint64_t delta; /* The number of that in which it is; 0: it was read. */
    bool used;      /* Since it last came to the head of the queue. */
    bool deleted;   /* There is no such row, or none any more. */
    size_t key_size;
    size_t row_size;
    size_t capacity; /* Of |bytes|: the key, then the row. */
    uint8_t bytes[];
};

/* What was written between two seals. */
struct qc_row_delta {
    uint64_t number;                   /* 1 is the first. */
    struct qc_key_tree rows;           /* Numbers are qc_row_delta_row()s. */
    size_t size;                       /* Of all rows, in bytes of memory. */
    size_t effort;                     /* Bytes of all puts, also to one row. */
    STAILQ_ENTRY(qc_row_delta) kept;   /* For whoever keeps sealed ones, */
    STAILQ_ENTRY(qc_row_delta) queued; /* and whoever writes them. */
};

STAILQ_HEAD(qc_row_deltas, qc_row_delta);

struct qc_row_table {
    struct qc_table_row **buckets;
    size_t n_buckets; /* A power of 2. */
    /* In the order in which they came or were spared. */
    TAILQ_HEAD(qc_table_queue, qc_table_row) queue;
    /* Written again before RocksDB had them; the oldest first. */
    struct qc_table_row *superseded;
    struct qc_table_row **superseded_end;
    size_t size_max;
    size_t size; /* Of all rows with their keys, in bytes of memory. */
    struct qc_row_delta delta; /* The one that is not sealed. */
    uint64_t written;          /* The number of the last that RocksDB has. */
};

/* |size_max|, in bytes, is kept as far as rows can be dropped. 0 or NOMEM;
 * qc_row_table_done() takes a table of all zeros, too. */
QC_MUST_CHECK int qc_row_table_init(struct qc_row_table *table,
                                    size_t size_max);
void qc_row_table_done(struct qc_row_table *table);

/* What is known of |key|, which may be that it is deleted; NULL: RocksDB has to
 * be asked. Borrowed until the next change. */
const struct qc_table_row *qc_row_table_get(struct qc_row_table *table,
                                            const struct qc_key *key);

/* Both copy, and both answer 0 or NOMEM: there is a limit to what may wait for
 * RocksDB. */
QC_MUST_CHECK int qc_row_table_put(struct qc_row_table *table,
                                   const struct qc_key *key,
                                   struct qc_bytes row);
QC_MUST_CHECK int qc_row_table_del(struct qc_row_table *table,
                                   const struct qc_key *key);

/* Remembers a row that RocksDB has, of a |key| of which nothing is known here;
 * copies both. It may be dropped at once. */
void qc_row_table_remember(struct qc_row_table *table,
                           const struct qc_key *key,
                           struct qc_bytes row);

/* The same of a |key| of which RocksDB has no row. */
void qc_row_table_remember_none(struct qc_row_table *table,
                                const struct qc_key *key);

/* Seals the delta and gives it out; another one is begun. What it points to
 * stays as it is until qc_row_table_written() says its number. */
void qc_row_table_seal(struct qc_row_table *table,
                       struct qc_row_delta *delta_out);

/* RocksDB has all sealed deltas up to |number|. */
void qc_row_table_written(struct qc_row_table *table, uint64_t number);

/* The row that stands in a delta with |value|. */
static inline const struct qc_table_row *qc_row_delta_row(uint64_t value)
{
    return (const struct qc_table_row *)(uintptr_t)value;
}

static inline struct qc_bytes qc_table_row_bytes(const struct qc_table_row *row)
{
    return (struct qc_bytes){row->bytes + row->key_size, row->row_size};
}

#endif
