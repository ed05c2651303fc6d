#include "storage/row_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    /* What a row is thought to take, so that a chain is about one row long. */
    ROW_SIZE_TYPICAL = 256,
    /* Rows are made a little larger than they are, for they grow by bytes. */
    CAPACITY_STEP = 16,
    /* What a delta's tree takes for a row. */
    TREE_ENTRY_SIZE = 64,
    /* Of the rows that one change drops or looks at in vain. */
    DROPS_MAX = 8,
    /* A machine that writes without end must not take the whole node's memory
     * with it. */
    DELTA_SIZE_MAX = 256 * 1024 * 1024,
};

int qc_row_table_init(struct qc_row_table *table, size_t size_max)
{
    size_t n_buckets = 1;

    while (n_buckets < size_max / ROW_SIZE_TYPICAL) {
        n_buckets *= 2;
    }
    *table = (struct qc_row_table){
        .buckets = calloc(n_buckets, sizeof(struct qc_table_row *)),
        .n_buckets = n_buckets,
        .size_max = size_max,
        .delta = {.number = 1},
    };
    TAILQ_INIT(&table->queue);
    table->superseded_end = &table->superseded;
    return table->buckets == NULL ? QC_E_NOMEM : 0;
}

void qc_row_table_done(struct qc_row_table *table)
{
    struct qc_table_row *row = TAILQ_FIRST(&table->queue);
    struct qc_table_row *next;

    for (; row != NULL; row = next) {
        next = TAILQ_NEXT(row, place);
        free(row);
    }
    for (row = table->superseded; row != NULL; row = next) {
        next = row->next;
        free(row);
    }
    qc_key_tree_clear(&table->delta.rows);
    free(table->buckets);
    *table = (struct qc_row_table){.size = 0};
}

/* Keys hold what clients say. The address, which they do not know, is a seed,
 * so that nobody can make keys that all fall into one bucket. */
static size_t bucket(const struct qc_row_table *table,
                     const void *key,
                     size_t size)
{
    XXH64_hash_t seed = (uintptr_t)table->buckets;

    return (size_t)XXH3_64bits_withSeed(key, size, seed) &
           (table->n_buckets - 1);
}

