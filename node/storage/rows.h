/*
 * The machine's rows in RocksDB: machine/store.h on disk.
 *
 * One column family, its write-ahead log not used: the replicated log is that
 * log. What is put and deleted between two commits, the applied index among it,
 * gets into RocksDB as a whole, perhaps together with what later commits wrote,
 * by a thread of its own. So after any crash the rows are exactly the state at
 * the index they carry; it may be an older one than before the crash.
 */
#ifndef QC_STORAGE_ROWS_H
#define QC_STORAGE_ROWS_H

#include "base/error.h"
#include "machine/store.h"
#include "quorumcall/state/v1/cluster.pb-c.h"

struct qc_arena;
struct qc_log;
struct qc_rows;

/* Opens, or makes, the rows in directory |path|. Gives; closed by
 * qc_rows_close(). On a fault |text_out| (of |text_size|) says what RocksDB
 * said. */
QC_MUST_CHECK int qc_rows_open(const char *path,
                               struct qc_rows **rows_out,
                               char *text_out,
                               size_t text_size);

/* The same of rows that are there, to be read only: nothing is committed. (What
 * RocksDB writes meanwhile, its LOG, is for the caller to remove.) */
QC_MUST_CHECK int qc_rows_open_to_read(const char *path,
                                       struct qc_rows **rows_out,
                                       char *text_out,
                                       size_t text_size);

/* Sends what is committed on its way to RocksDB, and does not wait for it. Not
 * between a write and its commit. 0 or a fault; then qc_rows_error() says
 * more. */
QC_MUST_CHECK int qc_rows_settle(struct qc_rows *rows);

/* Makes directory |path|, which must not be there, a RocksDB instance with the
 * state at some commit, no older than the last qc_rows_settle(), for which it
 * waits, of hard links where that can be. May run on any thread, beside all but
 * qc_rows_close(). On a fault |text_out| says what RocksDB said. */
QC_MUST_CHECK int qc_rows_link(struct qc_rows *rows,
                               const char *path,
                               char *text_out,
                               size_t text_size);

/* Whether the rows reach the log, so that it can go on from them. CORRUPT: they
 * are older than its first entry, or are not there; then |text_out| says the
 * indexes, and what to do next. */
QC_MUST_CHECK int qc_rows_check(struct qc_rows *rows,
                                const struct qc_log *log,
                                char *text_out,
                                size_t text_size);

/* What is committed is flushed. But if something was written after the last
 * commit, which happens where a fault came between, then that is dropped, and
 * what was not given to RocksDB yet with it, as in a crash. */
void qc_rows_close(struct qc_rows *rows);

/* The rows as a store. Lives as long as they do. */
struct qc_store *qc_rows_store(struct qc_rows *rows);

/* How far the rows have come; the row lives in |arena|. NULL: nothing was ever
 * applied. 0 or a fault. */
QC_MUST_CHECK int qc_rows_applied(struct qc_rows *rows,
                                  struct qc_arena *arena,
                                  const Qc__State__AppliedRow **applied_out);

/* How RocksDB is. */
struct qc_rows_measures {
    uint64_t write_stopped;           /* 1: until something is compacted. */
    uint64_t delayed_write_rate;      /* Bytes a second; 0: no limit. */
    uint64_t pending_compaction_size; /* In bytes, as all of these. */
    uint64_t unwritten_size; /* Of rows that RocksDB does not have yet. */
    uint64_t live_data_size;
};

void qc_rows_measure(struct qc_rows *rows,
                     struct qc_rows_measures *measures_out);

/* What RocksDB said at the last fault; "" when there was none. */
const char *qc_rows_error(const struct qc_rows *rows);

#endif
