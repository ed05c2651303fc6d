#include "cluster-tests/bench/centre/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/rows/rows.h"

enum {
    /* So many that no chain is long, and that none has to be laid out anew
     * while somebody measures. */
    BUCKETS = 1 << 20,
};

struct centre_rows {
    struct rows rows; /* First, so that a store is one of ours. */
};

static int get(struct qc_store *store,
               const struct qc_key *key,
               struct qc_arena *arena,
               struct qc_bytes *row_out,
               bool *found_out)
{
    const struct rows_row *row = rows_find((struct rows *)store, key);
    uint8_t *copy;

    *found_out = row != NULL;
    if (row == NULL) {
        return 0;
    }
    copy = qc_arena_alloc(arena, row->content.size + 1);
    if (copy == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(copy, row->content.data, row->content.size);
    *row_out = (struct qc_bytes){copy, row->content.size};
    return 0;
}

static int put(struct qc_store *store,
               const struct qc_key *key,
               struct qc_bytes bytes)
{
    struct rows *rows = (struct rows *)store;
    struct rows_row *row = rows_find(rows, key);

    rows_content_set(
        row != NULL ? &row->content : &rows_add(rows, key)->content, bytes);
    return 0;
}

static int del(struct qc_store *store, const struct qc_key *key)
{
    struct rows *rows = (struct rows *)store;
    struct rows_row *row = rows_find(rows, key);

    if (row != NULL) {
        rows_take_out(rows, row);
        rows_row_free(row);
    }
    return 0;
}

static int commit(struct qc_store *store)
{
    (void)store;
    return 0;
}

static const struct qc_store_ops ops = {
    .get = get,
    .put = put,
    .del = del,
    .open = rows_open,
    .next = rows_next,
    .close = rows_close,
    .commit = commit,
};

struct centre_rows *centre_rows_new(void)
{
    struct centre_rows *centre = malloc(sizeof(*centre));

    assert(centre != NULL);
    rows_init(&centre->rows, &ops, BUCKETS);
    return centre;
}

void centre_rows_free(struct centre_rows *centre)
{
    rows_drop(&centre->rows);
    free(centre);
}

struct qc_store *centre_rows_store(struct centre_rows *centre)
{
    return &centre->rows.store;
}

size_t centre_rows_count(const struct centre_rows *centre)
{
    return centre->rows.n;
}
