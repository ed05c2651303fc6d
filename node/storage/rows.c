#include "storage/rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rocksdb/c.h>

#include "base/arena.h"
#include "machine/row.h"
#include "storage/log.h"
#include "storage/rocks.h"
#include "storage/row_table.h"
#include "storage/row_writer.h"
#include "storage/text.h"

enum {
    BLOCK_CACHE_SIZE = 128 * 1024 * 1024,
    WALK_CACHE_SIZE = 4 * 1024 * 1024, /* Of rows that are walked once. */
    /* The rows of some 200,000 objects: of all that are busy. */
    TABLE_SIZE = 64 * 1024 * 1024,
    BLOOM_BITS_PER_KEY = 10,
    ARENA_SIZE = 64 * 1024, /* Of one row that is looked at. */
    /* What commits put together before RocksDB is given it: a row that is
     * written again meanwhile is written there once. */
    DELTA_SIZE = 16 * 1024 * 1024,
    /* What went into it, for that is applied again from the log after a crash,
     * however few its rows are. */
    DELTA_EFFORT = 32 * 1024 * 1024,
    SEALED_MAX = 2, /* Until commits wait for a disk that is slow. */
    /* A delta comes to RocksDB's level 0; four of them together go to level 1,
     * all of which is written again each time. So it has no more than about
     * what comes: what is above that goes on, in files small enough that most
     * keys of one, which were new, lie where level 2 has none. Such a file is
     * moved without being written. */
    LEVEL1_SIZE = 32 * 1024 * 1024,
    FILE_SIZE = 16 * 1024 * 1024,
    READ_AHEAD_SIZE = 1024 * 1024,
};

struct qc_rows {
    struct qc_store store; /* First, so that a store is its rows. */
    rocksdb_options_t *options;
    rocksdb_t *db;
    rocksdb_readoptions_t *read;
    struct qc_row_writer *writer; /* NULL: they are there to be read. */
    struct qc_row_table table;
    struct qc_row_deltas sealed; /* The oldest first. */
    unsigned n_sealed;
    unsigned open_cursors;
    bool is_begun; /* Something was written that is not committed. */
    bool used;     /* Something was committed since they were opened. */
    int fault;     /* The first; every later call says it again. */
    char path[QC_STORAGE_TEXT_SIZE / 2];
    char text[QC_STORAGE_TEXT_SIZE];
};

/* What a cursor has before it in one delta. */
struct side {
    const struct qc_key_tree *rows;
    struct qc_key key;
    const struct qc_table_row *row; /* NULL: it is at the end. */
};

/* Walks the rows on disk and the deltas side by side. Where several have a key,
 * the newest counts. */
struct qc_cursor {
    struct qc_rows *rows;
    struct qc_key prefix;
    uint8_t end[QC_KEY_SIZE_MAX]; /* The first key after all with |prefix|. */
    rocksdb_readoptions_t *read;  /* Borrows |end|. */
    rocksdb_iterator_t *disk;
    bool disk_taken; /* By the last step, which lent it out. */
    unsigned n_sides;
    struct side sides[]; /* The newest first. */
};

static struct qc_bytes bytes_of(const struct qc_key *key)
{
    return (struct qc_bytes){key->data, key->len};
}

