/*
 * The thread that gives RocksDB the rows.
 *
 * A sealed delta becomes one file, written in the order of its keys, that
 * RocksDB takes in whole: no row is put into a memtable, and a crash leaves a
 * delta in RocksDB or not. Deltas are taken in one after the other.
 */
#ifndef QC_STORAGE_ROW_WRITER_H
#define QC_STORAGE_ROW_WRITER_H

#include <stdint.h>

#include <rocksdb/c.h>

#include "base/error.h"

struct qc_row_delta;
struct qc_row_writer;

/* All are borrowed until it is stopped; |options| are those of |db|, which is
 * in directory |path|. Gives; ended by qc_row_writer_stop(). 0 or NOMEM. */
QC_MUST_CHECK int qc_row_writer_start(rocksdb_t *db,
                                      const rocksdb_options_t *options,
                                      const char *path,
                                      struct qc_row_writer **writer_out);

/* Writes what is queued, unless a write has failed, and ends the thread. May
 * be NULL. */
void qc_row_writer_stop(struct qc_row_writer *writer);

/* Queues |delta|, which is borrowed until its number is written; numbers
 * grow. */
void qc_row_writer_add(struct qc_row_writer *writer,
                       struct qc_row_delta *delta);

/* The number of the last delta that RocksDB has. A fault when a write has
 * failed; nothing has been written since. */
QC_MUST_CHECK int qc_row_writer_poll(struct qc_row_writer *writer,
                                     uint64_t *number_out);

/* Waits until RocksDB has the delta |number|, and 0: all that are queued; or
 * until a write has failed, which the poll says. May run on any thread, as the
 * poll may. */
void qc_row_writer_wait(struct qc_row_writer *writer, uint64_t number);

/* What RocksDB said; read it after a fault only. */
const char *qc_row_writer_error(const struct qc_row_writer *writer);

#endif
