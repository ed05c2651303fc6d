#include "storage/log_disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/log_row.h"
#include "storage/sealed_file.h"

enum {
    MEMTABLE_SIZE = 64 * 1024 * 1024,
};

static struct qc_bytes iter_key(const rocksdb_iterator_t *iter)
{
    struct qc_bytes key;

    key.data = (const uint8_t *)rocksdb_iter_key(iter, &key.size);
    return key;
}

static struct qc_bytes iter_row(const rocksdb_iterator_t *iter)
{
    struct qc_bytes row;

    row.data = (const uint8_t *)rocksdb_iter_value(iter, &row.size);
    return row;
}

static int rocks_fault(struct qc_log_disk *disk, char *error)
{
    return qc_rocks_fault(error, disk->path, disk->text, sizeof(disk->text));
}

static int damaged(struct qc_log_disk *disk, uint64_t index)
{
    (void)snprintf(disk->text, sizeof(disk->text),
                   "%s: entry %" PRIu64
                   " is missing or damaged: " QC_REPLACE_NODE,
                   disk->path, index);
    return QC_E_CORRUPT;
}

static rocksdb_options_t *log_options(bool create)
{
    rocksdb_options_t *options = qc_rocks_options();

    rocksdb_options_set_create_if_missing(options, create);
    rocksdb_options_set_error_if_exists(options, create);
    rocksdb_options_set_write_buffer_size(options, MEMTABLE_SIZE);
    /* Refuses a flipped byte and mends a torn tail. The default mode starts
     * without what follows the flip, though it was synced; and in files that
     * are used again, a tail cannot be told from what was there before. */
    rocksdb_options_set_wal_recovery_mode(
        options, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_recycle_log_file_num(options, 0);
    return options;
}

static int open_db(struct qc_log_disk *disk, bool create)
{
    rocksdb_options_t *options = log_options(create);
    char *error = NULL;

    disk->db = rocksdb_open(options, disk->path, &error);
    rocksdb_options_destroy(options);
    return rocks_fault(disk, error);
}

/* The floor comes last: without it there is no log. */
static int make_files(struct qc_log_disk *disk)
{
    const struct qc_floor none = {.index = 0};
    int r;

    if (mkdir(disk->path, 0700) != 0 || qc_sync_directory_of(disk->path) != 0) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s: no log can be made here: %s: if this node has "
                       "never run, remove its directory and begin again",
                       disk->path, strerror(errno));
        return QC_E_IO;
    }
    r = open_db(disk, true);
    if (r == 0) {
        r = qc_log_disk_write_vote(disk, 0, 0);
    }
    if (r == 0 && qc_floor_write(disk->path, &none) != 0) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s/floor: cannot be written: %s: mend the cause, "
                       "remove the node's directory and begin again",
                       disk->path, strerror(errno));
        r = QC_E_IO;
    }
    return r;
}

static int read_base(struct qc_log_disk *disk)
{
    char *error = NULL;
    struct qc_bytes row;
    int r;

    /* Until there has been a checkpoint there is no such row. */
    disk->base = (struct qc_log_base){.generation = 1, .first = 1};
    disk->base_row = rocksdb_get_pinned(disk->db, disk->read, qc_base_key,
                                        sizeof(qc_base_key), &error);
    r = rocks_fault(disk, error);
    if (r != 0 || disk->base_row == NULL) {
        return r;
    }
    row.data =
        (const uint8_t *)rocksdb_pinnableslice_value(disk->base_row, &row.size);
    if (!qc_base_row_read(row, &disk->base)) {
        (void)snprintf(
            disk->text, sizeof(disk->text),
            "%s: the manifest it begins with is damaged: " QC_REPLACE_NODE,
            disk->path);
        r = QC_E_CORRUPT;
    }
    return r;
}

/* Seeks beyond what was deleted, which may be much. What lies between the first
 * entry and the last is checked when it is read. */
