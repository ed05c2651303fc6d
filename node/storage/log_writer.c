#include "storage/log_writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/histogram.h"
#include "storage/rocks.h"

enum {
    FLOOR_PERIOD_MS = 1000,
};

/* What one synchronous write makes durable. */
struct group {
    rocksdb_writebatch_t *batch;
    uint64_t number;      /* Of the last write in it; 0: empty. */
    struct qc_floor kept; /* The lowest cut in it. */
    struct qc_floor end;  /* Where the log ends after it. */
};

struct qc_log_writer {
    struct qc_log_writer_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;

    /* Behind the mutex. */
    struct group queued;
    bool stopping;
    uint64_t durable;                /* Number of the last write on disk. */
    int64_t began_ms;                /* Of the write under way; 0: none. */
    int fault;                       /* The first; then the thread has ended. */
    char text[QC_STORAGE_TEXT_SIZE]; /* Written once, before |fault|. */

    /* The loop's own. */
    bool held; /* The thread is not woken, */
    bool owed; /* and would have been. */

    /* The thread's own. */
    struct group taken;
    struct qc_floor floor; /* As on disk. */
    struct qc_floor end;   /* The last durable entry. */
    int64_t floor_due_ms;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool floor_lags(const struct qc_log_writer *writer)
{
    return writer->floor.index != writer->end.index ||
           writer->floor.term != writer->end.term;
}

static int set_floor(struct qc_log_writer *writer, const struct qc_floor *floor)
{
    int r = qc_floor_write(writer->options.path, floor);

    if (r != 0) {
        (void)snprintf(writer->text, sizeof(writer->text),
                       "%s/floor: cannot be written for index %" PRIu64 ": %s",
                       writer->options.path, floor->index, strerror(errno));
        return r;
    }
    writer->floor = *floor;
    writer->floor_due_ms = now_ms() + FLOOR_PERIOD_MS;
    return 0;
}

/* Sleeps until there is something to do, and takes what is queued. Returns
 * false when nothing will come any more. */
static bool await(struct qc_log_writer *writer)
{
    struct timespec due = {
        .tv_sec = (time_t)(writer->floor_due_ms / 1000),
        .tv_nsec = (long)(writer->floor_due_ms % 1000 * 1000000),
    };
    struct group empty = writer->taken;
    int timed_out = 0;
    bool more;

    assert(empty.number == 0);

    (void)pthread_mutex_lock(&writer->mutex);
    writer->began_ms = 0;
    while (writer->queued.number == 0 && !writer->stopping && timed_out == 0) {
        if (floor_lags(writer)) {
            timed_out =
                pthread_cond_timedwait(&writer->wake, &writer->mutex, &due);
        } else {
            (void)pthread_cond_wait(&writer->wake, &writer->mutex);
        }
    }
    writer->taken = writer->queued;
    writer->queued = empty;
    writer->began_ms = now_ms();
    more = writer->taken.number > 0 || !writer->stopping;
    (void)pthread_mutex_unlock(&writer->mutex);
    return more;
}

static int write_taken(struct qc_log_writer *writer)
{
    struct group *taken = &writer->taken;
    uint64_t began_us = now_us();
    char *error = NULL;
    int r = 0;

    if (taken->kept.index < writer->floor.index) {
        r = set_floor(writer, &taken->kept);
    }
    if (r == 0) {
        rocksdb_write(writer->options.db, writer->options.write, taken->batch,
                      &error);
        r = qc_rocks_fault(error, writer->options.path, writer->text,
                           sizeof(writer->text));
    }
    if (r == 0) {
        writer->end = taken->end;
    }
    if (writer->options.writes != NULL) {
        qc_histogram_add(writer->options.writes, now_us() - began_us);
    }
    return r;
}

/* Says how it went. A failed write is never tried again: what the kernel then
 * says of the same pages is not to be trusted. */
static void publish(struct qc_log_writer *writer, int r)
{
    (void)pthread_mutex_lock(&writer->mutex);
    writer->fault = r;
    if (r == 0) {
        writer->durable = writer->taken.number;
    }
    (void)pthread_mutex_unlock(&writer->mutex);

    rocksdb_writebatch_clear(writer->taken.batch);
    writer->taken.number = 0;
    writer->options.persisted(writer->options.ctx);
}

static void *run(void *arg)
{
    struct qc_log_writer *writer = arg;
    int r = 0;

    while (r == 0 && await(writer)) {
        if (writer->taken.number > 0) {
            r = write_taken(writer);
            publish(writer, r);
        }
        if (r == 0 && floor_lags(writer) && now_ms() >= writer->floor_due_ms) {
            r = set_floor(writer, &writer->end);
            if (r != 0) {
                publish(writer, r);
            }
        }
    }
    /* If this one fails, the floor stays where it was, which is lower. */
    if (r == 0 && floor_lags(writer)) {
        (void)set_floor(writer, &writer->end);
    }
    return NULL;
}

static int start_thread(struct qc_log_writer *writer)
{
    pthread_condattr_t attributes;
    int failed;

    (void)pthread_mutex_init(&writer->mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&writer->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);

    failed = pthread_create(&writer->thread, NULL, run, writer);
    return failed == 0 ? 0 : QC_E_NOMEM;
}

static void writer_free(struct qc_log_writer *writer)
{
    (void)pthread_cond_destroy(&writer->wake);
    (void)pthread_mutex_destroy(&writer->mutex);
    rocksdb_writebatch_destroy(writer->queued.batch);
    rocksdb_writebatch_destroy(writer->taken.batch);
    free(writer);
}

int qc_log_writer_start(const struct qc_log_writer_options *options,
                        struct qc_log_writer **writer_out)
{
    struct qc_log_writer *writer = calloc(1, sizeof(*writer));
    int r;

