/*
 * Rows in memory: what a store is made of that needs no disk.
 *
 * A row is found by a hash, as it is in a node's cache of rows; a tree has them
 * in the order of their keys. What a write means, and whether it can be undone,
 * is said by whoever keeps the rows. Lack of memory ends the program.
 */
#ifndef QC_ROWS_ROWS_H
#define QC_ROWS_ROWS_H

#include <bsd/sys/tree.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/store.h"

/* Owned by whoever has it; of a row, by the row. */
struct rows_content {
    uint8_t *data;
    size_t size;
    size_t room; /* Of |data|. */
};

struct rows_row {
    RB_ENTRY(rows_row) link;
    struct rows_row *next; /* In its bucket. */
    struct rows_content content;
    uint16_t key_len;
    uint8_t key[];
};

RB_HEAD(rows_tree, rows_row);

struct rows {
    struct qc_store store; /* First, so that a store is one of ours. */
    struct rows_tree tree;
    struct rows_row **buckets;
    size_t n_buckets;
    size_t n;
    unsigned n_cursors; /* Open ones: nothing is written meanwhile. */
};

/* As many |n_buckets| as keep chains short: they do not grow. */
void rows_init(struct rows *rows,
               const struct qc_store_ops *ops,
               size_t n_buckets);

/* Frees all that is in |rows|. */
void rows_drop(struct rows *rows);

/* NULL: there is none. */
struct rows_row *rows_find(const struct rows *rows, const struct qc_key *key);

/* A new row, without content. */
struct rows_row *rows_add(struct rows *rows, const struct qc_key *key);

/* Takes |row| out, which is the caller's from then on; and puts it back. */
void rows_take_out(struct rows *rows, struct rows_row *row);
void rows_put_back(struct rows *rows, struct rows_row *row);

void rows_row_free(struct rows_row *row);

/* Overwrites |content|, in the same room if there is enough. */
void rows_content_set(struct rows_content *content, struct qc_bytes bytes);

/* In the order of the keys; NULL: that was all. */
struct rows_row *rows_first(const struct rows *rows);
struct rows_row *rows_after(struct rows_row *row);

static inline struct qc_bytes rows_bytes(const struct rows_content *content)
{
    return (struct qc_bytes){content->data, content->size};
}

/* For the table of a store: walks. */
int rows_open(struct qc_store *store,
              const struct qc_key *prefix,
              const struct qc_key *from,
              struct qc_cursor **cursor_out);
int rows_next(struct qc_cursor *cursor,
              struct qc_key *key_out,
              struct qc_bytes *row_out,
              bool *found_out);
void rows_close(struct qc_cursor *cursor);

#endif