static int seek_ends(struct qc_log_disk *disk, rocksdb_iterator_t *iter)
{
    struct qc_log_entry last = {.index = 0};
    char key[QC_LOG_KEY_SIZE];
    char *error = NULL;
    int r;

    qc_log_key(disk->base.first, key);
    rocksdb_iter_seek(iter, key, sizeof(key));
    if (rocksdb_iter_valid(iter)) {
        (void)qc_log_key_index(iter_key(iter), &disk->first);
    }
    qc_log_key(UINT64_MAX, key);
    rocksdb_iter_seek_for_prev(iter, key, sizeof(key));
    rocksdb_iter_get_error(iter, &error);
    r = rocks_fault(disk, error);
    if (r == 0 && disk->first > 0 && rocksdb_iter_valid(iter) &&
        qc_log_key_index(iter_key(iter), &last.index) &&
        !qc_log_row_read(iter_row(iter), last.index, &last)) {
        r = damaged(disk, last.index);
    }
    disk->end = (struct qc_floor){last.index, last.term};
    if (disk->first == 0) {
        disk->end = (struct qc_floor){disk->base.index, disk->base.term};
    }
    return r;
}

static int find_ends(struct qc_log_disk *disk)
{
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    rocksdb_iterator_t *iter;
    char lowest[QC_LOG_KEY_SIZE];
    int r;

    qc_log_key(disk->base.first, lowest);
    rocksdb_readoptions_set_iterate_lower_bound(read, lowest, sizeof(lowest));
    iter = rocksdb_create_iterator(disk->db, read);
    r = seek_ends(disk, iter);
    rocksdb_iter_destroy(iter);
    rocksdb_readoptions_destroy(read);
    return r;
}

/* The entries go on from the manifest, without a gap. */
static int check_base(struct qc_log_disk *disk)
{
    if (disk->first > 0 && disk->first != disk->base.first) {
        return damaged(disk, disk->base.first);
    }
    if (disk->end.index < disk->base.index) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s: ends at entry %" PRIu64 ", but holds the manifest "
                       "of a checkpoint of entry %" PRIu64 ": " QC_REPLACE_NODE,
                       disk->path, disk->end.index, disk->base.index);
        return QC_E_CORRUPT;
    }
    return 0;
}

static bool note_term(void *ctx, const struct qc_log_entry *entry)
{
    uint64_t *term = ctx;

    *term = entry->term;
    return false;
}

static int read_floor(struct qc_log_disk *disk)
{
    int r = qc_floor_read(disk->path, &disk->floor);

    if (r != 0) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s/floor: %s: " QC_REPLACE_NODE, disk->path,
                       r == QC_E_CORRUPT ? "damaged" : strerror(errno));
    }
    return r;
}

/* The term at an index up to the end; 0 where it is not known any more: below
 * the first entry, but for the manifest's own index. */
static int term_at(struct qc_log_disk *disk, uint64_t index, uint64_t *term_out)
{
    if (disk->first > 0 && index >= disk->first) {
        return qc_log_disk_read(disk, index, index, note_term, term_out);
    }
    *term_out = index == disk->base.index ? disk->base.term : 0;
    return 0;
}

/* The log must reach its floor, with the entry that was synced there. */
static int check_floor(struct qc_log_disk *disk)
{
    uint64_t index = disk->floor.index;
    uint64_t term = 0;
    int r;

    if (disk->end.index < index) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s: ends at entry %" PRIu64 ", but was synced up to "
                       "entry %" PRIu64 ": " QC_REPLACE_NODE,
                       disk->path, disk->end.index, index);
        return QC_E_CORRUPT;
    }
    if (index == 0) {
        return 0;
    }
    r = term_at(disk, index, &term);
    if (r == 0 && term != 0 && term != disk->floor.term) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%s: entry %" PRIu64 " is of term %" PRIu64
                       ", but was synced with term %" PRIu64
                       ": " QC_REPLACE_NODE,
                       disk->path, index, term, disk->floor.term);
        r = QC_E_CORRUPT;
    }
    return r;
}

