/*
 * The log's newest entries in memory, encoded as they are on disk, bounded in
 * bytes. What is queued and not yet durable is always among them: it cannot be
 * had anywhere else.
 */
#ifndef QC_STORAGE_RECENT_H
#define QC_STORAGE_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log_entry.h"

struct qc_recent_entry {
    uint64_t append; /* The number of the append that brought it. */
    size_t size;
    uint8_t row[]; /* See log_row.h. */
};

/* Entry |index| is in slots[index % capacity], so nothing ever moves. */
struct qc_recent {
    struct qc_recent_entry **slots;
    size_t capacity; /* A power of 2, or 0. */
    size_t n;
    uint64_t first; /* Index of the oldest; of use when n > 0. */
    size_t size;    /* Of all rows together, in bytes. */
};

/* Begins as all zeros. */
void qc_recent_done(struct qc_recent *recent);

/* Adds an entry, which must follow the newest. Copies it. 0 or NOMEM. */
QC_MUST_CHECK int qc_recent_add(struct qc_recent *recent,
                                const struct qc_log_entry *entry,
                                uint64_t append);

/* NULL when it is not, or no longer, here. Borrowed until the next change. */
const struct qc_recent_entry *qc_recent_get(const struct qc_recent *recent,
                                            uint64_t index);

/* Drops |index| and all above it. */
void qc_recent_cut(struct qc_recent *recent, uint64_t index);

/* Drops the oldest until no more than |size_max| bytes are left, but none
 * above |durable|. */
void qc_recent_trim(struct qc_recent *recent,
                    size_t size_max,
                    uint64_t durable);

#endif
