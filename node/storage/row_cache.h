/*
 * Committed rows in memory, bounded in bytes.
 *
 * A command reads the same few rows as the one before it, and what was written
 * lately is read next: a get of RocksDB costs microseconds, one from here a
 * hash. A row may be dropped at any time, so nobody may rely on finding it;
 * but what is found is what is on disk.
 */
#ifndef QC_STORAGE_ROW_CACHE_H
#define QC_STORAGE_ROW_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    /* Larger ones are seldom read, and would drive out many. */
    QC_ROW_CACHE_ROW_SIZE_MAX = 4096,
};

struct qc_row_cache_row;

struct qc_row_cache {
    struct qc_row_cache_row **buckets;
    size_t n_buckets; /* A power of 2. */
    /* In the order in which they came or were spared. */
    TAILQ_HEAD(qc_row_cache_queue, qc_row_cache_row) queue;
    size_t size_max;
    size_t size; /* Of all rows with their keys, in bytes of memory. */
};

/* |size_max| is in bytes. 0 or NOMEM; qc_row_cache_done() takes a cache of all
 * zeros, too. */
QC_MUST_CHECK int qc_row_cache_init(struct qc_row_cache *cache,
                                    size_t size_max);
void qc_row_cache_done(struct qc_row_cache *cache);

/* Returns whether the row of |key| is here. Borrowed until the next change. */
bool qc_row_cache_get(struct qc_row_cache *cache,
                      struct qc_bytes key,
                      struct qc_bytes *row_out);

/* From now on the row of |key| is |row|; copies both. Whether or not there is
 * room for it, an older one is not here any more. */
void qc_row_cache_put(struct qc_row_cache *cache,
                      struct qc_bytes key,
                      struct qc_bytes row);

/* Forgets the row of |key|. */
void qc_row_cache_drop(struct qc_row_cache *cache, struct qc_bytes key);

#endif
