#include "cluster-tests/sim/store.h"

#include <assert.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/planted.h"
#include "cluster-tests/sim/random.h"

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

/* What a row held, and when it is not there any more. */
struct content {
    uint8_t *data;
    size_t size;
    uint64_t digest; /* Of key and data. */
};

struct row {
    RB_ENTRY(row) link;
    struct content content;
    uint16_t key_len;
    uint8_t key[];
};

RB_HEAD(rows, row);

enum write_kind {
    WRITE_NEW,
    WRITE_OVER,
    WRITE_GONE, /* The row is kept with the write. */
};

/* A write, as it is undone. */
struct write {
    enum write_kind kind;
    struct row *row;
    struct content before; /* Of WRITE_OVER. */
};

struct mark {
    uint64_t index;
    size_t n_writes;
};

struct sim_store {
    struct qc_store store; /* First, so that a store is one of ours. */
    struct rows rows;
    size_t n_rows;
    size_t size; /* Of keys and rows. */
    uint64_t digest;
    uint64_t domain;      /* The same of all rows but bookkeeping. */
    struct write *writes; /* Since the last flush. */
    size_t n_writes;
    size_t writes_capacity;
    struct mark *marks;
    size_t n_marks;
    size_t marks_capacity;
    unsigned n_cursors;
};

struct qc_cursor {
    struct sim_store *mem;
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

RB_GENERATE_INTERNAL(rows, row, link, row_compare, STATIC_UNUSED)

static struct row *find(const struct sim_store *mem, const struct qc_key *key)
{
    struct row *at = RB_ROOT(&mem->rows);

    while (at != NULL) {
        int order = compare(key->data, key->len, at->key, at->key_len);

        if (order == 0) {
            break;
        }
        at = order < 0 ? RB_LEFT(at, link) : RB_RIGHT(at, link);
    }
    return at;
}

/* The first row that is not below |key|. */
static struct row *find_from(const struct sim_store *mem,
                             const struct qc_key *key)
{
    struct row *at = RB_ROOT(&mem->rows);
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

static bool is_bookkeeping(const struct row *row)
{
    struct qc_key cluster;

    qc_key_begin(&cluster, 0, QC_SPACE_APPLIED);
    return row->key_len >= cluster.len &&
           memcmp(row->key, cluster.data, (size_t)cluster.len - 1) == 0 &&
           (row->key[cluster.len - 1] == QC_SPACE_APPLIED ||
            row->key[cluster.len - 1] == QC_SPACE_ANSWERS);
}

/* Adds the row's digest, or takes it off. */
static void count(struct sim_store *mem, const struct row *row, bool added)
{
    uint64_t digest = added ? row->content.digest : -row->content.digest;
    size_t size = row->key_len + row->content.size;

    mem->size += added ? size : -size;
    mem->digest += digest;
    if (!is_bookkeeping(row)) {
        mem->domain += digest;
    }
}

static void insert(struct sim_store *mem, struct row *row)
{
    const struct row *other = RB_INSERT(rows, &mem->rows, row);

    assert(other == NULL);
    mem->n_rows++;
    count(mem, row, true);
}

static void take_out(struct sim_store *mem, struct row *row)
{
    RB_REMOVE(rows, &mem->rows, row);
    mem->n_rows--;
    count(mem, row, false);
}

static void row_free(struct row *row)
{
    free(row->content.data);
    free(row);
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
    const struct row *row = find((struct sim_store *)store, key);

    (void)arena;
    *found_out = row != NULL;
    if (row != NULL) {
        *row_out = (struct qc_bytes){row->content.data, row->content.size};
    }
    return 0;
}

static struct content content_of(const struct qc_key *key,
                                 struct qc_bytes bytes)
{
    struct content content = {
        .data = malloc(bytes.size + 1),
        .size = bytes.size,
        .digest = XXH3_64bits_withSeed(bytes.data, bytes.size,
                                       XXH3_64bits(key->data, key->len)),
    };

    assert(content.data != NULL);
    if (bytes.size > 0) {
        memcpy(content.data, bytes.data, bytes.size);
    }
    return content;
}

static int mem_put(struct qc_store *store,
                   const struct qc_key *key,
                   struct qc_bytes bytes)
{
    struct sim_store *mem = (struct sim_store *)store;
    struct row *row = find(mem, key);

    assert(mem->n_cursors == 0);

    if (row != NULL) {
        *add_write(mem) = (struct write){WRITE_OVER, row, row->content};
        count(mem, row, false);
        row->content = content_of(key, bytes);
        count(mem, row, true);
        return 0;
    }
    row = malloc(sizeof(*row) + key->len);
    assert(row != NULL);
    row->content = content_of(key, bytes);
    row->key_len = key->len;
    memcpy(row->key, key->data, key->len);
    insert(mem, row);
    *add_write(mem) = (struct write){.kind = WRITE_NEW, .row = row};
    return 0;
}

static int mem_del(struct qc_store *store, const struct qc_key *key)
{
    struct sim_store *mem = (struct sim_store *)store;
    struct row *row = find(mem, key);

    assert(mem->n_cursors == 0);

    if (row != NULL) {
        take_out(mem, row);
        *add_write(mem) = (struct write){.kind = WRITE_GONE, .row = row};
    }
    return 0;
}

static int mem_open(struct qc_store *store,
                    const struct qc_key *prefix,
                    const struct qc_key *from,
                    struct qc_cursor **cursor_out)
{
    struct sim_store *mem = (struct sim_store *)store;
    struct qc_cursor *cursor = malloc(sizeof(*cursor));

    assert(cursor != NULL);
    cursor->mem = mem;
    cursor->prefix.len = prefix->len;
    memcpy(cursor->prefix.data, prefix->data, prefix->len);
    cursor->next = find_from(mem, from != NULL ? from : prefix);
    mem->n_cursors++;
    *cursor_out = cursor;
    return 0;
}

static int mem_next(struct qc_cursor *cursor,
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
        *row_out = (struct qc_bytes){row->content.data, row->content.size};
        cursor->next = RB_NEXT(rows, &cursor->mem->rows, row);
    }
    return 0;
}

static void mem_close(struct qc_cursor *cursor)
{
    cursor->mem->n_cursors--;
    free(cursor);
}

static int mem_commit(struct qc_store *store)
{
    assert(((struct sim_store *)store)->n_cursors == 0);
    return 0;
}

static const struct qc_store_ops ops = {
    .get = mem_get,
    .put = mem_put,
    .del = mem_del,
    .open = mem_open,
    .next = mem_next,
    .close = mem_close,
    .commit = mem_commit,
};

/* --- as the simulator sees it ----------------------------------------------
 */

struct sim_store *sim_store_new(void)
{
    struct sim_store *mem = calloc(1, sizeof(*mem));

