/* What was applied, told again from the log. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <raft.h>

#include "replica/inside.h"

enum {
    HISTORY_SIZE = 1024 * 1024, /* Read at a time, about. */
};

struct telling {
    qc_told_fn told;
    void *ctx;
};

static int tell(void *ctx, const struct qc_log_entry *entry)
{
    const struct telling *telling = ctx;
    struct qc_bytes commands = {NULL, 0};

    if (entry->kind == RAFT_COMMAND) {
        commands = entry->data;
    }
    return telling->told(telling->ctx, entry->index, commands);
}

uint64_t qc_replica_history_first(const struct qc_replica *replica)
{
    return qc_core_is_installing(&replica->core) ? UINT64_MAX
                                                 : replica->core.first_index;
}

uint64_t qc_replica_history_last(const struct qc_replica *replica)
{
    return replica->applied_index;
}

int qc_replica_history(struct qc_replica *replica,
                       uint64_t first,
                       size_t n,
                       qc_told_fn told,
                       void *ctx)
{
    const struct qc_disk *disk = &replica->options.disk;
    struct telling telling = {told, ctx};
    uint64_t left;

    assert(first >= qc_replica_history_first(replica));

    if (first > replica->applied_index) {
        return 0;
    }
    left = replica->applied_index - first + 1;
    return disk->read(disk->ctx, first, n < left ? n : (size_t)left,
                      HISTORY_SIZE, tell, &telling);
}