    if (writer == NULL) {
        return QC_E_NOMEM;
    }
    writer->options = *options;
    writer->floor = options->floor;
    writer->end = options->end;
    writer->floor_due_ms = now_ms() + FLOOR_PERIOD_MS;
    writer->queued.batch = rocksdb_writebatch_create();
    writer->taken.batch = rocksdb_writebatch_create();
    r = start_thread(writer);
    if (r != 0) {
        writer_free(writer);
        return r;
    }
    *writer_out = writer;
    return 0;
}

void qc_log_writer_stop(struct qc_log_writer *writer)
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

/* Without the mutex, for which the thread would have to wait again at once. */
static void wake(struct qc_log_writer *writer)
{
    writer->owed = writer->held;
    if (!writer->held) {
        (void)pthread_cond_signal(&writer->wake);
    }
}

rocksdb_writebatch_t *qc_log_writer_begin(struct qc_log_writer *writer)
{
    (void)pthread_mutex_lock(&writer->mutex);
    return writer->queued.batch;
}

void qc_log_writer_commit(struct qc_log_writer *writer,
                          uint64_t number,
                          const struct qc_floor *kept,
                          const struct qc_floor *end)
{
    struct group *queued = &writer->queued;

    assert(number > queued->number);

    if (queued->number == 0 || kept->index < queued->kept.index) {
        queued->kept = *kept;
    }
    queued->end = *end;
    queued->number = number;
    (void)pthread_mutex_unlock(&writer->mutex);
    wake(writer);
}

void qc_log_writer_hold(struct qc_log_writer *writer)
{
    writer->held = true;
}

void qc_log_writer_release(struct qc_log_writer *writer)
{
    writer->held = false;
    if (writer->owed) {
        wake(writer);
    }
}

int qc_log_writer_poll(struct qc_log_writer *writer, uint64_t *number_out)
{
    int r;

    (void)pthread_mutex_lock(&writer->mutex);
    r = writer->fault;
    if (r == 0) {
        *number_out = writer->durable;
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return r;
}

const char *qc_log_writer_error(const struct qc_log_writer *writer)
{
    return writer->text;
}

int64_t qc_log_writer_age_ms(struct qc_log_writer *writer)
{
    int64_t began_ms;

    (void)pthread_mutex_lock(&writer->mutex);
    began_ms = writer->began_ms;
    (void)pthread_mutex_unlock(&writer->mutex);
    return began_ms == 0 ? 0 : now_ms() - began_ms;
}
