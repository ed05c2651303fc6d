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
#include "storage/overlay.h"
#include "storage/rocks.h"
#include "storage/row_cache.h"
#include "storage/text.h"

enum {
    /* What it holds is applied again from the log after a crash. One of
     * RocksDB's own threads flushes it when it is full. Whoever writes
     * changes it for an empty one: on another thread that would have to make
     * the writer wait for as long as the machine lets it. */
    MEMTABLE_SIZE = 16 * 1024 * 1024,
    MEMTABLES_MAX = 4, /* Until writers wait for a disk that is slow. */
    BLOCK_CACHE_SIZE = 128 * 1024 * 1024,
    WALK_CACHE_SIZE = 4 * 1024 * 1024, /* Of rows that are walked once. */
    /* The rows of some 200,000 objects: of all that are busy. */
    ROW_CACHE_SIZE = 64 * 1024 * 1024,
    BLOOM_BITS_PER_KEY = 10,
    ARENA_SIZE = 64 * 1024, /* Of one row that is looked at. */
    /* What commits put together before RocksDB is given it: a row that is
     * written again meanwhile is written there once, and keys in a longer order
     * find their places sooner. So much takes the loop a few ms. */
    GATHERED_SIZE = 256 * 1024,
    READ_AHEAD_SIZE = 1024 * 1024,
};

/* Of a memtable: keys that are not in it are common, for most rows have been
 * flushed long ago or are new. */
static const double MEMTABLE_BLOOM_RATIO = 0.02;

struct qc_rows {
    struct qc_store store; /* First, so that a store is its rows. */
    rocksdb_t *db;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    rocksdb_writebatch_t *batch; /* Empty but while it is written. */
    struct qc_overlay overlay;   /* What RocksDB has not been given yet. */
    struct qc_row_cache cache;   /* Of what it has: the overlay is newer. */
    unsigned open_cursors;
    bool is_begun; /* Something was written that is not committed. */
    bool used;     /* Something was committed since they were opened. */
    char path[QC_STORAGE_TEXT_SIZE / 2];
    char text[QC_STORAGE_TEXT_SIZE];
};

/* Walks the rows on disk and the overlay side by side. Where both have a key,
 * the overlay's is newer. */
struct qc_cursor {
    struct qc_rows *rows;
    struct qc_key prefix;
    uint8_t end[QC_KEY_SIZE_MAX]; /* The first key after all with |prefix|. */
    rocksdb_readoptions_t *read;  /* Borrows |end|. */
    rocksdb_iterator_t *disk;
    struct qc_overlay_row *overlay;
    bool disk_taken; /* By the last step, which lent it out. */
};

static struct qc_bytes bytes_of(const struct qc_key *key)
{
    return (struct qc_bytes){key->data, key->len};
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
    const struct qc_overlay_row *own =
        qc_overlay_get(&rows->overlay, bytes_of(key));
    rocksdb_pinnableslice_t *slice;
    struct qc_bytes row;
    char *error = NULL;
    int r;

