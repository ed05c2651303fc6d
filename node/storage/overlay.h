/*
 * Rows that were written and that RocksDB does not have yet, in the order of
 * their keys.
 *
 * RocksDB can index a batch too (writebatch_wi). Here a put costs a quarter of
 * that, a row that was just written is read without a detour, and one written
 * many times reaches RocksDB once: see README.md for figures.
 */
#ifndef QC_STORAGE_OVERLAY_H
#define QC_STORAGE_OVERLAY_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct qc_overlay_row {
    RB_ENTRY(qc_overlay_row) node;
    struct qc_bytes key;
    struct qc_bytes row;
    bool deleted; /* There is no such row any more. */
    size_t capacity;
    uint8_t *buffer; /* Of |capacity|; |row| lies in it. */
};

struct qc_overlay {
    RB_HEAD(qc_overlay_tree, qc_overlay_row) tree;
    struct qc_arena arena; /* Holds the rows. */
};

void qc_overlay_init(struct qc_overlay *overlay);
void qc_overlay_done(struct qc_overlay *overlay);

/* Both copy, and both answer 0 or NOMEM: there is a limit to what may wait for
 * RocksDB. */
QC_MUST_CHECK int qc_overlay_put(struct qc_overlay *overlay,
                                 struct qc_bytes key,
                                 struct qc_bytes row);
QC_MUST_CHECK int qc_overlay_del(struct qc_overlay *overlay,
                                 struct qc_bytes key);

/* NULL when |key| was not written. Borrowed until the next write. */
const struct qc_overlay_row *qc_overlay_get(struct qc_overlay *overlay,
                                            struct qc_bytes key);

/* The first that is not below |key|, and the one after |row|; NULL at the
 * end. */
struct qc_overlay_row *qc_overlay_seek(struct qc_overlay *overlay,
                                       struct qc_bytes key);
struct qc_overlay_row *qc_overlay_next(struct qc_overlay_row *row);

/* Forgets all rows. */
void qc_overlay_clear(struct qc_overlay *overlay);

/* Byte order, as RocksDB has it: less than, equal to or greater than 0. */
int qc_bytes_compare(struct qc_bytes a, struct qc_bytes b);

#endif
