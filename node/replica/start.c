#include <assert.h>
#include <string.h>

#include "replica/configuration.h"
#include "replica/core.h"

/* The first entry of a new cluster's log: the same on every member, so it needs
 * no leader (guard 7: only because the caller says so). It may have been lost
 * in a power cut after this node had voted: its vote counts all the same. */
static int begin_log(struct qc_core *core, const struct qc_replica_state *state)
{
    const struct qc_replica_options *options = core->options;
    struct qc_log_entry entry = {.index = 1, .term = 1, .kind = RAFT_CHANGE};
    struct raft_buffer buffer;
    int r;

    r = qc_configuration_write(options->initial, options->n_initial, &buffer);
    if (r == QC_E_CONSENSUS) {
        qc_core_notice(
            core, QC_NOTICE_WARNING,
            "a cluster begins with 3 voters or more, each with an id and an "
            "address of its own");
    }
    if (r != 0) {
        return r;
    }
    if (state->term == 0) {
        r = options->disk.set_term_and_vote(options->disk.ctx, 1, 0);
    }
    if (r == 0) {
        entry.data = (struct qc_bytes){buffer.base, buffer.len};
        r = options->disk.append(options->disk.ctx, &entry, 1);
    }
    raft_free(buffer.base);
    return r;
}

/* The log as START wants it: of most entries, the term alone. */
struct past {
    struct raft_entry *entries;
    size_t n;
    size_t n_max;
    uint64_t first_index;
    uint64_t id;                      /* Of this node. */
    struct raft_buffer configuration; /* The last one, borrowed. */
    bool is_member;                   /* In that one, */
    bool was_member;                  /* or in one before it. */
};

static bool is_in(struct raft_buffer buffer, uint64_t id, int *r_out)
{
    struct raft_configuration configuration;
    bool found = false;

    *r_out = raft_configuration_decode(&buffer, &configuration) == 0
                 ? 0
                 : QC_E_NOMEM;
    if (*r_out == 0) {
        found = qc_configuration_find(&configuration, id) != NULL;
        raft_configuration_close(&configuration);
    }
    return found;
}

static int add_change(struct past *past,
                      struct raft_entry *to,
                      struct qc_bytes data)
{
    int r;

    if (!qc_configuration_is_sound(data)) {
        return QC_E_CORRUPT;
    }
    to->batch = raft_malloc(data.size);
    if (to->batch == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(to->batch, data.data, data.size);
    to->buf = (struct raft_buffer){to->batch, data.size};
    /* The last one may not be committed: all before it are. */
    past->was_member = past->was_member || past->is_member;
    past->configuration = to->buf;
    past->is_member = is_in(to->buf, past->id, &r);
    return r;
}

static int add_past(void *ctx, const struct qc_log_entry *entry)
{
    struct past *past = ctx;
    struct raft_entry *to = &past->entries[past->n];

    assert(past->n < past->n_max);

    to->term = entry->term;
    to->type = (enum raft_entry_type)entry->kind;
    if (entry->index != past->first_index + past->n ||
        (entry->index == 1 && entry->kind != RAFT_CHANGE)) {
        return QC_E_CORRUPT;
    }
    past->n++;
    return entry->kind == RAFT_CHANGE ? add_change(past, to, entry->data) : 0;
}

static void past_done(struct past *past)
{
    for (size_t i = 0; i < past->n; i++) {
        raft_free(past->entries[i].batch);
    }
    raft_free(past->entries);
}

static int read_past(const struct qc_disk *disk, struct past *past)
{
    if (past->n_max == 0) {
        return 0;
    }
    past->entries = raft_calloc(past->n_max, sizeof(*past->entries));
    if (past->entries == NULL) {
        return QC_E_NOMEM;
    }
    while (past->n < past->n_max) {
        size_t before = past->n;
        int r = disk->read(disk->ctx, past->first_index + before,
                           past->n_max - before, SIZE_MAX, add_past, past);

        if (r != 0) {
            return r;
        }
        assert(past->n > before);
    }
    return 0;
}

/* Whether this node is the one voter there is. Its START is its election, for
 * which libraft takes no new term: in the old one, after a crash that lost what
 * was not durable, it would write another entry of the same index and term. */
static bool is_sole_voter(const struct past *past,
                          const struct raft_configuration *before)
{
    struct raft_configuration decoded;
    const struct raft_configuration *last = before;
    unsigned n_voters = 0;
    const struct raft_server *self;
    bool is_sole;

    raft_configuration_init(&decoded);
    if (past->configuration.len > 0) {
        if (raft_configuration_decode(&past->configuration, &decoded) != 0) {
            return false;
        }
        last = &decoded;
    }
    for (unsigned i = 0; i < last->n; i++) {
        n_voters += last->servers[i].role == RAFT_VOTER ? 1 : 0;
    }
    self = qc_configuration_find(last, past->id);
    is_sole = n_voters == 1 && self != NULL && self->role == RAFT_VOTER;
    raft_configuration_close(&decoded);
    return is_sole;
}

/* The last checkpoint, which START takes, and the term to start in. */
static int before_start(struct qc_core *core,
                        const struct past *past,
                        struct raft_snapshot_metadata *metadata,
                        struct raft_event *event)
{
    const struct qc_disk *disk = &core->options->disk;
    int r = 0;