int qc_log_disk_open(struct qc_log_disk *disk, const char *path, bool create)
{
    int r;

    *disk = (struct qc_log_disk){.first = 0};
    disk->read = rocksdb_readoptions_create();
    disk->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(disk->write, 1);
    if (strlen(path) >= sizeof(disk->path)) {
        (void)snprintf(disk->text, sizeof(disk->text),
                       "%.256s...: the path is too long", path);
        return QC_E_IO;
    }
    memcpy(disk->path, path, strlen(path) + 1);

    r = create ? make_files(disk) : open_db(disk, false);
    if (r == 0) {
        r = read_base(disk);
    }
    if (r == 0) {
        r = find_ends(disk);
    }
    if (r == 0) {
        r = check_base(disk);
    }
    if (r == 0) {
        r = read_floor(disk);
    }
    return r != 0 ? r : check_floor(disk);
}

void qc_log_disk_close(struct qc_log_disk *disk)
{
    if (disk->base_row != NULL) {
        rocksdb_pinnableslice_destroy(disk->base_row);
    }
    if (disk->db != NULL) {
        rocksdb_close(disk->db);
    }
    rocksdb_readoptions_destroy(disk->read);
    rocksdb_writeoptions_destroy(disk->write);
}

int qc_log_disk_read_vote(struct qc_log_disk *disk,
                          uint64_t *term_out,
                          uint64_t *vote_out)
{
    char *error = NULL;
    rocksdb_pinnableslice_t *slice = rocksdb_get_pinned(
        disk->db, disk->read, qc_vote_key, sizeof(qc_vote_key), &error);
    int r = rocks_fault(disk, error);
    bool good = false;
    struct qc_bytes row;

    if (slice != NULL) {
        row.data =
            (const uint8_t *)rocksdb_pinnableslice_value(slice, &row.size);
        good = qc_vote_row_read(row, term_out, vote_out);
        rocksdb_pinnableslice_destroy(slice);
    }
    if (r == 0 && !good) {
        (void)snprintf(
            disk->text, sizeof(disk->text),
            "%s: term and vote are missing or damaged: " QC_REPLACE_NODE,
            disk->path);
        r = QC_E_CORRUPT;
    }
    return r;
}

int qc_log_disk_write_vote(struct qc_log_disk *disk,
                           uint64_t term,
                           uint64_t vote)
{
    uint8_t row[QC_VOTE_ROW_SIZE];
    char *error = NULL;

    qc_vote_row_write(term, vote, row);
    rocksdb_put(disk->db, disk->write, qc_vote_key, sizeof(qc_vote_key),
                (const char *)row, sizeof(row), &error);
    return rocks_fault(disk, error);
}

int qc_log_disk_read(struct qc_log_disk *disk,
                     uint64_t first,
                     uint64_t last,
                     bool (*entry)(void *ctx, const struct qc_log_entry *),
                     void *ctx)
{
    rocksdb_iterator_t *iter = rocksdb_create_iterator(disk->db, disk->read);
    char key[QC_LOG_KEY_SIZE];
    struct qc_log_entry row;
    char *error = NULL;
    bool more = true;
    int r = 0;

    qc_log_key(first, key);
    rocksdb_iter_seek(iter, key, sizeof(key));
    for (uint64_t i = first; r == 0 && more && i <= last; i++) {
        /* A gap shows in the row, which says its index. */
        if (rocksdb_iter_valid(iter) &&
            qc_log_row_read(iter_row(iter), i, &row)) {
            more = entry(ctx, &row);
            rocksdb_iter_next(iter);
            continue;
        }
        rocksdb_iter_get_error(iter, &error);
        r = rocks_fault(disk, error);
        r = r != 0 ? r : damaged(disk, i);
    }
    rocksdb_iter_destroy(iter);
    return r;
}
