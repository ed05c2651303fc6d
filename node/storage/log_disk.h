/*
 * The log's RocksDB instance: entries, term and vote, and what the log stands
 * on, as rows (log_row.h), and what must be true of them when it is opened.
 *
 * Every int is 0 or a fault, and then |text| of the struct says file, index
 * and what to do next.
 */
#ifndef QC_STORAGE_LOG_DISK_H
#define QC_STORAGE_LOG_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include <rocksdb/c.h>

#include "base/error.h"
#include "base/log_entry.h"
#include "storage/floor.h"
#include "storage/log_row.h"
#include "storage/rocks.h"

struct qc_log_disk {
    char path[QC_STORAGE_TEXT_SIZE / 2];
    rocksdb_t *db;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;     /* Synchronous. */
    struct qc_log_base base;           /* Its manifest lies in |base_row|. */
    rocksdb_pinnableslice_t *base_row; /* NULL: there is none. */
    uint64_t first;                    /* 0: there are no entries. */
    struct qc_floor end;               /* The last entry, else the base. */
    struct qc_floor floor;
    char text[QC_STORAGE_TEXT_SIZE];
};

/* |create|: makes a log that is new, else there must be one. |base|, |first|,
 * |end| and |floor| are as found, and fit each other. Closed by
 * qc_log_disk_close() in every case. */
QC_MUST_CHECK int qc_log_disk_open(struct qc_log_disk *disk,
                                   const char *path,
                                   bool create);
void qc_log_disk_close(struct qc_log_disk *disk);

QC_MUST_CHECK int qc_log_disk_read_vote(struct qc_log_disk *disk,
                                        uint64_t *term_out,
                                        uint64_t *vote_out);

/* Durable when it returns. */
QC_MUST_CHECK int qc_log_disk_write_vote(struct qc_log_disk *disk,
                                         uint64_t term,
                                         uint64_t vote);

/* Calls |entry| for entries |first| to |last| in order, with data borrowed
 * until it returns, until it returns false. One that is missing or damaged is
 * CORRUPT. */
QC_MUST_CHECK int qc_log_disk_read(struct qc_log_disk *disk,
                                   uint64_t first,
                                   uint64_t last,
                                   bool (*entry)(void *ctx,
                                                 const struct qc_log_entry *),
                                   void *ctx);

#endif
