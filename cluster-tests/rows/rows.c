#include "cluster-tests/rows/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

struct qc_cursor {
    struct rows *rows;
    struct qc_key prefix;
    struct rows_row *next;
};

static int compare(const uint8_t *a,
                   size_t a_len,
                   const uint8_t *b,
                   size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (int)a_len - (int)b_len;
}

static int row_compare(const struct rows_row *a, const struct rows_row *b)
{
    return compare(a->key, a->key_len, b->key, b->key_len);
}

RB_GENERATE_INTERNAL(rows_tree, rows_row, link, row_compare, STATIC_UNUSED)

static void *must(void *memory)
{
    assert(memory != NULL);
    return memory;
}

void rows_init(struct rows *rows,
               const struct qc_store_ops *ops,
               size_t n_buckets)
{
    *rows = (struct rows){
        .store = {.ops = ops},
        .buckets = must(calloc(n_buckets, sizeof(struct rows_row *))),
        .n_buckets = n_buckets,
    };
}

void rows_drop(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_buckets; i++) {
        while (rows->buckets[i] != NULL) {
            struct rows_row *row = rows->buckets[i];

            rows->buckets[i] = row->next;
            rows_row_free(row);
        }
    }
    free(rows->buckets);
}

/* Where the row of |key| is pointed to, or would be. */
static struct rows_row **place_of(const struct rows *rows,
                                  const uint8_t *key,
                                  size_t len)
{
    struct rows_row **at =
        &rows->buckets[XXH3_64bits(key, len) % rows->n_buckets];

    while (*at != NULL &&
           ((*at)->key_len != len || memcmp((*at)->key, key, len) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

struct rows_row *rows_find(const struct rows *rows, const struct qc_key *key)
{
    return *place_of(rows, key->data, key->len);
}

struct rows_row *rows_add(struct rows *rows, const struct qc_key *key)
{
    struct rows_row *row = must(calloc(1, sizeof(*row) + key->len));

    row->key_len = key->len;
    memcpy(row->key, key->data, key->len);
    rows_put_back(rows, row);
    return row;
}

void rows_take_out(struct rows *rows, struct rows_row *row)
{
    struct rows_row **place = place_of(rows, row->key, row->key_len);

    assert(*place == row);
    *place = row->next;
    RB_REMOVE(rows_tree, &rows->tree, row);
    rows->n--;
}

void rows_put_back(struct rows *rows, struct rows_row *row)
{
    struct rows_row **place = place_of(rows, row->key, row->key_len);

    assert(*place == NULL);
    row->next = NULL;
    *place = row;
    (void)RB_INSERT(rows_tree, &rows->tree, row);
    rows->n++;
}

void rows_row_free(struct rows_row *row)
{
    free(row->content.data);
    free(row);
}

void rows_content_set(struct rows_content *content, struct qc_bytes bytes)
{
    if (bytes.size > content->room || content->data == NULL) {
        content->data = must(realloc(content->data, bytes.size + 1));
        content->room = bytes.size;
    }
    if (bytes.size > 0) {
        memcpy(content->data, bytes.data, bytes.size);
    }
    content->size = bytes.size;
}

struct rows_row *rows_first(const struct rows *rows)
{
    /* tree.h has no const. */
    return RB_MIN(rows_tree, (struct rows_tree *)(uintptr_t)&rows->tree);
}

struct rows_row *rows_after(struct rows_row *row)
{
    return RB_NEXT(rows_tree, NULL, row);
}

/* The first row that is not below |key|. */
static struct rows_row *find_from(const struct rows *rows,
                                  const struct qc_key *key)
{
    struct rows_row *at = RB_ROOT(&rows->tree);
    struct rows_row *found = NULL;

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

int rows_open(struct qc_store *store,
              const struct qc_key *prefix,
              const struct qc_key *from,
              struct qc_cursor **cursor_out)
{
    struct rows *rows = (struct rows *)store;
    struct qc_cursor *cursor = must(malloc(sizeof(*cursor)));

    cursor->rows = rows;
    cursor->prefix.len = prefix->len;
    memcpy(cursor->prefix.data, prefix->data, prefix->len);
    cursor->next = find_from(rows, from != NULL ? from : prefix);
    rows->n_cursors++;
    *cursor_out = cursor;
    return 0;
}

int rows_next(struct qc_cursor *cursor,
              struct qc_key *key_out,
              struct qc_bytes *row_out,
              bool *found_out)
{
    struct rows_row *row = cursor->next;

    *found_out = row != NULL && row->key_len >= cursor->prefix.len &&
                 memcmp(row->key, cursor->prefix.data, cursor->prefix.len) == 0;
    if (*found_out) {
        key_out->len = row->key_len;
        memcpy(key_out->data, row->key, row->key_len);
        *row_out = rows_bytes(&row->content);
        cursor->next = rows_after(row);
    }
    return 0;
}

void rows_close(struct qc_cursor *cursor)
{
    cursor->rows->n_cursors--;
    free(cursor);
}
