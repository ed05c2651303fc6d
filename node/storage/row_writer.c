#include "storage/row_writer.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/rocks.h"
#include "storage/row_table.h"

enum {
    /* While RocksDB has more files to compact than it wants to read. */
    STOPPED_PAUSE_MS = 10,
};

struct qc_row_writer {
    rocksdb_t *db;
    const rocksdb_options_t *options;
    const char *path;
    char file[PATH_MAX]; /* Of the delta that is written. */
    rocksdb_envoptions_t *env;
    rocksdb_ingestexternalfileoptions_t *ingest;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;    /* For the thread. */
    pthread_cond_t changed; /* For those who wait. */

    /* Behind the mutex. */
    struct qc_row_deltas queue;
    uint64_t added; /* Number of the last that was queued. */
    uint64_t written;
    bool stopping;
    int fault;                       /* The first; then the thread has ended. */
    char text[QC_STORAGE_TEXT_SIZE]; /* Written once, before |fault|. */
};

static int fault_of(struct qc_row_writer *writer, char *error)
{
    return qc_rocks_fault(error, writer->path, writer->text,
                          sizeof(writer->text));
}

static int put_rows(struct qc_row_writer *writer,
                    const struct qc_row_delta *delta,
                    rocksdb_sstfilewriter_t *sst)
{
    static const struct qc_key all = {.len = 0};
    struct qc_key key = all;
    char *error = NULL;
    bool above = false;
    uint64_t value;

    while (error == NULL &&
           qc_key_tree_next(&delta->rows, &all, &key, above, &key, &value)) {
        const struct qc_table_row *row = qc_row_delta_row(value);
        struct qc_bytes bytes = qc_table_row_bytes(row);
        const char *name = (const char *)key.data;

        above = true;
        if (row->deleted) {
            rocksdb_sstfilewriter_delete(sst, name, key.len, &error);
        } else {
            rocksdb_sstfilewriter_put(sst, name, key.len,
                                      (const char *)bytes.data, bytes.size,
                                      &error);
        }
    }
    return fault_of(writer, error);
}

/* Writes the rows of |delta| to the file. */
static int write_file(struct qc_row_writer *writer,
                      const struct qc_row_delta *delta)
{
    rocksdb_sstfilewriter_t *sst;
    char *error = NULL;
    int r;

    /* After a crash it may be a link to what RocksDB has taken in, and must not
     * be written over. */
    if (unlink(writer->file) != 0 && errno != ENOENT) {
        (void)snprintf(writer->text, sizeof(writer->text),
                       "%.512s: cannot be removed: %s", writer->file,
                       strerror(errno));
        return QC_E_IO;
    }
    sst = rocksdb_sstfilewriter_create(writer->env, writer->options);
    rocksdb_sstfilewriter_open(sst, writer->file, &error);
    r = fault_of(writer, error);
    if (r == 0) {
        r = put_rows(writer, delta, sst);
    }
    if (r == 0) {
        error = NULL;
        rocksdb_sstfilewriter_finish(sst, &error);
        r = fault_of(writer, error);
    }
    rocksdb_sstfilewriter_destroy(sst);
    return r;
}

static bool has(struct qc_row_writer *writer, const char *property)
{
    uint64_t value = 0;

    return rocksdb_property_int(writer->db, property, &value) == 0 &&
           value != 0;
}

/* What is written otherwise waits in RocksDB by itself. After an error of its
 * threads nothing is compacted any more, and RocksDB is to say so. */
static void wait_for_compaction(struct qc_row_writer *writer)
{
    static const struct timespec pause = {
        .tv_nsec = STOPPED_PAUSE_MS * 1000000L,
    };

    while (has(writer, "rocksdb.is-write-stopped") &&
           !has(writer, "rocksdb.background-errors")) {
        (void)nanosleep(&pause, NULL);
    }
}

