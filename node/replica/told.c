/*
 * Followers told at once what is committed.
 *
 * libraft tells it with the next entries, or with the next heartbeat: where
 * nothing is appended, whoever waits at a follower would wait that long, for a
 * command that was forwarded, a read or an offer. So a leader says it in a
 * message of its own, to each follower that could apply more than it has been
 * told of.
 *
 * It is a heartbeat like any other, of which Raft allows as many as one likes:
 * it begins after the last entry that the follower is known to hold, and brings
 * none. libraft neither knows of it nor counts on it, and one that is lost is
 * made good by the next of libraft's own.
 */
#include "replica/configuration.h"
#include "replica/consensus.h"
#include "replica/core.h"

/* Up to where |id| may apply, as far as is known here. */
static uint64_t applicable_index(const struct qc_core *core, uint64_t id)
{
    uint64_t match_index = qc_core_match_index(core, id);
    uint64_t commit_index = qc_core_commit_index(core);

    return match_index < commit_index ? match_index : commit_index;
}

void qc_core_note_told(struct qc_core *core, const struct raft_message *message)
{
    uint64_t index = applicable_index(core, message->server_id);

    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        struct qc_core_peer *peer = &core->peers[i];

        if (message->type == RAFT_APPEND_ENTRIES &&
            peer->id == message->server_id && peer->told_index < index) {
            peer->told_index = index;
        }
    }
}

static int tell(struct qc_core *core, uint64_t id, uint64_t index)
{
    struct raft_message message = {
        .type = RAFT_APPEND_ENTRIES,
        .server_id = id,
        .append_entries = {.term = core->raft.current_term,
                           .prev_log_index = index,
                           .leader_commit = index},
    };
    uint64_t term;
    int r = qc_core_term_at(core, index, &term);

    if (r != 0 || term == 0) {
        return r; /* It was cut off: that follower needs more than a word. */
    }
    message.append_entries.prev_log_term = term;
    qc_core_note_told(core, &message);
    return qc_consensus_send(&core->options->network, &core->options->disk,
                             NULL, &message);
}

int qc_core_tell_commit(struct qc_core *core)
{
    const struct raft_configuration *members = &core->raft.configuration;
    int r = 0;

    /* What is under way will be told of, and this with it. */
    if (!qc_core_is_leader(core) ||
        qc_core_commit_index(core) < core->last_index) {
        return 0;
    }
    for (unsigned i = 0; r == 0 && i < members->n; i++) {
        uint64_t id = members->servers[i].id;
        const struct qc_core_peer *peer = qc_core_peer(core, id);
        uint64_t index = applicable_index(core, id);

        if (peer != NULL && peer->told_index < index) {
            r = tell(core, id, index);
        }
    }
    return r;
}