/* Where the row of |key| hangs, or would hang. */
static struct qc_table_row **find(struct qc_row_table *table,
                                  const void *key,
                                  size_t size)
{
    struct qc_table_row **at = &table->buckets[bucket(table, key, size)];

    while (*at != NULL &&
           ((*at)->key_size != size || memcmp((*at)->bytes, key, size) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static size_t size_of(const struct qc_table_row *row)
{
    return sizeof(*row) + row->capacity;
}

static void drop(struct qc_row_table *table, struct qc_table_row **at)
{
    struct qc_table_row *row = *at;

    assert(row != NULL);
    *at = row->next;
    TAILQ_REMOVE(&table->queue, row, place);
    table->size -= size_of(row);
    free(row);
}

/* Drops what was superseded and is not read any more. */
static void drop_superseded(struct qc_row_table *table)
{
    struct qc_table_row *row = table->superseded;

    for (unsigned i = 0;
         i < DROPS_MAX && row != NULL && row->delta <= table->written; i++) {
        struct qc_table_row *next = row->next;

        table->size -= size_of(row);
        free(row);
        row = next;
    }
    table->superseded = row;
    if (row == NULL) {
        table->superseded_end = &table->superseded;
    }
}

/* Makes room for |size| more bytes, as far as a few looks can: the oldest go,
 * but those that RocksDB does not have stay, and those that were used meanwhile
 * are spared once. */
static void make_room(struct qc_row_table *table, size_t size)
{
    for (unsigned i = 0; i < DROPS_MAX && table->size + size > table->size_max;
         i++) {
        struct qc_table_row *oldest = TAILQ_FIRST(&table->queue);

        if (oldest == NULL) {
            return;
        }
        if (oldest->used || oldest->delta > table->written) {
            oldest->used = false;
            TAILQ_REMOVE(&table->queue, oldest, place);
            TAILQ_INSERT_TAIL(&table->queue, oldest, place);
        } else {
            drop(table, find(table, oldest->bytes, oldest->key_size));
        }
    }
}

/* A row of |key|, with room for |row_size| bytes; NULL when memory is short. */
static struct qc_table_row *add(struct qc_row_table *table,
                                const struct qc_key *key,
                                size_t row_size)
{
    size_t capacity = (key->len + row_size + CAPACITY_STEP - 1) /
                      CAPACITY_STEP * CAPACITY_STEP;
    struct qc_table_row *own;
    struct qc_table_row **at;

    make_room(table, sizeof(*own) + capacity);
    own = malloc(sizeof(*own) + capacity);
    if (own == NULL) {
        return NULL;
    }
    *own = (struct qc_table_row){.key_size = key->len, .capacity = capacity};
    memcpy(own->bytes, key->data, key->len);
    at = &table->buckets[bucket(table, key->data, key->len)];
    own->next = *at;
    *at = own;
    TAILQ_INSERT_TAIL(&table->queue, own, place);
    table->size += size_of(own);
    return own;
}

static void fill(struct qc_table_row *own, struct qc_bytes row)
{
    assert(own->key_size + row.size <= own->capacity);
    if (row.size > 0) {
        memcpy(own->bytes + own->key_size, row.data, row.size);
    }
    own->row_size = row.size;
}

const struct qc_table_row *qc_row_table_get(struct qc_row_table *table,
                                            const struct qc_key *key)
{
    struct qc_table_row *own = *find(table, key->data, key->len);

    if (own != NULL) {
        own->used = true;
    }
    return own;
}

/* The row of |key| that may be written, with room for |row_size| bytes, if
 * there is one. One that is sealed, or too small, is not here any more. */
static struct qc_table_row *reuse(struct qc_row_table *table,
                                  const struct qc_key *key,
                                  size_t row_size)
{
    struct qc_table_row **at = find(table, key->data, key->len);
    struct qc_table_row *own = *at;

    if (own == NULL) {
        return NULL;
    }
    if (own->delta > table->written && own->delta < table->delta.number) {
        *at = own->next;
        TAILQ_REMOVE(&table->queue, own, place);
        own->next = NULL;
        *table->superseded_end = own;
        table->superseded_end = &own->next;
        return NULL;
    }
    if (key->len + row_size <= own->capacity) {
        return own;
    }
    if (own->delta == table->delta.number) {
        table->delta.size -= size_of(own) + TREE_ENTRY_SIZE;
    }
    drop(table, at);
    return NULL;
}

static int write(struct qc_row_table *table,
                 const struct qc_key *key,
                 struct qc_bytes row,
                 bool deleted)
{
    struct qc_row_delta *delta = &table->delta;
    struct qc_table_row *own;
    uint64_t *there = NULL;

    drop_superseded(table);
    if (delta->size > DELTA_SIZE_MAX) {
        return QC_E_NOMEM;
    }
    own = reuse(table, key, row.size);
    if (own == NULL) {
        own = add(table, key, row.size);
    }
    if (own == NULL) {
        return QC_E_NOMEM;
    }
    if (own->delta != delta->number) {
        if (!qc_key_tree_add(&delta->rows, key, (uintptr_t)own, &there)) {
            return QC_E_NOMEM;
        }
        if (there != NULL) {
            *there = (uintptr_t)own; /* In place of one that was too small. */
        }
        own->delta = delta->number;
        delta->size += size_of(own) + TREE_ENTRY_SIZE;
    }
    own->deleted = deleted;
    fill(own, row);
    delta->effort += key->len + row.size;
    return 0;
}

int qc_row_table_put(struct qc_row_table *table,
                     const struct qc_key *key,
                     struct qc_bytes row)
{
    return write(table, key, row, false);
}

int qc_row_table_del(struct qc_row_table *table, const struct qc_key *key)
{
    static const struct qc_bytes none = {NULL, 0};

    return write(table, key, none, true);
}

void qc_row_table_remember(struct qc_row_table *table,
                           const struct qc_key *key,
                           struct qc_bytes row)
{
    struct qc_table_row *own = NULL;

    if (row.size <= QC_ROW_TABLE_READ_SIZE_MAX) {
        own = add(table, key, row.size);
    }
    if (own != NULL) {
        fill(own, row);
    }
}

void qc_row_table_remember_none(struct qc_row_table *table,
                                const struct qc_key *key)
{
    struct qc_table_row *own = add(table, key, 0);

    if (own != NULL) {
        own->deleted = true;
    }
}

void qc_row_table_seal(struct qc_row_table *table,
                       struct qc_row_delta *delta_out)
{
    *delta_out = table->delta;
    table->delta = (struct qc_row_delta){.number = delta_out->number + 1};
}

void qc_row_table_written(struct qc_row_table *table, uint64_t number)
{
    assert(number >= table->written && number < table->delta.number);
    table->written = number;
}
