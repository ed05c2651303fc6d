#include "replica/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/configuration.h"
#include "replica/consensus.h"

enum {
    REFUSED = 1,
    /* A pre-vote can be denied for ever by a node that is itself a candidate
     * (guard 2). */
    PRE_VOTE_PATIENCE = 6, /* In election timeouts. */
};

static int64_t now_ms(const struct qc_core *core)
{
    return core->options->clocks.monotonic_ms(core->options->clocks.ctx);
}

static void notice(const struct qc_core *core,
                   enum qc_notice level,
                   const char *text)
{
    core->options->notice(core->options->notice_ctx, level, text);
}

int qc_core_init(struct qc_core *core, const struct qc_replica_options *options)
{
    struct raft *raft = &core->raft;

    memset(core, 0, sizeof(*core));
    core->options = options;
    core->contact_ms = -1;
    if (raft_init(raft, NULL, NULL, options->id, options->address) != 0) {
        return QC_E_NOMEM;
    }
    raft->tracer = NULL; /* It formats a string per event. */
    raft_seed(raft, options->seed);
    raft_set_pre_vote(raft, true);
    raft_set_election_timeout(raft, options->election_timeout_ms);
    raft_set_heartbeat_timeout(raft, options->heartbeat_ms);
    raft_set_max_inflight_entries(raft, QC_CONSENSUS_ENTRIES_MAX);
    return 0;
}

void qc_core_done(struct qc_core *core)
{
    raft_close(&core->raft, NULL);
}

/* --- what comes out of a step --- */

/* Queues new entries, and gives libraft's memory of them back. */
static int append(struct qc_core *core, const struct raft_update *update)
{
    const struct qc_disk *disk = &core->options->disk;
    struct qc_log_entry *entries = calloc(update->entries.n, sizeof(*entries));
    int r = QC_E_NOMEM;

    if (entries != NULL) {
        for (unsigned i = 0; i < update->entries.n; i++) {
            const struct raft_entry *entry = &update->entries.batch[i];

            entries[i] = (struct qc_log_entry){
                .index = update->entries.index + i,
                .term = entry->term,
                .kind = (uint8_t)entry->type,
                .data = {entry->buf.base, entry->buf.len},
            };
        }
        r = disk->append(disk->ctx, entries, update->entries.n);
        core->last_index = update->entries.index + update->entries.n - 1;
    }
    raft_free(update->entries.batch[0].batch);
    free(entries);
    return r;
}

