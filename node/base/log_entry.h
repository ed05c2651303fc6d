/* An entry of the replicated log, as the replica and its disk pass it on. */
#ifndef QC_BASE_LOG_ENTRY_H
#define QC_BASE_LOG_ENTRY_H

#include <stdint.h>

#include "base/bytes.h"

struct qc_log_entry {
    uint64_t index;
    uint64_t term;
    uint8_t kind;         /* As libraft numbers them: enum raft_entry_type. */
    struct qc_bytes data; /* Borrowed. */
};

#endif
