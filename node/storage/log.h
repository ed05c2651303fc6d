/*
 * The replicated log, and term and vote, on disk.
 *
 * A RocksDB instance of its own, whose write-ahead log is on and synchronous.
 * One thread writes: whatever was queued while a write was under way goes into
 * the next one together (group commit), truncations in their order with it.
 * Each entry carries its index and a checksum. A small file, "floor", holds
 * the last synced (index, term), itself synced every second and at a clean
 * stop: a log that ends below it has lost what it acknowledged and refuses to
 * open. What is lost above the floor, by a file removed while the node was
 * stopped, cannot be told from a torn tail.
 *
 * The log begins after a checkpoint, once there is one: its manifest is kept
 * here, and with it the generation of the rows, so that entries, manifest and
 * generation always change together.
 *
 * Every function is called by one thread, the loop's; qc_log_options.persisted
 * is called by the writer's.
 */
#ifndef QC_STORAGE_LOG_H
#define QC_STORAGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log_entry.h"

struct qc_histogram;
struct qc_log;

struct qc_log_options {
    const char *path; /* A directory. */
    bool create;      /* Make a new, empty log; else there must be one. */
    /* Called on the writer's thread whenever something has been written or
     * has failed: wakes the loop, which calls qc_log_poll(). */
    void (*persisted)(void *ctx);
    void *ctx;
    /* Counts how long each synchronous write takes, on the writer's thread;
     * NULL for nothing. */
    struct qc_histogram *writes;
};

/* Gives; closed by qc_log_close(). On a fault |text_out| says file, index and
 * what to do next. */
QC_MUST_CHECK int qc_log_open(const struct qc_log_options *options,
                              struct qc_log **log_out,
                              char *text_out,
                              size_t text_size);

/* Writes what is queued, syncs the floor, closes. */
void qc_log_close(struct qc_log *log);

/* 0 and 0 in a new log. */
void qc_log_term_and_vote(const struct qc_log *log,
                          uint64_t *term_out,
                          uint64_t *vote_out);

/* Durable when it returns. */
QC_MUST_CHECK int qc_log_set_term_and_vote(struct qc_log *log,
                                           uint64_t term,
                                           uint64_t vote);

/* Of what is in the log, written or queued. The first is 0 when there are no
 * entries; then the last is that of the manifest, or 0. */
uint64_t qc_log_first(const struct qc_log *log);
uint64_t qc_log_last(const struct qc_log *log);

/* The newest manifest that was given to the log, encoded; empty when there is
 * none. Borrowed until the next change. */
struct qc_bytes qc_log_manifest(const struct qc_log *log);

/* Which of the directory's rows belong to the log (directory.h); 1 in a new
 * one. */
uint64_t qc_log_generation(const struct qc_log *log);

/* Queues entries that follow one another. The first may be at most last + 1;
 * what stands at or above it is cut off. Data is copied. */
QC_MUST_CHECK int qc_log_append(struct qc_log *log,
                                const struct qc_log_entry *entries,
                                size_t n);

/*
 * Queues, in one: |manifest| (encoded, copied) is the newest, and the entries
 * before |first| are deleted. |first| is at most last + 1, at most one above
 * the manifest's index, and no lower than what is there. CORRUPT: these are
 * not the bytes of a manifest.
 */
QC_MUST_CHECK int qc_log_compact(struct qc_log *log,
                                 struct qc_bytes manifest,
                                 uint64_t first);

/*
 * Queues, in one: all entries are deleted, |manifest| (encoded, copied) is the
 * newest and |generation| that of the rows. The log then ends, without entries,
 * at the manifest's index and term, and goes on from there. A crash leaves all
 * of it or nothing. CORRUPT as above.
 */
QC_MUST_CHECK int qc_log_restart(struct qc_log *log,
                                 struct qc_bytes manifest,
                                 uint64_t generation);

/*
 * Between these two the writer's thread is not woken for what is queued: for a
 * caller who has something to do first that is more urgent. Woken at once, it
 * may take the caller's processor until it waits for the disk.
 */
void qc_log_hold(struct qc_log *log);
void qc_log_release(struct qc_log *log);

/* Whether the last restart is durable, as far as was polled. True when there
 * was none. */
bool qc_log_restarted(const struct qc_log *log);

/*
 * What has become durable since the last time: the highest index written by an
 * append that was not cut since (0: nothing new). A fault when a write has
 * failed.
 */
QC_MUST_CHECK int qc_log_poll(struct qc_log *log, uint64_t *index_out);

/* How long the write under way has taken, in ms; 0 when there is none. */
int64_t qc_log_write_age_ms(const struct qc_log *log);

/*
 * Reads entries from |first| on, from memory where they are recent: at most
 * |n|, and no more than |size_max| bytes together, but at least one. |entry| is
 * called for each, in order, with data borrowed until it returns; a fault it
 * returns ends the walk. An entry that should be there and is not, or is
 * damaged, is a fault, CORRUPT.
 */
QC_MUST_CHECK int qc_log_read(struct qc_log *log,
                              uint64_t first,
                              size_t n,
                              size_t size_max,
                              int (*entry)(void *ctx,
                                           const struct qc_log_entry *entry),
                              void *ctx);

/* What went wrong at the last fault; "" when nothing did. */
const char *qc_log_error(const struct qc_log *log);

#endif