/* Byte order, as RocksDB has it. */
static int compare(struct qc_bytes a, struct qc_bytes b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int rocks_fault(struct qc_rows *rows, char *error)
{
    return qc_rocks_fault(error, rows->path, rows->text, sizeof(rows->text));
}

static int give(struct qc_bytes row,
                struct qc_arena *arena,
                struct qc_bytes *row_out)
{
    uint8_t *copy = qc_arena_alloc(arena, row.size);

    if (copy == NULL) {
        return QC_E_NOMEM;
    }
    if (row.size > 0) {
        memcpy(copy, row.data, row.size);
    }
    *row_out = (struct qc_bytes){copy, row.size};
    return 0;
}

static int rows_get(struct qc_store *store,
                    const struct qc_key *key,
                    struct qc_arena *arena,
                    struct qc_bytes *row_out,
                    bool *found_out)
{
    struct qc_rows *rows = (struct qc_rows *)store;
    const struct qc_table_row *own = qc_row_table_get(&rows->table, key);
    rocksdb_pinnableslice_t *slice;
    struct qc_bytes row;
    char *error = NULL;
    int r;

    if (rows->fault != 0) {
        return rows->fault;
    }
    if (own != NULL) {
        *found_out = !own->deleted;
        return own->deleted ? 0 : give(qc_table_row_bytes(own), arena, row_out);
    }
    slice = rocksdb_get_pinned(rows->db, rows->read, (const char *)key->data,
                               key->len, &error);
    r = rocks_fault(rows, error);
    if (r != 0) {
        return r;
    }
    *found_out = slice != NULL;
    if (slice == NULL && !rows->is_begun) {
        /* A query asks again. An entry writes next what it has not found. */
        qc_row_table_remember_none(&rows->table, key);
    }
    if (slice != NULL) {
        row.data =
            (const uint8_t *)rocksdb_pinnableslice_value(slice, &row.size);
        qc_row_table_remember(&rows->table, key, row);
        r = give(row, arena, row_out);
        rocksdb_pinnableslice_destroy(slice);
    }
    return r;
}

static int rows_put(struct qc_store *store,
                    const struct qc_key *key,
                    struct qc_bytes row)
{
    struct qc_rows *rows = (struct qc_rows *)store;

    assert(rows->open_cursors == 0);
    rows->is_begun = true;
    return rows->fault != 0 ? rows->fault
                            : qc_row_table_put(&rows->table, key, row);
}

static int rows_del(struct qc_store *store, const struct qc_key *key)
{
    struct qc_rows *rows = (struct qc_rows *)store;

    assert(rows->open_cursors == 0);
    rows->is_begun = true;
    return rows->fault != 0 ? rows->fault : qc_row_table_del(&rows->table, key);
}

/* Writes the first key after all that start with |prefix|; returns its size,
 * 0 when there is none. */
static size_t end_of(const struct qc_key *prefix, uint8_t end[])
{
    size_t size = prefix->len;

    while (size > 0 && prefix->data[size - 1] == UINT8_MAX) {
        size--;
    }
    if (size > 0) {
        memcpy(end, prefix->data, size);
        end[size - 1]++;
    }
    return size;
}

/* Moves |side| on: to the first key that is not below its own, or, if |above|,
 * is above it. */
static void side_next(struct side *side,
                      const struct qc_key *prefix,
                      bool above)
{
    uint64_t value;

    side->row = qc_key_tree_next(side->rows, prefix, &side->key, above,
                                 &side->key, &value)
                    ? qc_row_delta_row(value)
                    : NULL;
}

static void sides_open(struct qc_cursor *cursor, const struct qc_key *start)
{
    struct qc_rows *rows = cursor->rows;
    unsigned at = rows->n_sealed + 1;
    struct qc_row_delta *delta;

    cursor->n_sides = at;
    STAILQ_FOREACH(delta, &rows->sealed, kept)
    {
        cursor->sides[--at].rows = &delta->rows;
    }
    assert(at == 1);
    cursor->sides[0].rows = &rows->table.delta.rows;
    for (at = 0; at < cursor->n_sides; at++) {
        cursor->sides[at].key = *start;
        side_next(&cursor->sides[at], &cursor->prefix, false);
    }
}

static int rows_open(struct qc_store *store,
                     const struct qc_key *prefix,
                     const struct qc_key *from,
                     struct qc_cursor **cursor_out)
{
    struct qc_rows *rows = (struct qc_rows *)store;
    struct qc_cursor *cursor =
        malloc(sizeof(*cursor) + (rows->n_sealed + 1) * sizeof(struct side));
    const struct qc_key *start = prefix;
    size_t end_size;

    if (cursor == NULL) {
        return QC_E_NOMEM;
    }
    if (from != NULL && compare(bytes_of(from), bytes_of(prefix)) > 0) {
        start = from;
    }
    cursor->rows = rows;
    cursor->prefix = *prefix;
    cursor->disk_taken = false;
    sides_open(cursor, start);
    cursor->read = rocksdb_readoptions_create();
    end_size = end_of(prefix, cursor->end);
    if (end_size > 0) {
        rocksdb_readoptions_set_iterate_upper_bound(
            cursor->read, (const char *)cursor->end, end_size);
    }
    if (!rows->used) {
        /* All rows are read, once, to derive what follows from them. */
        rocksdb_readoptions_set_fill_cache(cursor->read, 0);
        rocksdb_readoptions_set_readahead_size(cursor->read, READ_AHEAD_SIZE);
    }
    cursor->disk = rocksdb_create_iterator(rows->db, cursor->read);
    rocksdb_iter_seek(cursor->disk, (const char *)start->data, start->len);
    rows->open_cursors++;
    *cursor_out = cursor;
    return 0;
}

/* What the disk has next, with its row; false at its end. */
static bool disk_row(const struct qc_cursor *cursor,
                     struct qc_bytes *key_out,
                     struct qc_bytes *row_out)
{
    if (!rocksdb_iter_valid(cursor->disk)) {
        return false;
    }
    key_out->data =
        (const uint8_t *)rocksdb_iter_key(cursor->disk, &key_out->size);
    row_out->data =
        (const uint8_t *)rocksdb_iter_value(cursor->disk, &row_out->size);
    return true;
}

/* The side with the smallest key, of those the newest; NULL: all are at their
 * ends. */
static struct side *smallest(struct qc_cursor *cursor)
{
    struct side *found = NULL;

    for (unsigned i = 0; i < cursor->n_sides; i++) {
        struct side *side = &cursor->sides[i];

        if (side->row != NULL &&
            (found == NULL ||
             compare(bytes_of(&side->key), bytes_of(&found->key)) < 0)) {
            found = side;
        }
    }
    return found;
}

/* Moves all deltas on that stand at the key of |taken|, it last. */
static void pass(struct qc_cursor *cursor, struct side *taken)
{
    for (unsigned i = 0; i < cursor->n_sides; i++) {
        struct side *side = &cursor->sides[i];

        if (side != taken && side->row != NULL &&
            compare(bytes_of(&side->key), bytes_of(&taken->key)) == 0) {
            side_next(side, &cursor->prefix, true);
        }
    }
    side_next(taken, &cursor->prefix, true);
}

/* Takes the smallest key. The disk's row is stepped over at the next call, for
 * it is lent until then. */
static bool take(struct qc_cursor *cursor,
                 struct qc_bytes *key_out,
                 struct qc_bytes *row_out)
{
    for (;;) {
        struct side *own = smallest(cursor);
        const struct qc_table_row *row;
        bool on_disk;
        int order;

        if (cursor->disk_taken) {
            rocksdb_iter_next(cursor->disk);
        }
        on_disk = disk_row(cursor, key_out, row_out);
        order = own == NULL ? 1
                : on_disk   ? compare(bytes_of(&own->key), *key_out)
                            : -1;
        cursor->disk_taken = on_disk && order >= 0;
        if (order > 0) {
            return on_disk;
        }
        row = own->row;
        *key_out = (struct qc_bytes){row->bytes, row->key_size};
        *row_out = qc_table_row_bytes(row);
        pass(cursor, own);
        if (!row->deleted) {
            return true;
        }
    }
}

static int rows_next(struct qc_cursor *cursor,
                     struct qc_key *key_out,
                     struct qc_bytes *row_out,
                     bool *found_out)
{
    struct qc_bytes key;
    struct qc_bytes row;
    char *error = NULL;
    bool found = take(cursor, &key, &row);
    int r;

    rocksdb_iter_get_error(cursor->disk, &error);
    r = rocks_fault(cursor->rows, error);
    if (r == 0 && found && key.size > QC_KEY_SIZE_MAX) {
        (void)snprintf(cursor->rows->text, sizeof(cursor->rows->text),
                       "%s: holds a key of %zu bytes", cursor->rows->path,
                       key.size);
        r = QC_E_CORRUPT;
    }
    if (r != 0) {
        return r;
    }
    *found_out = found;
    if (found) {
        key_out->len = (uint16_t)key.size;
        memcpy(key_out->data, key.data, key.size);
        *row_out = row;
    }
    return 0;
}

static void rows_close(struct qc_cursor *cursor)
{
    cursor->rows->open_cursors--;
    rocksdb_iter_destroy(cursor->disk);
    rocksdb_readoptions_destroy(cursor->read);
    free(cursor);
}

/* Forgets the deltas that RocksDB has. */
static int reap(struct qc_rows *rows)
{
    struct qc_row_delta *delta = STAILQ_FIRST(&rows->sealed);
    uint64_t written;
    int r;

    if (delta == NULL || rows->fault != 0) {
        return rows->fault;
    }
    r = qc_row_writer_poll(rows->writer, &written);
    if (r != 0) {
        rows->fault = r;
        (void)snprintf(rows->text, sizeof(rows->text), "%s",
                       qc_row_writer_error(rows->writer));
        return r;
    }
    while (delta != NULL && delta->number <= written) {
        qc_row_table_written(&rows->table, delta->number);
        STAILQ_REMOVE_HEAD(&rows->sealed, kept);
        rows->n_sealed--;
        qc_key_tree_clear(&delta->rows);
        free(delta);
        delta = STAILQ_FIRST(&rows->sealed);
    }
    return 0;
}

/* Hands what was committed since the last seal to the writer, and waits first
 * if it lags. */
static int seal(struct qc_rows *rows)
{
    struct qc_row_delta *delta;
    int r = reap(rows);

    if (r == 0 && rows->n_sealed >= SEALED_MAX) {
        qc_row_writer_wait(rows->writer, STAILQ_FIRST(&rows->sealed)->number);
        r = reap(rows);
    }
    if (r != 0 || rows->table.delta.size == 0) {
        return r;
    }
    delta = malloc(sizeof(*delta));
    if (delta == NULL) {
        return QC_E_NOMEM;
    }
    qc_row_table_seal(&rows->table, delta);
    STAILQ_INSERT_TAIL(&rows->sealed, delta, kept);
    rows->n_sealed++;
    qc_row_writer_add(rows->writer, delta);
    return 0;
}

static int rows_commit(struct qc_store *store)
{
    struct qc_rows *rows = (struct qc_rows *)store;
    const struct qc_row_delta *delta = &rows->table.delta;

    assert(rows->open_cursors == 0);
    rows->used = true;
    rows->is_begun = false;
    return delta->size < DELTA_SIZE && delta->effort < DELTA_EFFORT
               ? reap(rows)
               : seal(rows);
}

static const struct qc_store_ops rows_ops = {
    .get = rows_get,
    .put = rows_put,
    .del = rows_del,
    .open = rows_open,
    .next = rows_next,
    .close = rows_close,
    .commit = rows_commit,
};

static rocksdb_options_t *rows_options(bool to_read)
{
    rocksdb_options_t *options = qc_rocks_options();
    rocksdb_block_based_table_options_t *table =
        rocksdb_block_based_options_create();
    rocksdb_cache_t *cache =
        rocksdb_cache_create_lru(to_read ? WALK_CACHE_SIZE : BLOCK_CACHE_SIZE);

    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_max_bytes_for_level_base(options, LEVEL1_SIZE);
    rocksdb_options_set_target_file_size_base(options, FILE_SIZE);
    rocksdb_cache_destroy(cache); /* The table holds it now. */
    rocksdb_block_based_options_destroy(table);
    return options;
}

static int open_rows(const char *path,
                     bool to_read,
                     struct qc_rows **rows_out,
                     struct qc_text text)
{
    struct qc_rows *rows = calloc(1, sizeof(*rows));
    char *error = NULL;
    int r = 0;

    if (rows == NULL || qc_row_table_init(&rows->table, TABLE_SIZE) != 0) {
        r = QC_E_NOMEM;
    } else if (strlen(path) >= sizeof(rows->path)) {
        r = QC_E_IO;
    }
    if (r != 0) {
        qc_rows_close(rows);
        return qc_say(text, r, "%.256s: %s", path,
                      r == QC_E_NOMEM ? "out of memory"
                                      : "the path is too long");
    }
    memcpy(rows->path, path, strlen(path) + 1);
    rows->store.ops = &rows_ops;
    STAILQ_INIT(&rows->sealed);
    rows->read = rocksdb_readoptions_create();
    rows->options = rows_options(to_read);
    rows->db = to_read
                   ? rocksdb_open_for_read_only(rows->options, path, 0, &error)
                   : rocksdb_open(rows->options, path, &error);
    r = qc_rocks_fault(error, path, text.out, text.size);
    if (r == 0 && !to_read &&
        qc_row_writer_start(rows->db, rows->options, rows->path,
                            &rows->writer) != 0) {
        r = qc_say(text, QC_E_NOMEM, "%.256s: no memory for the rows' thread",
                   path);
    }
    if (r != 0) {
        qc_rows_close(rows);
        return r;
    }
    *rows_out = rows;
    return 0;
}

int qc_rows_open(const char *path,
                 struct qc_rows **rows_out,
                 char *text_out,
                 size_t text_size)
{
    return open_rows(path, false, rows_out, qc_text_of(text_out, text_size));
}

int qc_rows_open_to_read(const char *path,
                         struct qc_rows **rows_out,
                         char *text_out,
                         size_t text_size)
{
    return open_rows(path, true, rows_out, qc_text_of(text_out, text_size));
}

void qc_rows_close(struct qc_rows *rows)
{
    struct qc_row_delta *delta;

    if (rows == NULL) {
        return;
    }
    assert(rows->open_cursors == 0);
    if (rows->writer != NULL && !rows->is_begun) {
        /* If that fails, the rows on disk are older, and the replicated log is
         * applied again. */
        (void)seal(rows);
    }
    qc_row_writer_stop(rows->writer);
    if (rows->db != NULL) {
        rocksdb_close(rows->db);
    }
    while ((delta = STAILQ_FIRST(&rows->sealed)) != NULL) {
        STAILQ_REMOVE_HEAD(&rows->sealed, kept);
        qc_key_tree_clear(&delta->rows);
        free(delta);
    }
    rocksdb_options_destroy(rows->options);
    rocksdb_readoptions_destroy(rows->read);
    qc_row_table_done(&rows->table);
    free(rows);
}

int qc_rows_settle(struct qc_rows *rows)
{
    assert(!rows->is_begun);
    return seal(rows);
}

int qc_rows_link(struct qc_rows *rows,
                 const char *path,
                 char *text_out,
                 size_t text_size)
{
    rocksdb_checkpoint_t *checkpoint;
    char *error = NULL;
    uint64_t written;
    int r;

    qc_row_writer_wait(rows->writer, 0);
    r = qc_row_writer_poll(rows->writer, &written);
    if (r != 0) {
        (void)snprintf(text_out, text_size, "%s",
                       qc_row_writer_error(rows->writer));
        return r;
    }
    checkpoint = rocksdb_checkpoint_object_create(rows->db, &error);
    if (error == NULL) {
        /* 0: whatever is in memory only is flushed first. */
        rocksdb_checkpoint_create(checkpoint, path, 0, &error);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    return qc_rocks_fault(error, path, text_out, text_size);
}

int qc_rows_applied(struct qc_rows *rows,
                    struct qc_arena *arena,
                    const Qc__State__AppliedRow **applied_out)
{
    struct qc_txn txn = {.store = &rows->store};
    struct qc_key key;

    txn.arena = arena;
    qc_key_begin(&key, 0, QC_SPACE_APPLIED);
    *applied_out = qc_row_get(&txn, &qc__state__applied_row__descriptor, &key);
    return qc_txn_answer(&txn, 0);
}

int qc_rows_check(struct qc_rows *rows,
                  const struct qc_log *log,
                  char *text_out,
                  size_t text_size)
{
    uint64_t first = qc_log_first(log);
    uint64_t before = first > 0 ? first - 1 : qc_log_last(log);
    const Qc__State__AppliedRow *applied;
    struct qc_arena arena;
    char found[64];
    uint64_t index = 0;
    int r;

    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_rows_applied(rows, &arena, &applied);
    if (r == 0 && applied != NULL) {
        index = applied->log_index;
    }
    qc_arena_done(&arena);
    if (r != 0) {
        (void)snprintf(text_out, text_size,
                       "%s: how far the rows have come cannot be read: "
                       "%.512s: " QC_REPLACE_NODE,
                       rows->path,
                       rows->text[0] != '\0' ? rows->text
                                             : "the row is damaged");
        return r;
    }
    if (index >= before) {
        return 0;
    }
    (void)snprintf(found, sizeof(found), "the rows are of entry %" PRIu64,
                   index);
    (void)snprintf(text_out, text_size,
                   "%s: %s, but the log goes on after entry %" PRIu64
                   ", and what lies between is lost: " QC_REPLACE_NODE,
                   rows->path, index == 0 ? "the rows are missing" : found,
                   before);
    return QC_E_CORRUPT;
}

struct qc_store *qc_rows_store(struct qc_rows *rows)
{
    return &rows->store;
}

static uint64_t property(struct qc_rows *rows, const char *name)
{
    uint64_t value = 0;

    /* What it does not know is 0. */
    return rocksdb_property_int(rows->db, name, &value) == 0 ? value : 0;
}

void qc_rows_measure(struct qc_rows *rows,
                     struct qc_rows_measures *measures_out)
{
    const struct qc_row_delta *delta;
    uint64_t unwritten = rows->table.delta.size;

    STAILQ_FOREACH(delta, &rows->sealed, kept)
    {
        unwritten += delta->size;
    }
    *measures_out = (struct qc_rows_measures){
        .write_stopped = property(rows, "rocksdb.is-write-stopped"),
        .delayed_write_rate =
            property(rows, "rocksdb.actual-delayed-write-rate"),
        .pending_compaction_size =
            property(rows, "rocksdb.estimate-pending-compaction-bytes"),
        .unwritten_size = unwritten,
        .live_data_size = property(rows, "rocksdb.estimate-live-data-size"),
    };
}

const char *qc_rows_error(const struct qc_rows *rows)
{
    return rows->text;
}
