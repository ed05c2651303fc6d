#include <assert.h>

#include <raft.h>

#include "replica/configuration.h"
#include "replica/inside.h"

static void answered(void *ctx,
                     const struct qc_command *command,
                     const struct qc_answer *answer)
{
    struct qc_replica *replica = ctx;

    qc_replica_note_comparison(replica, command, replica->applied_index + 1);
    qc_proposals_answer(&replica->proposals, command, answer,
                        replica->applied_index + 1);
}

/* libraft has no const in what it only reads. */
static struct raft_buffer as_buffer(struct qc_bytes bytes)
{
    union {
        const uint8_t *lent;
        void *base;
    } pointer = {.lent = bytes.data};

    return (struct raft_buffer){pointer.base, bytes.size};
}

/* The members are now those of a configuration entry. */
static int configure(const struct qc_replica *replica,
                     const struct qc_log_entry *entry)
{
    const struct qc_applier *applier = &replica->options.applier;
    const struct raft_buffer buffer = as_buffer(entry->data);
    struct qc_server servers[QC_SERVERS_MAX];
    struct raft_configuration configuration;
    int r;

    if (!qc_configuration_is_sound(entry->data)) {
        return QC_E_CORRUPT;
    }
    if (raft_configuration_decode(&buffer, &configuration) != 0) {
        return QC_E_NOMEM;
    }
    r = applier->configure(applier->ctx, entry->index, servers,
                           qc_configuration_servers(&configuration, servers));
    raft_configuration_close(&configuration);
    return r;
}

static int apply_entry(void *ctx, const struct qc_log_entry *entry)
{
    struct qc_replica *replica = ctx;
    const struct qc_applier *applier = &replica->options.applier;

    assert(entry->index == replica->applied_index + 1);

    replica->checkpoints.size += entry->data.size;
    switch (entry->kind) {
    case RAFT_COMMAND:
        return applier->apply(applier->ctx, entry->index, entry->data, answered,
                              replica);
    case RAFT_BARRIER:
        return 0;
    case RAFT_CHANGE:
        return configure(replica, entry);
    default:
        return QC_E_CORRUPT;
    }
}

static int apply_next(struct qc_replica *replica)
{
    const struct qc_disk *disk = &replica->options.disk;
    int r = disk->read(disk->ctx, replica->applied_index + 1, 1, SIZE_MAX,
                       apply_entry, replica);

    if (r == 0) {
        replica->applied_index++;
        r = qc_replica_judge(replica);
    }
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