    raft_configuration_init(&metadata->configuration);
    if (core->newest.message != NULL) {
        r = qc_snapshot_metadata(core->newest.message, metadata);
    }
    if (r == 0 && is_sole_voter(past, &metadata->configuration)) {
        event->start.term++;
        event->start.voted_for = 0;
        r = disk->set_term_and_vote(disk->ctx, event->start.term, 0);
        if (r != 0) {
            raft_configuration_close(&metadata->configuration);
        }
    }
    return r;
}

static int step_start(struct qc_core *core,
                      uint64_t term,
                      uint64_t vote,
                      struct past *past)
{
    struct raft_snapshot_metadata metadata = {.index = 0};
    struct raft_event event = {.type = RAFT_START};
    int r;

    event.start.term = term;
    event.start.voted_for = vote;
    r = before_start(core, past, &metadata, &event);
    if (r != 0) {
        return r;
    }
    event.start.metadata = metadata.index != 0 ? &metadata : NULL;
    event.start.start_index = core->first_index;
    event.start.entries = past->entries;
    event.start.n_entries = (unsigned)past->n;
    r = qc_core_must_step(core, &event);
    if (r == QC_E_NOMEM) {
        past->entries = NULL; /* libraft has freed it. */
        past->n = 0;
    }
    core->was_member =
        core->was_member || past->was_member ||
        qc_configuration_find(&core->raft.configuration_committed,
                              core->options->id) != NULL;
    return r;
}

int qc_core_begin(struct qc_core *core, uint64_t term, uint64_t vote)
{
    struct past past = {
        .first_index = core->first_index,
        .n_max = (size_t)(core->last_index + 1 - core->first_index),
        .id = core->options->id,
    };
    int r;

    if (core->first_index > qc_snapshot_index(&core->newest) + 1 ||
        core->last_index < qc_snapshot_index(&core->newest) ||
        past.n_max > UINT32_MAX) {
        qc_core_notice(core, QC_NOTICE_WARNING,
                       "the log does not join its checkpoint");
        return QC_E_CORRUPT;
    }
    core->leaderless_since_ms =
        core->options->clocks.monotonic_ms(core->options->clocks.ctx);
    r = read_past(&core->options->disk, &past);
    if (r == 0) {
        r = step_start(core, term, vote, &past);
    }
    past_done(&past);
    return r;
}

int qc_core_start(struct qc_core *core, const struct qc_replica_state *state)
{
    int r = 0;

    if (state->is_new) {
        r = begin_log(core, state);
        core->first_index = 1;
        core->last_index = 1;
    } else {
        core->first_index = state->first_index;
        core->last_index = state->last_index;
    }
    if (r == 0 && state->manifest != NULL) {
        if (!qc_snapshot_is_sound(state->manifest)) {
            return QC_E_CORRUPT;
        }
        r = qc_snapshot_copy(state->manifest, &core->newest);
    }
    if (core->first_index == 0) {
        core->last_index = qc_snapshot_index(&core->newest);
        core->first_index = core->last_index + 1;
    }
    core->durable_index = state->is_new ? 0 : core->last_index;
    if (r == 0) {
        r = qc_core_begin(core, state->term > 0 ? state->term : 1, state->vote);
    }
    if (r == 0) {
        qc_core_hurry_at_start(core);
    }
    return r;
}
