#include "storage/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rocksdb/c.h>

#include "storage/log_disk.h"
#include "storage/log_row.h"
#include "storage/log_writer.h"
#include "storage/manifest.h"
#include "storage/recent.h"

enum {
    RECENT_SIZE_MAX = 64 * 1024 * 1024,
};

struct qc_log {
    struct qc_log_disk disk;
    struct qc_log_writer *writer;
    struct qc_recent recent;

    uint64_t term;
    uint64_t vote;
    struct qc_log_base base;
    uint8_t *base_row; /* In which its manifest lies; NULL: there is none. */
    uint64_t first;    /* 0 while there are no entries. */
    struct qc_floor end;
    uint64_t durable;  /* As far as was polled, and not cut since. */
    uint64_t n_writes; /* Appends, and changes of the base. */
    uint64_t n_polled; /* Of them, those that were durable at the last poll. */
    uint64_t restart;  /* The last that was a restart; 0: none was. */

    int fault; /* The first; every later call says it again. */
    const char *text;
};

/* One call of qc_log_read(). */
struct walk {
    uint64_t next;
    size_t size_left;
    bool begun;
    bool full;
    int r; /* What the caller said. */
    int (*entry)(void *ctx, const struct qc_log_entry *entry);
    void *ctx;
};

static int fail(struct qc_log *log, int r, const char *text)
{
    log->fault = r;
    log->text = text;
    return r;
}

/* The first fault of the loop or of the writer; else what is durable. */
static int poll_writer(struct qc_log *log, uint64_t *number_out)
{
    int r = log->fault;

    if (r == 0) {
        r = qc_log_writer_poll(log->writer, number_out);
        if (r != 0) {
            return fail(log, r, qc_log_writer_error(log->writer));
        }
    }
    return r;
}

/* Keeps |base|, with its row, which it returns; NULL when memory is short. */
static const uint8_t *keep_base(struct qc_log *log,
                                const struct qc_log_base *base)
{
    uint8_t *row = malloc(QC_BASE_ROW_HEAD_SIZE + base->manifest.size);

    if (row == NULL) {
        (void)fail(log, QC_E_NOMEM, "no memory for the log's manifest");
        return NULL;
    }
    qc_base_row_write(base, row);
    free(log->base_row);
    log->base_row = row;
    log->base = *base;
    log->base.manifest.data = row + QC_BASE_ROW_HEAD_SIZE;
    return row;
}

static int open_log(struct qc_log *log, const struct qc_log_options *options)
{
    struct qc_log_writer_options writer = {
        .path = log->disk.path,
        .persisted = options->persisted,
        .ctx = options->ctx,
        .writes = options->writes,
    };
    int r = qc_log_disk_open(&log->disk, options->path, options->create);

    if (r == 0) {
        r = qc_log_disk_read_vote(&log->disk, &log->term, &log->vote);
    }
    if (r != 0) {
        return fail(log, r, log->disk.text);
    }
    log->base = log->disk.base;
    if (log->base.index > 0 && keep_base(log, &log->disk.base) == NULL) {
        return log->fault;
    }
    log->first = log->disk.first;
    log->end = log->disk.end;
    log->durable = log->end.index;
    writer.db = log->disk.db;
    writer.write = log->disk.write;
    writer.floor = log->disk.floor;
    writer.end = log->end;
    r = qc_log_writer_start(&writer, &log->writer);
    return r == 0 ? 0 : fail(log, r, "no memory for the log's thread");
}

int qc_log_open(const struct qc_log_options *options,
                struct qc_log **log_out,
                char *text_out,
                size_t text_size)
{
    struct qc_log *log = calloc(1, sizeof(*log));
    int r;

    if (log == NULL) {
        (void)snprintf(text_out, text_size, "no memory for the log");
        return QC_E_NOMEM;
    }
    log->text = "";
    r = open_log(log, options);
    if (r != 0) {
        (void)snprintf(text_out, text_size, "%s", log->text);
        qc_log_close(log);
        return r;
    }
    *log_out = log;
    return 0;
}

void qc_log_close(struct qc_log *log)
{
    if (log == NULL) {
        return;
    }
    qc_log_writer_stop(log->writer);
    qc_log_disk_close(&log->disk);
    qc_recent_done(&log->recent);
    free(log->base_row);
    free(log);
}

void qc_log_term_and_vote(const struct qc_log *log,
                          uint64_t *term_out,
                          uint64_t *vote_out)
{
    *term_out = log->term;
    *vote_out = log->vote;
}

/* Written by the loop itself: at worst it waits for the write under way. */
int qc_log_set_term_and_vote(struct qc_log *log, uint64_t term, uint64_t vote)
{
    uint64_t number;
    int r = poll_writer(log, &number);

    if (r != 0) {
        return r;
    }
    r = qc_log_disk_write_vote(&log->disk, term, vote);
    if (r != 0) {
        return fail(log, r, log->disk.text);
    }
    log->term = term;
    log->vote = vote;
    return 0;
}

uint64_t qc_log_first(const struct qc_log *log)
{
    return log->first;
}

uint64_t qc_log_last(const struct qc_log *log)
{
    return log->end.index;
}

