#include <assert.h>
#include <limits.h>

#include "replica/configuration.h"
#include "replica/core.h"

enum {
    REFUSED = 1,
};

/* --- one that comes from the leader --- */

/* libraft has discarded its log and waits. What the message brought is ours. */
int qc_core_on_snapshot(struct qc_core *core, const struct raft_update *update)
{
    const struct raft_buffer *chunk = &update->snapshot.chunk;
    struct raft_configuration configuration =
        update->snapshot.metadata.configuration;
    int r;

    assert(core->installing.message == NULL);

    /* It is made again from the manifest. */
    raft_configuration_close(&configuration);
    r = qc_snapshot_read((struct qc_bytes){chunk->base, chunk->len},
                         &core->installing);
    raft_free(chunk->base);
    return r;
}

bool qc_core_is_installing(const struct qc_core *core)
{
    return core->installing.message != NULL;
}

int qc_core_installed(struct qc_core *core)
{
    struct raft_event event = {.type = RAFT_PERSISTED_SNAPSHOT};
    int r = qc_snapshot_metadata(core->installing.message,
                                 &event.persisted_snapshot.metadata);

    if (r != 0) {
        return r;
    }
    event.persisted_snapshot.last = true;
    core->last_index = core->installing.message->index;
    core->first_index = core->last_index + 1;
    core->durable_index = core->last_index;
    core->n_configured++;
    core->was_member =
        core->was_member ||
        qc_configuration_find(&event.persisted_snapshot.metadata.configuration,
                              core->options->id) != NULL;
    qc_snapshot_move(&core->installing, &core->newest);
    return qc_core_must_step(core, &event);
}

/* libraft knows no way back, but it can be begun again: what it had promised to
 * others, terms and votes and entries, is durable, so this is a crash and a
 * restart, which Raft allows at any time. */
int qc_core_give_up_install(struct qc_core *core)
{
    uint64_t term = core->raft.current_term;
    uint64_t vote = core->raft.voted_for;
    int r;

    assert(qc_core_is_installing(core));

    if (core->durable_index < core->last_index) {
        return REFUSED;
    }
    qc_snapshot_done(&core->installing);
    raft_close(&core->raft, NULL);
    r = qc_core_set_up(core);
    return r != 0 ? r : qc_core_begin(core, term, vote);
}

/* --- one of our own --- */

/* As libraft cuts: up to |trailing| entries before the checkpoint, and nothing
 * when there are no more. */
static uint64_t first_after(const struct qc_core *core,
                            uint64_t index,
                            uint64_t trailing)
{
    return index > trailing && index - trailing >= core->first_index
               ? index - trailing + 1
               : core->first_index;
}

/* Guard 4. Equal to the committed one means also that none was committed since
 * the rows were copied that is not among them. */
static bool is_of_use(const struct qc_core *core,
                      const Qc__Peer__Manifest *manifest)
{
    return !qc_core_is_installing(core) && !qc_core_is_configuring(core) &&
           manifest->index >= qc_snapshot_index(&core->newest) &&
           (manifest->index >= core->first_index ||
            manifest->index == qc_snapshot_index(&core->newest)) &&
           manifest->index <= qc_core_commit_index(core) &&
           manifest->configuration_index ==
               core->raft.configuration_committed_index;
}

/* The manifest with its term, and what libraft is to know of it. */
static int complete(const struct qc_core *core,
                    const Qc__Peer__Manifest *manifest,
                    struct qc_snapshot *snapshot)
{
    Qc__Peer__Manifest with_term = *manifest;
    int r = qc_core_term_at(core, manifest->index, &with_term.term);

    if (r != 0) {
        return r;
    }
    return qc_snapshot_is_sound(&with_term)
               ? qc_snapshot_copy(&with_term, snapshot)
               : QC_E_CORRUPT;
}

int qc_core_compact(struct qc_core *core,
                    const Qc__Peer__Manifest *manifest,
                    uint64_t trailing)
{
    const struct qc_disk *disk = &core->options->disk;
    struct raft_event event = {.type = RAFT_SNAPSHOT};
    struct qc_snapshot snapshot = {.message = NULL};
    bool is_new = manifest->index > qc_snapshot_index(&core->newest);
    int r;

    if (!is_of_use(core, manifest)) {
        return REFUSED;
    }
    assert(manifest->index <= core->durable_index);

    trailing = trailing < UINT_MAX ? trailing : UINT_MAX;
    event.snapshot.trailing = (unsigned)trailing;
    r = complete(core, manifest, &snapshot);
    if (r == 0) {
        core->first_index = is_new
                                ? first_after(core, manifest->index, trailing)
                                : core->first_index;
        r = disk->compact(disk->ctx, snapshot.bytes, core->first_index);
    }
    if (r == 0) {
        qc_snapshot_move(&snapshot, &core->newest);
    }
    if (r == 0 && is_new) {
        r = qc_snapshot_metadata(core->newest.message,
                                 &event.snapshot.metadata);
    }
    if (r == 0 && is_new) {
        r = qc_core_must_step(core, &event);
        assert(r != 0 || core->raft.trail.offset + 1 == core->first_index);
    }
    qc_snapshot_done(&snapshot);
    return r;
}
