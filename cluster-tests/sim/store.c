#include "cluster-tests/sim/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/planted.h"
#include "cluster-tests/rows/rows.h"
#include "cluster-tests/sim/random.h"

enum {
    BUCKETS = 1 << 12,
};

enum write_kind {
    WRITE_NEW,
    WRITE_OVER,
    WRITE_GONE, /* The row is kept with the write. */
};

/* A write, as it is undone. */
struct write {
    enum write_kind kind;
    struct rows_row *row;
    struct rows_content before; /* Of WRITE_OVER. */
};

struct mark {
    uint64_t index;
    size_t n_writes;
};

struct sim_store {
    struct rows rows; /* First, so that a store is one of ours. */
    size_t size;      /* Of keys and rows. */
    uint64_t digest;
    uint64_t domain;      /* The same of all rows but bookkeeping. */
    struct write *writes; /* Since the last flush. */
    size_t n_writes;
    size_t writes_capacity;
    struct mark *marks;
    size_t n_marks;
    size_t marks_capacity;
};

static void *grow(void *array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) {
        return array;
    }
    *capacity = 2 * *capacity + 256;
    array = realloc(array, *capacity * size);
    assert(array != NULL);
    return array;
}

static struct write *add_write(struct sim_store *mem)
{
    mem->writes = grow(mem->writes, mem->n_writes, &mem->writes_capacity,
                       sizeof(*mem->writes));
    return &mem->writes[mem->n_writes++];
}

static bool is_bookkeeping(const struct rows_row *row)
{
    struct qc_key cluster;

    qc_key_begin(&cluster, 0, QC_SPACE_APPLIED);
    return row->key_len >= cluster.len &&
           memcmp(row->key, cluster.data, (size_t)cluster.len - 1) == 0 &&
           (row->key[cluster.len - 1] == QC_SPACE_APPLIED ||
            row->key[cluster.len - 1] == QC_SPACE_ANSWERS);
}

/* Adds the row's digest, or takes it off. */
static void count(struct sim_store *mem, const struct rows_row *row, bool added)
{
    uint64_t digest = XXH3_64bits_withSeed(row->content.data, row->content.size,
                                           XXH3_64bits(row->key, row->key_len));
    size_t size = row->key_len + row->content.size;

    mem->size += added ? size : -size;
    mem->digest += added ? digest : -digest;
    if (!is_bookkeeping(row)) {
        mem->domain += added ? digest : -digest;
    }
}

static void put_back(struct sim_store *mem, struct rows_row *row)
{
    rows_put_back(&mem->rows, row);
    count(mem, row, true);
}

static void take_out(struct sim_store *mem, struct rows_row *row)
{
    rows_take_out(&mem->rows, row);
    count(mem, row, false);
}

/* --- as the machine sees it ----------------------------------------------- */

/* What is overwritten lives on until the next flush, which is never within an
 * entry: so rows can be lent. */
static int mem_get(struct qc_store *store,
                   const struct qc_key *key,
                   struct qc_arena *arena,
                   struct qc_bytes *row_out,
                   bool *found_out)
{
    const struct rows_row *row = rows_find((struct rows *)store, key);

    (void)arena;
    *found_out = row != NULL;
    if (row != NULL) {
        *row_out = rows_bytes(&row->content);
    }
    return 0;
}

static int mem_put(struct qc_store *store,
                   const struct qc_key *key,
                   struct qc_bytes bytes)
{
    struct sim_store *mem = (struct sim_store *)store;
    struct rows_row *row = rows_find(&mem->rows, key);

    assert(mem->rows.n_cursors == 0);

    if (row != NULL) {
        *add_write(mem) = (struct write){WRITE_OVER, row, row->content};
        count(mem, row, false);
        row->content = (struct rows_content){NULL, 0, 0};
    } else {
        row = rows_add(&mem->rows, key);
        *add_write(mem) = (struct write){.kind = WRITE_NEW, .row = row};
    }
    rows_content_set(&row->content, bytes);
    count(mem, row, true);
    return 0;
}

static int mem_del(struct qc_store *store, const struct qc_key *key)
{
    struct sim_store *mem = (struct sim_store *)store;
    struct rows_row *row = rows_find(&mem->rows, key);

    assert(mem->rows.n_cursors == 0);

    if (row != NULL) {
        take_out(mem, row);
        *add_write(mem) = (struct write){.kind = WRITE_GONE, .row = row};
    }
    return 0;
}

static int mem_commit(struct qc_store *store)
{
    assert(((struct rows *)store)->n_cursors == 0);
    return 0;
}

static const struct qc_store_ops ops = {
    .get = mem_get,
    .put = mem_put,
    .del = mem_del,
    .open = rows_open,
    .next = rows_next,
    .close = rows_close,
    .commit = mem_commit,
};

/* --- as the simulator sees it ----------------------------------------------
 */

struct sim_store *sim_store_new(void)
{
    struct sim_store *mem = calloc(1, sizeof(*mem));