    if (own != NULL) {
        *found_out = !own->deleted;
        return own->deleted ? 0 : give(own->row, arena, row_out);
    }
    if (qc_row_cache_get(&rows->cache, bytes_of(key), &row)) {
        *found_out = true;
        return give(row, arena, row_out);
    }
    slice = rocksdb_get_pinned(rows->db, rows->read, (const char *)key->data,
                               key->len, &error);
    r = rocks_fault(rows, error);
    if (r == 0) {
        *found_out = slice != NULL;
    }
    if (slice != NULL) {
        row.data =
            (const uint8_t *)rocksdb_pinnableslice_value(slice, &row.size);
        qc_row_cache_put(&rows->cache, bytes_of(key), row);
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
    return qc_overlay_put(&rows->overlay, bytes_of(key), row);
}

static int rows_del(struct qc_store *store, const struct qc_key *key)
{
    struct qc_rows *rows = (struct qc_rows *)store;

    assert(rows->open_cursors == 0);
    rows->is_begun = true;
    return qc_overlay_del(&rows->overlay, bytes_of(key));
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

static int rows_open(struct qc_store *store,
                     const struct qc_key *prefix,
                     const struct qc_key *from,
                     struct qc_cursor **cursor_out)
{
    struct qc_rows *rows = (struct qc_rows *)store;
    struct qc_cursor *cursor = malloc(sizeof(*cursor));
    struct qc_bytes start = bytes_of(prefix);
    size_t end_size;

    if (cursor == NULL) {
        return QC_E_NOMEM;
    }
    if (from != NULL && qc_bytes_compare(bytes_of(from), start) > 0) {
        start = bytes_of(from);
    }
    cursor->rows = rows;
    cursor->prefix = *prefix;
    cursor->disk_taken = false;
    cursor->overlay = qc_overlay_seek(&rows->overlay, start);
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
    rocksdb_iter_seek(cursor->disk, (const char *)start.data, start.size);
    rows->open_cursors++;
    *cursor_out = cursor;
    return 0;
}

/* What the overlay has next under the prefix; NULL at its end. */
static struct qc_overlay_row *overlay_row(const struct qc_cursor *cursor)
{
    struct qc_overlay_row *own = cursor->overlay;

    if (own == NULL || own->key.size < cursor->prefix.len ||
        memcmp(own->key.data, cursor->prefix.data, cursor->prefix.len) != 0) {
        return NULL;
    }
    return own;
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

/* Takes the smaller key of the two sides, the overlay's when they are equal.
 * The disk's row is stepped over at the next call, for it is lent until then.
 */
static bool take(struct qc_cursor *cursor,
                 struct qc_bytes *key_out,
                 struct qc_bytes *row_out)
{
    for (;;) {
        struct qc_overlay_row *own = overlay_row(cursor);
        bool on_disk;
        int order;

        if (cursor->disk_taken) {
            rocksdb_iter_next(cursor->disk);
        }
        on_disk = disk_row(cursor, key_out, row_out);
        if (own == NULL) {
            cursor->disk_taken = on_disk;
            return on_disk;
        }
        order = on_disk ? qc_bytes_compare(own->key, *key_out) : -1;
        cursor->disk_taken = on_disk && order >= 0;
        if (order > 0) {
            return true;
        }
        cursor->overlay = qc_overlay_next(own);
        if (!own->deleted) {
            *key_out = own->key;
            *row_out = own->row;
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

/* What a failed write has left on disk is not known, so it is forgotten. */
static void remember(struct qc_rows *rows,
                     const struct qc_overlay_row *own,
                     bool written)
{
    if (written && !own->deleted) {
        qc_row_cache_put(&rows->cache, own->key, own->row);
    } else {
        qc_row_cache_drop(&rows->cache, own->key);
    }
}

/* Writes what is gathered as one batch. */
static int write_out(struct qc_rows *rows)
{
    static const struct qc_bytes first = {NULL, 0};
    struct qc_overlay_row *lowest = qc_overlay_seek(&rows->overlay, first);
    struct qc_overlay_row *own;
    char *error = NULL;

    for (own = lowest; own != NULL; own = qc_overlay_next(own)) {
        const char *key = (const char *)own->key.data;

        if (own->deleted) {
            rocksdb_writebatch_delete(rows->batch, key, own->key.size);
        } else {
            rocksdb_writebatch_put(rows->batch, key, own->key.size,
                                   (const char *)own->row.data, own->row.size);
        }
    }
    rocksdb_write(rows->db, rows->write, rows->batch, &error);
    rocksdb_writebatch_clear(rows->batch);
    for (own = lowest; own != NULL; own = qc_overlay_next(own)) {
        remember(rows, own, error == NULL);
    }
    qc_overlay_clear(&rows->overlay);
    return rocks_fault(rows, error);
}

static int settle(struct qc_rows *rows)
{
    return rows->overlay.arena.used == 0 ? 0 : write_out(rows);
}

static int rows_commit(struct qc_store *store)
{
    struct qc_rows *rows = (struct qc_rows *)store;

    assert(rows->open_cursors == 0);
    rows->used = true;
    rows->is_begun = false;
    return rows->overlay.arena.used < GATHERED_SIZE ? 0 : write_out(rows);
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
    rocksdb_options_set_write_buffer_size(options, MEMTABLE_SIZE);
    rocksdb_options_set_max_write_buffer_number(options, MEMTABLES_MAX);
    rocksdb_options_set_memtable_whole_key_filtering(options, 1);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(options,
                                                         MEMTABLE_BLOOM_RATIO);
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
    rocksdb_options_t *options = NULL;
    char *error = NULL;
    int r = 0;

    if (rows == NULL || qc_row_cache_init(&rows->cache, ROW_CACHE_SIZE) != 0) {
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
    qc_overlay_init(&rows->overlay);
    rows->read = rocksdb_readoptions_create();
    rows->batch = rocksdb_writebatch_create();
    rows->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(rows->write, 1);

    options = rows_options(to_read);
    rows->db = to_read ? rocksdb_open_for_read_only(options, path, 0, &error)
                       : rocksdb_open(options, path, &error);
    rocksdb_options_destroy(options);
    r = qc_rocks_fault(error, path, text.out, text.size);
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
    if (rows == NULL) {
        return;
    }
    assert(rows->open_cursors == 0);
    if (rows->db != NULL) {
        /* It flushes, since it has no log of its own. If that fails, the rows
         * on disk are older, and the replicated log is applied again. */
        if (!rows->is_begun) {
            (void)settle(rows);
        }
        rocksdb_close(rows->db);
    }
    rocksdb_readoptions_destroy(rows->read);
    rocksdb_writeoptions_destroy(rows->write);
    rocksdb_writebatch_destroy(rows->batch);
    qc_overlay_done(&rows->overlay);
    qc_row_cache_done(&rows->cache);
    free(rows);
}

int qc_rows_settle(struct qc_rows *rows)
{
    assert(!rows->is_begun);
    return settle(rows);
}

int qc_rows_link(struct qc_rows *rows,
                 const char *path,
                 char *text_out,
                 size_t text_size)
{
    rocksdb_checkpoint_t *checkpoint;
    char *error = NULL;

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
    *measures_out = (struct qc_rows_measures){
        .write_stopped = property(rows, "rocksdb.is-write-stopped"),
        .delayed_write_rate =
            property(rows, "rocksdb.actual-delayed-write-rate"),
        .pending_compaction_size =
            property(rows, "rocksdb.estimate-pending-compaction-bytes"),
        .memtable_size = property(rows, "rocksdb.cur-size-all-mem-tables"),
        .live_data_size = property(rows, "rocksdb.estimate-live-data-size"),
    };
}

const char *qc_rows_error(const struct qc_rows *rows)
{
    return rows->text;
}
