#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <raft.h>

#include "replica/inside.h"

static void answered(void *ctx,
                     const struct qc_command *command,
                     const struct qc_answer *answer)
{
    struct qc_replica *replica = ctx;

    qc_proposals_answer(&replica->proposals, command, answer,
                        replica->applied_index + 1);
}

/* What is applied now. */
struct work {
    struct qc_replica *replica;
    struct raft_buffer configuration; /* Ours, when the entry is one. */
};

static int apply_entry(void *ctx, const struct qc_log_entry *entry)
{
    struct work *work = ctx;
    struct qc_replica *replica = work->replica;
    const struct qc_applier *applier = &replica->options.applier;

    assert(entry->index == replica->applied_index + 1);

    switch (entry->kind) {
    case RAFT_COMMAND:
        return applier->apply(applier->ctx, entry->index, entry->data, answered,
                              replica);
    case RAFT_BARRIER:
        return 0;
    case RAFT_CHANGE:
        /* libraft is told when the disk has been read: that may lead to
         * writing. */
        work->configuration.base = malloc(entry->data.size);
        if (work->configuration.base == NULL) {
            return QC_E_NOMEM;
        }
        work->configuration.len = entry->data.size;
        memcpy(work->configuration.base, entry->data.data, entry->data.size);
        return 0;
    default:
        return QC_E_CORRUPT;
    }
}

static int apply_next(struct qc_replica *replica)
{
    const struct qc_disk *disk = &replica->options.disk;
    struct work work = {.replica = replica};
    int r = disk->read(disk->ctx, replica->applied_index + 1, 1, SIZE_MAX,
                       apply_entry, &work);

    if (r == 0) {
        replica->applied_index++;
        if (work.configuration.base != NULL) {
            r = qc_core_configured(&replica->core, replica->applied_index,
                                   &work.configuration);
        }
    }
    free(work.configuration.base);
    return r;
}

int qc_replica_apply(struct qc_replica *replica)
{
    int64_t until_ms = qc_replica_now_ms(replica) + QC_APPLY_MS;

    while (qc_replica_busy(replica)) {
        int r = apply_next(replica);

        if (r != 0) {
            return r;
        }
        if (qc_replica_now_ms(replica) >= until_ms) {
            break;
        }
    }
    qc_reads_applied(&replica->reads, replica->applied_index);
    return 0;
}