static int write_delta(struct qc_row_writer *writer,
                       const struct qc_row_delta *delta)
{
    const char *file = writer->file;
    char *error = NULL;
    int r = write_file(writer, delta);

    if (r != 0) {
        return r;
    }
    wait_for_compaction(writer);
    rocksdb_ingest_external_file(writer->db, &file, 1, writer->ingest, &error);
    return fault_of(writer, error);
}

static void *run(void *arg)
{
    struct qc_row_writer *writer = arg;

    (void)pthread_mutex_lock(&writer->mutex);
    for (;;) {
        const struct qc_row_delta *delta = STAILQ_FIRST(&writer->queue);
        uint64_t number;
        int r;

        if (writer->fault != 0 || (delta == NULL && writer->stopping)) {
            break;
        }
        if (delta == NULL) {
            (void)pthread_cond_wait(&writer->wake, &writer->mutex);
            continue;
        }
        number = delta->number;
        (void)pthread_mutex_unlock(&writer->mutex);
        r = write_delta(writer, delta);
        (void)pthread_mutex_lock(&writer->mutex);
        STAILQ_REMOVE_HEAD(&writer->queue, queued);
        writer->fault = r;
        writer->written = r == 0 ? number : writer->written;
        (void)pthread_cond_broadcast(&writer->changed);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

static void writer_free(struct qc_row_writer *writer)
{
    (void)pthread_cond_destroy(&writer->wake);
    (void)pthread_cond_destroy(&writer->changed);
    (void)pthread_mutex_destroy(&writer->mutex);
    rocksdb_ingestexternalfileoptions_destroy(writer->ingest);
    rocksdb_envoptions_destroy(writer->env);
    free(writer);
}

int qc_row_writer_start(rocksdb_t *db,
                        const rocksdb_options_t *options,
                        const char *path,
                        struct qc_row_writer **writer_out)
{
    struct qc_row_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return QC_E_NOMEM;
    }
    writer->db = db;
    writer->options = options;
    writer->path = path;
    (void)snprintf(writer->file, sizeof(writer->file), "%s/delta", path);
    STAILQ_INIT(&writer->queue);
    writer->env = rocksdb_envoptions_create();
    writer->ingest = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(writer->ingest, 1);
    (void)pthread_mutex_init(&writer->mutex, NULL);
    (void)pthread_cond_init(&writer->wake, NULL);
    (void)pthread_cond_init(&writer->changed, NULL);
    if (pthread_create(&writer->thread, NULL, run, writer) != 0) {
        writer_free(writer);
        return QC_E_NOMEM;
    }
    *writer_out = writer;
    return 0;
}

void qc_row_writer_stop(struct qc_row_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    (void)pthread_cond_signal(&writer->wake);
    (void)pthread_mutex_unlock(&writer->mutex);
    (void)pthread_join(writer->thread, NULL);
    writer_free(writer);
}

void qc_row_writer_add(struct qc_row_writer *writer, struct qc_row_delta *delta)
{
    (void)pthread_mutex_lock(&writer->mutex);
    assert(delta->number > writer->added);
    writer->added = delta->number;
    STAILQ_INSERT_TAIL(&writer->queue, delta, queued);
    (void)pthread_cond_signal(&writer->wake);
    (void)pthread_mutex_unlock(&writer->mutex);
}

int qc_row_writer_poll(struct qc_row_writer *writer, uint64_t *number_out)
{
    int r;

    (void)pthread_mutex_lock(&writer->mutex);
    r = writer->fault;
    *number_out = writer->written;
    (void)pthread_mutex_unlock(&writer->mutex);
    return r;
}

void qc_row_writer_wait(struct qc_row_writer *writer, uint64_t number)
{
    (void)pthread_mutex_lock(&writer->mutex);
    number = number > 0 ? number : writer->added;
    while (writer->fault == 0 && writer->written < number) {
        (void)pthread_cond_wait(&writer->changed, &writer->mutex);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
}

const char *qc_row_writer_error(const struct qc_row_writer *writer)
{
    return writer->text;
}
