#include "cluster-tests/bench/centre/rows.h"

#include <assert.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

enum {
    /* So many that no chain is long, and that none has to be laid out anew
     * while somebody measures. */
    BUCKETS = 1 << 20,
};

struct row {
    RB_ENTRY(row) link;
    struct row *next; /* In its bucket. */
    uint8_t *data;
    uint32_t size;
    uint32_t room;
    uint16_t key_len;
    uint8_t key[];
};

RB_HEAD(tree, row);

struct centre_rows {
    struct qc_store store; /* First, so that a store is one of ours. */
    struct tree tree;
    struct row **buckets;
    size_t n_rows;
};

struct qc_cursor {
    struct qc_key prefix;
    struct row *next;
};

static int compare(const uint8_t *a,
                   size_t a_len,
                   const uint8_t *b,
                   size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (int)a_len - (int)b_len;
}

static int row_compare(const struct row *a, const struct row *b)
{
    return compare(a->key, a->key_len, b->key, b->key_len);
}

RB_GENERATE_INTERNAL(tree, row, link, row_compare, STATIC_UNUSED)

static void *must(void *memory)
{
    assert(memory != NULL);
    return memory;
}

/* Where the row of |key| is pointed to, or would be. */
static struct row **place_of(const struct centre_rows *rows,
                             const struct qc_key *key)
{
    struct row **at =
        &rows->buckets[XXH3_64bits(key->data, key->len) % BUCKETS];

    while (*at != NULL && ((*at)->key_len != key->len ||
                           memcmp((*at)->key, key->data, key->len) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static int get(struct qc_store *store,
               const struct qc_key *key,
               struct qc_arena *arena,
               struct qc_bytes *row_out,
               bool *found_out)
{
    const struct row *row = *place_of((struct centre_rows *)store, key);
    uint8_t *copy;

    *found_out = row != NULL;
    if (row == NULL) {
        return 0;
    }
    copy = qc_arena_alloc(arena, row->size + 1U);
    if (copy == NULL) {
        return QC_E_NOMEM;
    }
    if (row->size > 0) {
        memcpy(copy, row->data, row->size);
    }
    *row_out = (struct qc_bytes){copy, row->size};
    return 0;
}

static struct row *add_row(struct centre_rows *rows,
                           struct row **place,
                           const struct qc_key *key)
{
    struct row *row = must(calloc(1, sizeof(*row) + key->len));
    const struct row *other;

    row->key_len = key->len;
    memcpy(row->key, key->data, key->len);
    other = RB_INSERT(tree, &rows->tree, row);
    assert(other == NULL);
    *place = row;
    rows->n_rows++;
    return row;
}

static int put(struct qc_store *store,
               const struct qc_key *key,
               struct qc_bytes bytes)
{
    struct centre_rows *rows = (struct centre_rows *)store;
    struct row **place = place_of(rows, key);
    struct row *row = *place != NULL ? *place : add_row(rows, place, key);

    if (bytes.size > row->room) {
        row->data = must(realloc(row->data, bytes.size));
        row->room = (uint32_t)bytes.size;
    }
    if (bytes.size > 0) {
        memcpy(row->data, bytes.data, bytes.size);
    }
    row->size = (uint32_t)bytes.size;
    return 0;
}

static int del(struct qc_store *store, const struct qc_key *key)
{
    struct centre_rows *rows = (struct centre_rows *)store;
    struct row **place = place_of(rows, key);
    struct row *row = *place;

    if (row != NULL) {
        *place = row->next;
        RB_REMOVE(tree, &rows->tree, row);
        rows->n_rows--;
        free(row->data);
        free(row);
    }
    return 0;
}

static struct row *find_from(const struct centre_rows *rows,
                             const struct qc_key *key)
{
    struct row *at = RB_ROOT(&rows->tree);
    struct row *found = NULL;

    while (at != NULL) {
        if (compare(key->data, key->len, at->key, at->key_len) <= 0) {
            found = at;
            at = RB_LEFT(at, link);
        } else {
            at = RB_RIGHT(at, link);
        }
    }
    return found;
}

static int open_cursor(struct qc_store *store,
                       const struct qc_key *prefix,
                       const struct qc_key *from,
                       struct qc_cursor **cursor_out)
{
    struct qc_cursor *cursor = must(malloc(sizeof(*cursor)));

    cursor->prefix.len = prefix->len;
    memcpy(cursor->prefix.data, prefix->data, prefix->len);
    cursor->next = find_from((const struct centre_rows *)store,
                             from != NULL ? from : prefix);
    *cursor_out = cursor;
    return 0;
}

static int next(struct qc_cursor *cursor,
                struct qc_key *key_out,
                struct qc_bytes *row_out,
                bool *found_out)
{
    struct row *row = cursor->next;

    *found_out = row != NULL && row->key_len >= cursor->prefix.len &&
                 memcmp(row->key, cursor->prefix.data, cursor->prefix.len) == 0;
    if (*found_out) {
        key_out->len = row->key_len;
        memcpy(key_out->data, row->key, row->key_len);
        *row_out = (struct qc_bytes){row->data, row->size};
        cursor->next = RB_NEXT(tree, NULL, row);
    }
    return 0;
}

static void close_cursor(struct qc_cursor *cursor)
{
    free(cursor);
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
    .open = open_cursor,
    .next = next,
    .close = close_cursor,
    .commit = commit,
};

struct centre_rows *centre_rows_new(void)
{
    struct centre_rows *rows = must(calloc(1, sizeof(*rows)));

    rows->store.ops = &ops;
    rows->buckets = must(calloc(BUCKETS, sizeof(struct row *)));
    return rows;
}

void centre_rows_free(struct centre_rows *rows)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (rows->buckets[i] != NULL) {
            struct row *row = rows->buckets[i];

            rows->buckets[i] = row->next;
            free(row->data);
            free(row);
        }
    }
    free(rows->buckets);
    free(rows);
}

struct qc_store *centre_rows_store(struct centre_rows *rows)
{
    return &rows->store;
}

size_t centre_rows_count(const struct centre_rows *rows)
{
    return rows->n_rows;
}