    assert(mem != NULL);
    rows_init(&mem->rows, &ops, BUCKETS);
    return mem;
}

struct qc_store *sim_store_as_store(struct sim_store *store)
{
    return &store->rows.store;
}

void sim_store_flush(struct sim_store *store)
{
    for (size_t i = 0; i < store->n_writes; i++) {
        const struct write *write = &store->writes[i];

        if (write->kind == WRITE_OVER) {
            free(write->before.data);
        } else if (write->kind == WRITE_GONE) {
            rows_row_free(write->row);
        }
    }
    store->n_writes = 0;
    store->n_marks = 0;
}

void sim_store_free(struct sim_store *store)
{
    if (store == NULL) {
        return;
    }
    sim_store_flush(store);
    rows_drop(&store->rows);
    free(store->writes);
    free(store->marks);
    free(store);
}

void sim_store_mark(struct sim_store *store, uint64_t index)
{
    store->marks = grow(store->marks, store->n_marks, &store->marks_capacity,
                        sizeof(*store->marks));
    store->marks[store->n_marks++] = (struct mark){index, store->n_writes};
}

static void undo(struct sim_store *mem, const struct write *write)
{
    switch (write->kind) {
    case WRITE_NEW:
        take_out(mem, write->row);
        rows_row_free(write->row);
        break;
    case WRITE_OVER:
        count(mem, write->row, false);
        free(write->row->content.data);
        write->row->content = write->before;
        count(mem, write->row, true);
        break;
    case WRITE_GONE:
        put_back(mem, write->row);
        break;
    }
}

/* The row that says which index the rows are of. */
static struct qc_key applied_key(void)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_APPLIED);
    return key;
}

/* Planted: it is written by itself, and so it survives what it speaks of. */
static void keep_applied(struct sim_store *mem, struct qc_bytes applied)
{
    struct qc_key key = applied_key();

    (void)mem_put(&mem->rows.store, &key, applied);
}

void sim_store_crash(struct sim_store *store, struct sim_random *random)
{
    size_t mark = (size_t)sim_random_below(random, store->n_marks + 1);
    size_t n = mark > 0 ? store->marks[mark - 1].n_writes : 0;
    struct qc_bytes kept = {NULL, 0};
    uint8_t bytes[256];

    if (QC_PLANTED_BUG(5) && store->n_marks > 0) {
        struct qc_key key = applied_key();
        const struct rows_row *applied = rows_find(&store->rows, &key);

        assert(applied != NULL);
        assert(applied->content.size <= sizeof(bytes));
        memcpy(bytes, applied->content.data, applied->content.size);
        kept = (struct qc_bytes){bytes, applied->content.size};
    }
    while (store->n_writes > n) {
        undo(store, &store->writes[--store->n_writes]);
    }
    if (kept.size > 0) {
        keep_applied(store, kept);
    }
    sim_store_flush(store);
}

uint64_t sim_store_digest(const struct sim_store *store)
{
    return store->digest;
}

uint64_t sim_store_domain_digest(const struct sim_store *store)
{
    return store->domain;
}

size_t sim_store_n_rows(const struct sim_store *store)
{
    return store->rows.n;
}

size_t sim_store_size(const struct sim_store *store)
{
    return store->size;
}

void sim_store_walk(const struct sim_store *store, sim_store_fn told, void *ctx)
{
    for (struct rows_row *row = rows_first(&store->rows); row != NULL;
         row = rows_after(row)) {
        told(ctx, (struct qc_bytes){row->key, row->key_len},
             rows_bytes(&row->content));
    }
}

/* What the write |at| has put there: what the next one of the row replaces, or
 * what is there still. */
static struct qc_bytes written(const struct sim_store *store, size_t at)
{
    const struct write *write = &store->writes[at];
    const struct rows_content *content = &write->row->content;

    if (write->kind == WRITE_GONE) {
        return (struct qc_bytes){NULL, 0};
    }
    for (size_t i = at + 1; i < store->n_writes; i++) {
        if (store->writes[i].row == write->row &&
            store->writes[i].kind == WRITE_OVER) {
            content = &store->writes[i].before;
            break;
        }
    }
    return rows_bytes(content);
}

/* What was there before |write|. */
static struct qc_bytes replaced(const struct write *write)
{
    if (write->kind == WRITE_NEW) {
        return (struct qc_bytes){NULL, 0};
    }
    return rows_bytes(write->kind == WRITE_OVER ? &write->before
                                                : &write->row->content);
}

void sim_store_changes(const struct sim_store *store,
                       sim_store_change_fn told,
                       void *ctx)
{
    size_t from =
        store->n_marks > 0 ? store->marks[store->n_marks - 1].n_writes : 0;

    for (size_t i = from; i < store->n_writes; i++) {
        const struct write *write = &store->writes[i];

        told(ctx, (struct qc_bytes){write->row->key, write->row->key_len},
             replaced(write), written(store, i));
    }
}

bool sim_store_has(const struct sim_store *store, const struct qc_key *key)
{
    return rows_find(&store->rows, key) != NULL;
}
