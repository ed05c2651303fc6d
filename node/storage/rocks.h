/* What the log and the rows have in common in their use of RocksDB. */
#ifndef QC_STORAGE_ROCKS_H
#define QC_STORAGE_ROCKS_H

#include <stddef.h>

#include <rocksdb/c.h>

#include "base/error.h"

enum {
    QC_STORAGE_TEXT_SIZE = 1024, /* Of what is said of a fault. */
};

/* What an operator does with a node that has lost something it promised to
 * keep: under its old id it could vote twice. */
#define QC_REPLACE_NODE                                                        \
    "do not start this node again: remove it from the cluster, and let a new " \
    "one join under a new id, in an empty directory"

/* Gives options fit for one writer and a small machine, to be made more
 * particular; freed by rocksdb_options_destroy(). */
rocksdb_options_t *qc_rocks_options(void);

/*
 * Turns what RocksDB said into a fault: 0 when it said nothing (|error| is
 * NULL), else CORRUPT or IO, and |text_out| says it, and what to do next. Takes
 * |error|. |path| is of the instance.
 */
QC_MUST_CHECK int qc_rocks_fault(char *error,
                                 const char *path,
                                 char *text_out,
                                 size_t text_size);

#endif