struct qc_bytes qc_log_manifest(const struct qc_log *log)
{
    return log->base.manifest;
}

uint64_t qc_log_generation(const struct qc_log *log)
{
    return log->base.generation;
}

static int note_term(void *ctx, const struct qc_log_entry *entry)
{
    uint64_t *term = ctx;

    *term = entry->term;
    return 0;
}

/* The term of an entry; of what stands before the first, that of the base. */
static int term_at(struct qc_log *log, uint64_t index, uint64_t *term_out)
{
    if (index == log->end.index) {
        *term_out = log->end.term;
        return 0;
    }
    if (index < log->base.first) {
        *term_out = log->base.term;
        return 0;
    }
    return qc_log_read(log, index, 1, SIZE_MAX, note_term, term_out);
}

static int remember(struct qc_log *log,
                    const struct qc_log_entry *entries,
                    size_t n)
{
    qc_recent_cut(&log->recent, entries[0].index);
    for (size_t i = 0; i < n; i++) {
        int r = qc_recent_add(&log->recent, &entries[i], log->n_writes);

        if (r != 0) {
            return fail(log, r, "no memory for an entry of the log");
        }
    }
    return 0;
}

/* Queues the cut down to |kept|, and what is remembered from there to |end|. */
static void queue(struct qc_log *log,
                  const struct qc_floor *kept,
                  const struct qc_floor *end)
{
    rocksdb_writebatch_t *batch = qc_log_writer_begin(log->writer);
    char key[QC_LOG_KEY_SIZE];

    for (uint64_t i = kept->index + 1; i <= log->end.index; i++) {
        qc_log_key(i, key);
        rocksdb_writebatch_delete(batch, key, sizeof(key));
    }
    for (uint64_t i = kept->index + 1; i <= end->index; i++) {
        const struct qc_recent_entry *own = qc_recent_get(&log->recent, i);

        assert(own != NULL);
        qc_log_key(i, key);
        rocksdb_writebatch_put(batch, key, sizeof(key), (const char *)own->row,
                               own->size);
    }
    qc_log_writer_commit(log->writer, log->n_writes, kept, end);
}

int qc_log_append(struct qc_log *log,
                  const struct qc_log_entry *entries,
                  size_t n)
{
    struct qc_floor kept;
    struct qc_floor end;
    uint64_t number;
    int r;

    assert(n > 0);
    assert(entries[0].index > log->base.index);
    assert(entries[0].index <= log->end.index + 1);
    for (size_t i = 1; i < n; i++) {
        assert(entries[i].index == entries[0].index + i);
    }

    kept = (struct qc_floor){.index = entries[0].index - 1};
    end = (struct qc_floor){entries[n - 1].index, entries[n - 1].term};
    r = poll_writer(log, &number);
    if (r == 0) {
        r = term_at(log, kept.index, &kept.term);
    }
    if (r == 0) {
        log->n_writes++;
        r = remember(log, entries, n);
    }
    if (r != 0) {
        return r;
    }
    queue(log, &kept, &end);
    log->first = log->first > 0 ? log->first : entries[0].index;
    log->end = end;
    log->durable = log->durable < kept.index ? log->durable : kept.index;
    return 0;
}

static void delete_range(rocksdb_writebatch_t *batch,
                         uint64_t first,
                         uint64_t end)
{
    char from[QC_LOG_KEY_SIZE];
    char to[QC_LOG_KEY_SIZE];

    qc_log_key(first, from);
    qc_log_key(end, to);
    rocksdb_writebatch_delete_range(batch, from, sizeof(from), to, sizeof(to));
}

/* Queues |base| and the deletion of what stands before |end|; the log was cut
 * down to |kept|. */
static int queue_base(struct qc_log *log,
                      const struct qc_log_base *base,
                      uint64_t end,
                      const struct qc_floor *kept)
{
    uint64_t first = log->first;
    const uint8_t *row = keep_base(log, base);
    rocksdb_writebatch_t *batch;

    if (row == NULL) {
        return log->fault;
    }
    log->n_writes++;
    batch = qc_log_writer_begin(log->writer);
    if (first > 0 && first < end) {
        delete_range(batch, first, end);
    }
    rocksdb_writebatch_put(batch, qc_base_key, sizeof(qc_base_key),
                           (const char *)row,
                           QC_BASE_ROW_HEAD_SIZE + base->manifest.size);
    qc_log_writer_commit(log->writer, log->n_writes, kept, &log->end);
    return 0;
}

/* What the log stands on after a checkpoint of |manifest|. */
static int read_manifest(struct qc_log *log,
                         struct qc_bytes bytes,
                         struct qc_log_base *base_out)
{
    struct qc_manifest manifest;
    uint64_t number;
    int r = poll_writer(log, &number);

    if (r != 0) {
        return r;
    }
    r = qc_manifest_read(bytes, &manifest);
    if (r != 0) {
        return fail(log, r, "the log was given bytes that are no manifest");
    }
    *base_out = (struct qc_log_base){
        .generation = log->base.generation,
        .first = manifest.message->index + 1,
        .index = manifest.message->index,
        .term = manifest.message->term,
        .manifest = bytes,
    };
    qc_manifest_done(&manifest);
    return 0;
}