static int send_all(struct qc_core *core, const struct raft_update *update)
{
    for (unsigned i = 0; i < update->messages.n; i++) {
        int r = qc_consensus_send(&core->options->network, &core->options->disk,
                                  &update->messages.batch[i]);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

/* In this order: a vote or term is durable before anybody hears of it, and
 * entries are in the log before they are sent from there. */
static int carry_out(struct qc_core *core, const struct raft_update *update)
{
    const struct qc_disk *disk = &core->options->disk;
    int r = 0;

    if ((update->flags & RAFT_UPDATE_CURRENT_TERM) != 0 ||
        (update->flags & RAFT_UPDATE_VOTED_FOR) != 0) {
        r = disk->set_term_and_vote(disk->ctx, core->raft.current_term,
                                    core->raft.voted_for);
    }
    if ((update->flags & RAFT_UPDATE_ENTRIES) != 0) {
        int appended = append(core, update);

        r = r != 0 ? r : appended;
    }
    if ((update->flags & RAFT_UPDATE_SNAPSHOT) != 0) {
        notice(core, QC_NOTICE_WARNING, "a snapshot, which nobody can send");
        r = r != 0 ? r : QC_E_CONSENSUS;
    }
    if (r == 0 && (update->flags & RAFT_UPDATE_MESSAGES) != 0) {
        r = send_all(core, update);
    }
    if ((update->flags & RAFT_UPDATE_STATE) != 0 && qc_core_is_leader(core)) {
        core->ready_index = core->last_index;
    }
    return r;
}

static void note_contact(struct qc_core *core)
{
    int64_t since_ms = (int64_t)core->raft.election_timer_start;

    if (qc_core_leader(core, NULL) == 0) {
        return;
    }
    core->leaderless_since_ms = now_ms(core);
    if (since_ms > core->contact_ms) {
        core->contact_ms = since_ms;
    }
}

/* One step. Guard 5: whatever libraft answers beyond the known refusals means
 * that it is not to be asked again. */
static int step(struct qc_core *core, struct raft_event *event)
{
    struct raft_update update;
    char text[RAFT_ERRMSG_BUF_SIZE + 64];
    int rv;
    int r;

    event->time = (raft_time)now_ms(core);
    rv = raft_step(&core->raft, event, &update);
    switch (rv) {
    case 0:
        r = carry_out(core, &update);
        note_contact(core);
        return r;
    case RAFT_NOTLEADER:
    case RAFT_NOSPACE:
    case RAFT_CANTCHANGE:
        return REFUSED;
    case RAFT_NOMEM:
        return QC_E_NOMEM;
    default:
        (void)snprintf(text, sizeof(text), "libraft answers %d to event %d: %s",
                       rv, (int)event->type, raft_strerror(rv));
        notice(core, QC_NOTICE_WARNING, text);
        return QC_E_CONSENSUS;
    }
}

/* A step whose event cannot be refused. */
static int must_step(struct qc_core *core, struct raft_event *event)
{
    int r = step(core, event);

    assert(r <= 0);
    return r;
}

/* --- start --- */

/* The first entry of a new cluster's log: the same on every member, so it needs
 * no leader (guard 7: only because the caller says so). */
static int begin_log(struct qc_core *core)
{
    const struct qc_replica_options *options = core->options;
    struct qc_log_entry entry = {.index = 1, .term = 1, .kind = RAFT_CHANGE};
    struct raft_buffer buffer;
    int r;

    r = qc_configuration_write(options->initial, options->n_initial, &buffer);
    if (r == QC_E_CONSENSUS) {
        notice(core, QC_NOTICE_WARNING,
               "a cluster begins with 3 voters or more, each with an id and an "
               "address of its own");
    }
    if (r != 0) {
        return r;
    }
    r = options->disk.set_term_and_vote(options->disk.ctx, 1, 0);
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
    unsigned n;
};

static int add_past(void *ctx, const struct qc_log_entry *entry)
{
    struct past *past = ctx;
    struct raft_entry *to = &past->entries[past->n];

    to->term = entry->term;
    to->type = (enum raft_entry_type)entry->kind;
    if (past->n == 0 && entry->kind != RAFT_CHANGE) {
        return QC_E_CORRUPT;
    }
    past->n++;
    if (entry->kind != RAFT_CHANGE) {
        return 0;
    }
    if (!qc_configuration_is_sound(entry->data)) {
        return QC_E_CORRUPT;
    }
    to->batch = raft_malloc(entry->data.size);
    if (to->batch == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(to->batch, entry->data.data, entry->data.size);
    to->buf = (struct raft_buffer){to->batch, entry->data.size};
    return 0;
}

static void past_done(struct past *past)
{
    for (unsigned i = 0; i < past->n; i++) {
        raft_free(past->entries[i].batch);
    }
    raft_free(past->entries);
}

static int read_past(const struct qc_disk *disk,
                     uint64_t last_index,
                     struct past *past)
{
    past->entries = raft_calloc((size_t)last_index, sizeof(*past->entries));
    if (past->entries == NULL) {
        return QC_E_NOMEM;
    }
    while (past->n < last_index) {
        unsigned before = past->n;
        int r = disk->read(disk->ctx, before + 1, last_index - before, SIZE_MAX,
                           add_past, past);

        if (r != 0) {
            return r;
        }
        assert(past->n > before);
    }
    return 0;
}

int qc_core_start(struct qc_core *core, const struct qc_replica_state *state)
{
    struct raft_event event = {.type = RAFT_START};
    bool is_new = state->is_new;
    uint64_t last_index = is_new ? 1 : state->last_index;
    struct past past = {.n = 0};
    int r = 0;

    if (state->first_index > 1 || last_index > UINT32_MAX) {
        notice(core, QC_NOTICE_WARNING,
               "the log does not begin with its first entry");
        return QC_E_CORRUPT;
    }
    if (is_new) {
        r = begin_log(core);
    }
    if (r == 0) {
        r = read_past(&core->options->disk, last_index, &past);
    }
    if (r == 0) {
        event.start.term = is_new ? 1 : state->term;
        event.start.voted_for = is_new ? 0 : state->vote;
        event.start.start_index = 1;
        event.start.entries = past.entries;
        event.start.n_entries = past.n;
        core->last_index = last_index;
        core->leaderless_since_ms = now_ms(core);
        r = must_step(core, &event);
        if (r == QC_E_NOMEM) {
            past = (struct past){.n = 0}; /* libraft has freed it. */
        }
    }
    past_done(&past);
    return r;
}

/* --- events --- */

/* Whether |message| may reach libraft in its present state. */
static bool is_expected(const struct qc_core *core,
                        const struct raft_message *message)
{
    const struct raft *raft = &core->raft;

    switch (message->type) {
    case RAFT_REQUEST_VOTE_RESULT:
        /* It looks into a candidate's state before it asks whether it is one.
         */
        return raft->state == RAFT_CANDIDATE;
    case RAFT_APPEND_ENTRIES_RESULT:
        return qc_configuration_find(&raft->configuration,
                                     message->server_id) != NULL;
    case RAFT_APPEND_ENTRIES:
    case RAFT_REQUEST_VOTE:
    case RAFT_INSTALL_SNAPSHOT:
    case RAFT_TIMEOUT_NOW:
        break;
    }
    return true;
}

static int receive(struct qc_core *core, struct raft_message *message)
{
    struct raft_event event = {.type = RAFT_RECEIVE};
    const struct raft_server *sender =
        qc_configuration_find(&core->raft.configuration, message->server_id);

    if (message->type == RAFT_APPEND_ENTRIES && qc_core_is_leader(core) &&
        message->append_entries.term == core->raft.current_term) {
        if (message->append_entries.n_entries > 0) {
            raft_free(message->append_entries.entries[0].batch);
        }
        notice(core, QC_NOTICE_WARNING, "a second leader in one term");
        return QC_E_CONSENSUS;
    }
    if (!is_expected(core, message)) {
        return 0;
    }
    message->server_address = sender != NULL ? sender->address : "";
    event.receive.message = message;
    return must_step(core, &event);
}

int qc_core_receive(struct qc_core *core,
                    uint64_t from,
                    struct qc_bytes message,
                    bool *good_out)
{
    struct raft_entry *entries;
    struct raft_message raft_message;
    int r = 0;

    switch (qc_consensus_read(message, from, &raft_message, &entries)) {
    case QC_CONSENSUS_READ:
        r = receive(core, &raft_message);
        free(entries);
        *good_out = true;
        break;
    case QC_CONSENSUS_MALFORMED:
        *good_out = false;
        break;
    case QC_CONSENSUS_NOMEM:
        r = QC_E_NOMEM;
        break;
    }
    return r;
}

/* libraft knows already what was cut off again, and what it began with. */
int qc_core_persisted(struct qc_core *core, uint64_t index)
{
    struct raft_event event = {.type = RAFT_PERSISTED_ENTRIES};

    assert(index <= core->last_index);

    if (index <= core->raft.last_stored) {
        return 0;
    }
    event.persisted_entries.index = index;
    return must_step(core, &event);
}

/* Guard 2. The phase is changed only just before a new election begins: votes
 * of the old phase then belong to an election that is over. */
static void watch_pre_vote(struct qc_core *core)
{
    struct raft *raft = &core->raft;
    int64_t patience_ms =
        PRE_VOTE_PATIENCE * (int64_t)core->options->election_timeout_ms;
    bool patient = now_ms(core) - core->leaderless_since_ms < patience_ms;

    if (raft->pre_vote != patient) {
        notice(core, QC_NOTICE_INFO,
               patient
                   ? "a leader is known: elections begin with a pre-vote"
                   : "no leader for long: elections begin without pre-vote");
        raft_set_pre_vote(raft, patient);
    }
    if (raft->state == RAFT_CANDIDATE && !patient) {
        raft->candidate_state.in_pre_vote = false;
    }
}

int qc_core_tick(struct qc_core *core)
{
    struct raft_event event = {.type = RAFT_TIMEOUT};

    if (now_ms(core) < qc_core_timeout_ms(core)) {
        return 0;
    }
    watch_pre_vote(core);
    return must_step(core, &event);
}

int64_t qc_core_timeout_ms(const struct qc_core *core)
{
    return (int64_t)raft_timeout(&core->raft);
}

int qc_core_submit(struct qc_core *core, struct qc_bytes entry)
{
    struct raft_entry raft_entry = {
        .term = core->raft.current_term,
        .type = RAFT_COMMAND,
        .buf = {raft_malloc(entry.size), entry.size},
    };
    struct raft_event event = {.type = RAFT_SUBMIT};
    int r;

    assert(entry.size > 0);

    if (raft_entry.buf.base == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(raft_entry.buf.base, entry.data, entry.size);
    raft_entry.batch = raft_entry.buf.base;
    event.submit.entries = &raft_entry;
    event.submit.n = 1;
    r = step(core, &event);
    if (r == REFUSED) {
        raft_free(raft_entry.batch);
    }
    return r;
}

int qc_core_configured(struct qc_core *core,
                       uint64_t index,
                       const struct raft_buffer *configuration)
{
    struct raft_event event = {.type = RAFT_CONFIGURATION};
    int rv =
        raft_configuration_decode(configuration, &event.configuration.conf);

    if (rv != 0) {
        return rv == RAFT_NOMEM ? QC_E_NOMEM : QC_E_CORRUPT;
    }
    event.configuration.index = index;
    return must_step(core, &event);
}

/* --- how it is --- */

bool qc_core_is_leader(const struct qc_core *core)
{
    return core->raft.state == RAFT_LEADER;
}

bool qc_core_is_ready(const struct qc_core *core)
{
    return qc_core_is_leader(core) &&
           core->raft.commit_index >= core->ready_index;
}

uint64_t qc_core_leader(const struct qc_core *core, const char **address_out)
{
    const struct raft *raft = &core->raft;
    const char *address = NULL;
    uint64_t id = 0;

    if (raft->state == RAFT_LEADER) {
        id = raft->id;
        address = raft->address;
    } else if (raft->state == RAFT_FOLLOWER) {
        id = raft->follower_state.current_leader.id;
        address = raft->follower_state.current_leader.address;
    }
    if (address_out != NULL) {
        *address_out = address != NULL ? address : "";
    }
    return id;
}

uint64_t qc_core_last_index(const struct qc_core *core)
{
    return core->last_index;
}

uint64_t qc_core_commit_index(const struct qc_core *core)
{
    uint64_t commit_index = core->raft.commit_index;

    return commit_index < core->last_index ? commit_index : core->last_index;
}

unsigned qc_core_n_voters(const struct qc_core *core)
{
    unsigned n = 0;

    for (unsigned i = 0; i < core->raft.configuration.n; i++) {
        n += core->raft.configuration.servers[i].role == RAFT_VOTER ? 1 : 0;
    }
    return n;
}

bool qc_core_is_voter(const struct qc_core *core, uint64_t id)
{
    const struct raft_server *server =
        qc_configuration_find(&core->raft.configuration, id);

    return server != NULL && server->role == RAFT_VOTER;
}
