/*
 * The thread that makes the log durable.
 *
 * The loop puts rows into a batch; the thread takes the batch with whatever
 * has gathered in it, writes it synchronously, and says up to which append
 * everything is on disk (group commit). Meanwhile the loop fills the other
 * batch. Cuts are deletions in the same batch, so they keep their order, and a
 * crash leaves an append either whole or undone.
 *
 * The thread keeps the floor too: raised every second and at the end, lowered
 * before a write that cuts below it, so that a crash between the two never
 * leaves a log that ends below its floor.
 *
 * All functions are called by the loop.
 */
#ifndef QC_STORAGE_LOG_WRITER_H
#define QC_STORAGE_LOG_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include <rocksdb/c.h>

#include "base/error.h"
#include "storage/floor.h"

struct qc_histogram;
struct qc_log_writer;

struct qc_log_writer_options {
    rocksdb_t *db;                       /* Borrowed until it is stopped. */
    const rocksdb_writeoptions_t *write; /* The same. */
    const char *path;                    /* The same. */
    struct qc_floor floor;               /* As it is on disk. */
    struct qc_floor end;                 /* The last entry on disk. */
    void (*persisted)(void *ctx);        /* Called on the writer's thread. */
    void *ctx;
    struct qc_histogram *writes; /* Of their durations; may be NULL. */
};

/* Gives; ended by qc_log_writer_stop(). */
QC_MUST_CHECK int qc_log_writer_start(
    const struct qc_log_writer_options *options,
    struct qc_log_writer **writer_out);

/* Writes what is queued, syncs the floor, ends the thread. */
void qc_log_writer_stop(struct qc_log_writer *writer);

/* Lends the batch that is written next; the writer waits until
 * qc_log_writer_commit(). */
rocksdb_writebatch_t *qc_log_writer_begin(struct qc_log_writer *writer);

/* Queues what was put into the batch as write |number|, which grows. The log
 * was cut down to |kept|, or was that long already, and now ends at |end|. */
void qc_log_writer_commit(struct qc_log_writer *writer,
                          uint64_t number,
                          const struct qc_floor *kept,
                          const struct qc_floor *end);

/* From here until the release the thread is not woken by what is queued; if it
 * writes it takes that next all the same. */
void qc_log_writer_hold(struct qc_log_writer *writer);
void qc_log_writer_release(struct qc_log_writer *writer);

/* The number of the last write that is durable. A fault when a write has
 * failed; nothing has been written since. */
QC_MUST_CHECK int qc_log_writer_poll(struct qc_log_writer *writer,
                                     uint64_t *number_out);

/* What went wrong; read it after a fault only. */
const char *qc_log_writer_error(const struct qc_log_writer *writer);

/* How long the write under way has taken, in ms; 0 when there is none. */
int64_t qc_log_writer_age_ms(struct qc_log_writer *writer);

#endif
