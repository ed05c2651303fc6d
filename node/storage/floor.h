/*
 * The floor: the last entry of the log that is known to have been synced. A
 * log that ends below it has lost what it promised to keep.
 */
#ifndef QC_STORAGE_FLOOR_H
#define QC_STORAGE_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct qc_floor {
    uint64_t index; /* 0: no entry. */
    uint64_t term;
};

/* |path| is the log's directory. IO: see errno. CORRUPT: damaged. */
QC_MUST_CHECK int qc_floor_read(const char *path, struct qc_floor *floor_out);

/* Durable when it returns. IO: see errno. */
QC_MUST_CHECK int qc_floor_write(const char *path,
                                 const struct qc_floor *floor);

#endif