int qc_log_compact(struct qc_log *log, struct qc_bytes manifest, uint64_t first)
{
    struct qc_log_base base;
    uint64_t gone;
    int r = read_manifest(log, manifest, &base);

    if (r != 0) {
        return r;
    }
    assert(first >= log->base.first);
    assert(first <= base.index + 1);
    assert(base.index <= log->end.index);

    base.first = first;
    r = queue_base(log, &base, first, &log->end);
    if (r != 0) {
        return r;
    }
    if (log->first > 0) {
        log->first = first <= log->end.index ? first : 0;
    }
    /* What is not durable yet is still waited for. */
    gone = first - 1 < log->durable ? first - 1 : log->durable;
    qc_recent_trim(&log->recent, 0, gone);
    return 0;
}

int qc_log_restart(struct qc_log *log,
                   struct qc_bytes manifest,
                   uint64_t generation)
{
    /* Both the log that is and the one that will be reach this floor, and a
     * crash may leave either. */
    static const struct qc_floor none = {.index = 0};
    struct qc_log_base base;
    int r = read_manifest(log, manifest, &base);

    if (r != 0) {
        return r;
    }
    base.generation = generation;
    log->end = (struct qc_floor){base.index, base.term};
    r = queue_base(log, &base, UINT64_MAX, &none);
    if (r != 0) {
        return r;
    }
    qc_recent_cut(&log->recent, 0);
    log->first = 0;
    log->durable = base.index;
    log->restart = log->n_writes;
    return 0;
}

void qc_log_hold(struct qc_log *log)
{
    qc_log_writer_hold(log->writer);
}

void qc_log_release(struct qc_log *log)
{
    qc_log_writer_release(log->writer);
}

bool qc_log_restarted(const struct qc_log *log)
{
    return log->n_polled >= log->restart;
}

int qc_log_poll(struct qc_log *log, uint64_t *index_out)
{
    const struct qc_recent_entry *next;
    uint64_t before = log->durable;
    uint64_t number;
    int r = poll_writer(log, &number);

    if (r != 0) {
        return r;
    }
    log->n_polled = number;
    /* An entry that was cut and came again came with a later append. */
    next = qc_recent_get(&log->recent, log->durable + 1);
    while (next != NULL && next->append <= number) {
        log->durable++;
        next = qc_recent_get(&log->recent, log->durable + 1);
    }
    qc_recent_trim(&log->recent, RECENT_SIZE_MAX, log->durable);
    *index_out = log->durable > before ? log->durable : 0;
    return 0;
}

int64_t qc_log_write_age_ms(const struct qc_log *log)
{
    return qc_log_writer_age_ms(log->writer);
}

/* Gives one entry to the caller, unless that is more than was asked for. */
static bool visit(void *ctx, const struct qc_log_entry *entry)
{
    struct walk *walk = ctx;
    size_t size = entry->data.size;

    walk->full = walk->begun && size > walk->size_left;
    if (walk->full) {
        return false;
    }
    walk->begun = true;
    walk->size_left -= size < walk->size_left ? size : walk->size_left;
    walk->next++;
    walk->r = walk->entry(walk->ctx, entry);
    return walk->r == 0;
}

/* Entries up to |last| that are in memory. */
static int read_recent(struct qc_log *log, struct walk *walk, uint64_t last)
{
    bool more = true;

    while (more && walk->next <= last) {
        const struct qc_recent_entry *own =
            qc_recent_get(&log->recent, walk->next);
        struct qc_log_entry entry;

        assert(own != NULL);
        if (!qc_log_row_read((struct qc_bytes){own->row, own->size}, walk->next,
                             &entry)) {
            return fail(log, QC_E_CORRUPT,
                        "an entry of the log was damaged in memory: test the "
                        "memory of this machine before it starts again");
        }
        more = visit(walk, &entry);
    }
    return 0;
}

int qc_log_read(struct qc_log *log,
                uint64_t first,
                size_t n,
                size_t size_max,
                int (*entry)(void *ctx, const struct qc_log_entry *entry),
                void *ctx)
{
    struct walk walk = {
        .next = first,
        .size_left = size_max,
        .entry = entry,
        .ctx = ctx,
    };
    uint64_t last = log->end.index;
    int r = log->fault;

    assert(first >= log->first);

    if (r != 0 || n == 0 || first > last) {
        return r;
    }
    if (n - 1 < last - first) {
        last = first + n - 1;
    }
    if (qc_recent_get(&log->recent, first) == NULL) {
        bool all = log->recent.n == 0 || last < log->recent.first;
        uint64_t on_disk = all ? last : log->recent.first - 1;

        r = qc_log_disk_read(&log->disk, first, on_disk, visit, &walk);
        if (r != 0) {
            return fail(log, r, log->disk.text);
        }
    }
    if (!walk.full && walk.r == 0) {
        r = read_recent(log, &walk, last);
    }
    return r != 0 ? r : walk.r;
}

const char *qc_log_error(const struct qc_log *log)
{
    return log->text;
}