    assert(mem != NULL);
    mem->store.ops = &ops;
    return mem;
}

struct qc_store *sim_store_as_store(struct sim_store *store)
{
    return &store->store;
}

void sim_store_flush(struct sim_store *store)
{
    for (size_t i = 0; i < store->n_writes; i++) {
        const struct write *write = &store->writes[i];

        if (write->kind == WRITE_OVER) {
            free(write->before.data);
        } else if (write->kind == WRITE_GONE) {
            row_free(write->row);
        }
    }
    store->n_writes = 0;
    store->n_marks = 0;
}

void sim_store_free(struct sim_store *store)
{
    struct row *row;

    if (store == NULL) {
        return;
    }
    sim_store_flush(store);
    while ((row = RB_MIN(rows, &store->rows)) != NULL) {
        RB_REMOVE(rows, &store->rows, row);
        row_free(row);
    }
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
        row_free(write->row);
        break;
    case WRITE_OVER:
        count(mem, write->row, false);
        free(write->row->content.data);
        write->row->content = write->before;
        count(mem, write->row, true);
        break;
    case WRITE_GONE:
        insert(mem, write->row);
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

    (void)mem_put(&mem->store, &key, applied);
}

void sim_store_crash(struct sim_store *store, struct sim_random *random)
{
    size_t mark = (size_t)sim_random_below(random, store->n_marks + 1);
    size_t n = mark > 0 ? store->marks[mark - 1].n_writes : 0;
    struct qc_bytes kept = {NULL, 0};
    uint8_t bytes[256];

    if (QC_PLANTED_BUG(5) && store->n_marks > 0) {
        struct qc_key key = applied_key();
        const struct row *applied = find(store, &key);

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
    return store->n_rows;
}

size_t sim_store_size(const struct sim_store *store)
{
    return store->size;
}

void sim_store_walk(const struct sim_store *store, sim_store_fn told, void *ctx)
{
    /* tree.h has no const. */
    struct rows *rows = (struct rows *)(uintptr_t)&store->rows;
    struct row *row;

    for (row = RB_MIN(rows, rows); row != NULL;
         row = RB_NEXT(rows, &store->rows, row)) {
        told(ctx, (struct qc_bytes){row->key, row->key_len},
             (struct qc_bytes){row->content.data, row->content.size});
    }
}

/* What the write |at| has put there: what the next one of the row replaces, or
 * what is there still. */
static struct qc_bytes written(const struct sim_store *store, size_t at)
{
    const struct write *write = &store->writes[at];
    const struct content *content = &write->row->content;

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
    return (struct qc_bytes){content->data, content->size};
}

/* What was there before |write|. */
static struct qc_bytes replaced(const struct write *write)
{
    if (write->kind == WRITE_NEW) {
        return (struct qc_bytes){NULL, 0};
    }
    return write->kind == WRITE_OVER
               ? (struct qc_bytes){write->before.data, write->before.size}
               : (struct qc_bytes){write->row->content.data,
                                   write->row->content.size};
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
    return find(store, key) != NULL;
}
