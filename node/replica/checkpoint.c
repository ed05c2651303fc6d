#include <assert.h>

#include "base/planted.h"
#include "replica/inside.h"

/* --- which are kept --- */

/* A peer that has read so long ago has gone, or has finished. */
static bool is_reading(const struct qc_replica *replica,
                       const struct qc_reader *reader)
{
    return reader->index != 0 &&
           qc_replica_now_ms(replica) - reader->at_ms < QC_READER_MS;
}

void qc_replica_note_reader(struct qc_replica *replica,
                            uint64_t peer,
                            uint64_t index)
{
    struct qc_reader *readers = replica->checkpoints.readers;
    struct qc_reader *place = &readers[0];

    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        if (readers[i].peer == peer) {
            place = &readers[i];
            break;
        }
        if (!is_reading(replica, &readers[i])) {
            place = &readers[i];
        }
    }
    *place = (struct qc_reader){
        .peer = peer,
        .index = index,
        .at_ms = qc_replica_now_ms(replica),
    };
}

void qc_replica_note_backup(struct qc_replica *replica, uint64_t index)
{
    qc_replica_note_reader(replica, 0, index); /* No peer has this id. */
}

/* The log before it is gone, so another must take its place. */
void qc_replica_note_missing(struct qc_replica *replica, uint64_t index)
{
    struct qc_replica_checkpoints *ours = &replica->checkpoints;

    if (index == ours->newest && index != 0 && !ours->is_lost) {
        ours->is_lost = true;
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "this node's newest checkpoint is missing or "
                          "damaged: another one is taken");
    }
}

static int keep(struct qc_replica *replica)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    const struct qc_replica_checkpoints *ours = &replica->checkpoints;
    uint64_t indexes[2 + QC_SERVERS_MAX];
    size_t n = 0;

    if (!ours->is_lost) {
        indexes[n++] = ours->newest;
    }
    if (ours->last_but_one != 0) {
        indexes[n++] = ours->last_but_one;
    }
    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        const struct qc_reader *reader = &ours->readers[i];

        if (is_reading(replica, reader) &&
            !(ours->is_lost && reader->index == ours->newest)) {
            indexes[n++] = reader->index;
        }
    }
    return checkpoints->keep(checkpoints->ctx, indexes, n);
}

int qc_replica_begin_with_checkpoint(struct qc_replica *replica, uint64_t index)
{
    replica->checkpoints.newest = index;
    replica->checkpoints.last_but_one = 0;
    replica->checkpoints.is_lost = false;
    replica->checkpoints.size = 0;
    return index != 0 ? keep(replica) : 0;
}

/* So much that whoever reads a checkpoint finds the log after it, and the last
 * entry in it, too: without its term libraft would send another checkpoint. */
static uint64_t trailing(const struct qc_replica *replica, uint64_t index)
{
    uint64_t n = replica->options.trailing_entries;

    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        const struct qc_reader *reader = &replica->checkpoints.readers[i];

        if (is_reading(replica, reader) && reader->index < index &&
            index - reader->index >= n) {
            n = index - reader->index + 1;
        }
    }
    return n;
}

/* --- taking one --- */

/* Whether members have changed since the last one: a roll-back or a new node
 * shall not depend on configurations that are long past (guard 4). */
static bool have_members_changed(const struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    uint64_t index = core->raft.configuration_committed_index;
    uint64_t known = core->newest.message != NULL
                         ? core->newest.message->configuration_index
                         : 1;

    return index > known && replica->applied_index >= index;
}

static bool is_much(const struct qc_replica *replica)
{
    const struct qc_replica_options *options = &replica->options;
    uint64_t n = replica->applied_index - replica->checkpoints.newest;

    return (options->checkpoint_entries != 0 &&
            n >= options->checkpoint_entries) ||
           (options->checkpoint_size != 0 &&
            replica->checkpoints.size >= options->checkpoint_size);
}

static bool may_take(const struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    const struct qc_replica_checkpoints *ours = &replica->checkpoints;

    return !ours->is_taking && ours->taken.message == NULL &&
           !qc_core_is_installing(core) && !qc_core_is_configuring(core) &&
           (replica->applied_index > ours->newest || ours->is_lost) &&
           replica->applied_index <= qc_core_commit_index(core) &&
           qc_replica_now_ms(replica) >= ours->retry_ms;
}

static int take(struct qc_replica *replica)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    const struct qc_applier *applier = &replica->options.applier;
    struct qc_replica_checkpoints *ours = &replica->checkpoints;
    int r;

    if (!may_take(replica) ||
        !(ours->is_wanted || ours->is_lost || is_much(replica) ||
          have_members_changed(replica))) {
        return 0;
    }
    /* Entries that change no row are not in there. */
    if (applier->applied(applier->ctx) <= ours->newest && !ours->is_lost) {
        ours->is_wanted = false;
        ours->retry_ms = qc_replica_now_ms(replica) + QC_CHECKPOINT_RETRY_MS;
        return 0;
    }
    ours->is_taking = true;
    ours->is_wanted = false;
    /* What is left of a damaged one must not be taken for the next. */
    r = ours->is_lost ? keep(replica) : 0;
    return r != 0 ? r : checkpoints->take(checkpoints->ctx);
}

/* Cuts the log, once it is durable as far as the checkpoint goes. */
static int use_taken(struct qc_replica *replica)
{
    struct qc_replica_checkpoints *ours = &replica->checkpoints;
    uint64_t index = qc_snapshot_index(&ours->taken);
    int r;

    if (index == 0 || (index > replica->core.durable_index &&
                       !qc_core_is_installing(&replica->core))) {
        return 0;
    }
    r = qc_core_compact(&replica->core, ours->taken.message,
                        trailing(replica, index));
    qc_snapshot_done(&ours->taken);
    if (r > 0) {
        qc_replica_notice(replica, QC_NOTICE_DEBUG,
                          "a checkpoint was overtaken, and is dropped");
        ours->retry_ms = qc_replica_now_ms(replica) + QC_CHECKPOINT_RETRY_MS;
        return 0;
    }
    if (r == 0) {
        ours->last_but_one =
            index > ours->newest ? ours->newest : ours->last_but_one;
        ours->newest = index;
        ours->is_lost = false;
        ours->size = 0;
        r = keep(replica);
    }
    return r;
}

int qc_replica_checkpoint(struct qc_replica *replica)
{
    int r = use_taken(replica);

    return r != 0 ? r : take(replica);
}

int64_t qc_replica_checkpoint_ms(const struct qc_replica *replica)
{
    const struct qc_replica_checkpoints *ours = &replica->checkpoints;

    return ours->retry_ms > qc_replica_now_ms(replica) ? ours->retry_ms
                                                       : INT64_MAX;
}

int qc_replica_checkpoint_taken(struct qc_replica *replica,
                                const Qc__Peer__Manifest *manifest)
{
    struct qc_replica_checkpoints *ours = &replica->checkpoints;

    assert(ours->is_taking);

    ours->is_taking = false;
    if (manifest == NULL) {
        ours->retry_ms = qc_replica_now_ms(replica) + QC_CHECKPOINT_RETRY_MS;
        return 0;
    }
    return qc_snapshot_copy(manifest, &ours->taken);
}

int qc_replica_take_checkpoint(struct qc_replica *replica)
{
    replica->checkpoints.is_wanted = true;
    return qc_replica_checkpoint(replica);
}
