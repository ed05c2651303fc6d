#include "replica/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "replica/configuration.h"
#include "replica/consensus.h"

enum {
    REFUSED = 1,
    /* A pre-vote can be denied for ever by a node that is itself a candidate
     * (guard 2). */
    PRE_VOTE_PATIENCE = 6, /* In election timeouts. */
    /* How often a leader offers its newest checkpoint again to a follower that
     * has not installed the last: what it fetches may be gone. */
    INSTALL_RESEND_MS = 3000,
};

static int64_t now_ms(const struct qc_core *core)
{
    return core->options->clocks.monotonic_ms(core->options->clocks.ctx);
}

void qc_core_notice(const struct qc_core *core,
                    enum qc_notice level,
                    const char *text)
{
    core->options->notice(core->options->notice_ctx, level, text);
}

int qc_core_set_up(struct qc_core *core)
{
    const struct qc_replica_options *options = core->options;
    struct raft *raft = &core->raft;

    memset(raft, 0, sizeof(*raft));
    if (raft_init(raft, NULL, NULL, options->id, options->address) != 0) {
        return QC_E_NOMEM;
    }
    raft->tracer = NULL; /* It formats a string per event. */
    raft_seed(raft, options->seed);
    raft_set_pre_vote(raft, true);
    raft_set_election_timeout(raft, options->election_timeout_ms);
    raft_set_heartbeat_timeout(raft, options->heartbeat_ms);
    raft_set_max_inflight_entries(raft, QC_CONSENSUS_IN_FLIGHT_MAX);
    raft_set_install_snapshot_timeout(raft, INSTALL_RESEND_MS);
    return 0;
}

int qc_core_init(struct qc_core *core, const struct qc_replica_options *options)
{
    memset(core, 0, sizeof(*core));
    core->options = options;
    core->contact_ms = -1;
    core->suspected_ms = -1;
    core->hurry_until_ms = INT64_MIN / 2;
    core->capacity = QC_CAPACITY_ALL;
    return qc_core_set_up(core);
}

void qc_core_done(struct qc_core *core)
{
    raft_close(&core->raft, NULL);
    qc_snapshot_done(&core->newest);
    qc_snapshot_done(&core->installing);
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
        if (QC_PLANTED_BUG(28)) {
            r = 0;
        }
        core->last_index = update->entries.index + update->entries.n - 1;
        if (core->durable_index >= update->entries.index) {
            core->durable_index = update->entries.index - 1;
        }
    }
    raft_free(update->entries.batch[0].batch);
    free(entries);
    return r;
}

static int send_all(struct qc_core *core, const struct raft_update *update)
{
    for (unsigned i = 0; i < update->messages.n; i++) {
        struct raft_message *message = &update->messages.batch[i];
        int r;

        /* To a leader of an old term libraft says no, and does not fill in the
         * rest: what was on its stack would go out. */
        if (core->answers_outdated &&
            message->type == RAFT_APPEND_ENTRIES_RESULT) {
            message->append_entries_result.last_log_index = 0;
        }
        qc_core_note_told(core, message);
        r = qc_consensus_send(&core->options->network, &core->options->disk,
                              core->newest.message, message);

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
        int begun = qc_core_on_snapshot(core, update);

        r = r != 0 ? r : begun;
    }
    if (r == 0 && (update->flags & RAFT_UPDATE_MESSAGES) != 0) {
        r = send_all(core, update);
    }
    if ((update->flags & RAFT_UPDATE_STATE) != 0 && qc_core_is_leader(core)) {
        memset(core->peers, 0, sizeof(core->peers));
        core->ready_index = core->last_index;
        core->led_since_ms = now_ms(core);
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

static int settle_configuration(struct qc_core *core);

/* Guard 5: whatever libraft answers beyond the known refusals means that it is
 * not to be asked again. */
int qc_core_step(struct qc_core *core, struct raft_event *event)
{
    struct raft_update update;
    char text[RAFT_ERRMSG_BUF_SIZE + 64];
    int rv;
    int r;

    event->time = (raft_time)now_ms(core);
    event->capacity = (unsigned short)core->capacity;
    rv = raft_step(&core->raft, event, &update);
    switch (rv) {
    case 0:
        r = carry_out(core, &update);
        note_contact(core);
        qc_core_calm(core);
        return r != 0 ? r : settle_configuration(core);
    case RAFT_NOTLEADER:
    case RAFT_NOSPACE:
    case RAFT_CANTCHANGE:
        return REFUSED;
    case RAFT_NOMEM:
        return QC_E_NOMEM;
    default:
        (void)snprintf(text, sizeof(text), "libraft answers %d to event %d: %s",
                       rv, (int)event->type, raft_strerror(rv));
        qc_core_notice(core, QC_NOTICE_WARNING, text);
        return QC_E_CONSENSUS;
    }
}

int qc_core_must_step(struct qc_core *core, struct raft_event *event)
{
    int r = qc_core_step(core, event);

    assert(r <= 0);
    return r;
}

/* --- configurations --- */

static int configured(struct qc_core *core)
{
    struct raft_event event = {.type = RAFT_CONFIGURATION};
    int r = qc_configuration_copy(&core->raft.configuration,
                                  &event.configuration.conf);

    if (r != 0) {
        return r;
    }
    event.configuration.index = core->raft.configuration_uncommitted_index;
    core->n_configured++;
    core->was_member =
        core->was_member ||
        qc_configuration_find(&core->raft.configuration, core->raft.id) != NULL;
    return qc_core_must_step(core, &event);
}

/* libraft is told that a configuration is committed as soon as it is, applied
 * or not: after a restart the rows may hold it already, and no entry would be
 * applied that could tell. */
static int settle_configuration(struct qc_core *core)
{
    const struct raft *raft = &core->raft;

    if (raft->configuration_uncommitted_index == 0 ||
        raft->commit_index < raft->configuration_uncommitted_index ||
        qc_core_is_installing(core)) {
        return 0;
    }
    return configured(core);
}

/* One change at a time: when a leader sends the next one, the last one is
 * committed, whether this node has heard of it or not; and a roll-back of the
 * next must lead to the last, not to the one before. That it is the same as the
 * leader's is known when the entry before the next one is. */
static int settle_last_change(struct qc_core *core,
                              const struct raft_append_entries *message)
{
    const struct raft *raft = &core->raft;
    uint64_t before = message->prev_log_index;
    uint64_t term;
    int r;

    if (message->n_entries == 0 || message->entries[0].type != RAFT_CHANGE ||
        raft->configuration_uncommitted_index == 0 ||
        raft->configuration_uncommitted_index > before ||
        before > core->last_index || qc_core_is_installing(core)) {
        return 0;
    }
    r = qc_core_term_at(core, before, &term);
    return r != 0 || term != message->prev_log_term ? r : configured(core);
}

bool qc_core_is_configuring(const struct qc_core *core)
{
    return core->raft.configuration_uncommitted_index != 0;
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
    case RAFT_INSTALL_SNAPSHOT:
        /* Of one that comes while another is being installed, it would neither
         * free the configuration nor do anything. */
        return !qc_core_is_installing(core);
    case RAFT_APPEND_ENTRIES:
    case RAFT_REQUEST_VOTE:
    case RAFT_TIMEOUT_NOW:
        break;
    }
    return true;
}

/* The term of a message that only a leader sends; 0: it is no such message. */
static uint64_t leader_term(const struct raft_message *message)
{
    switch (message->type) {
    case RAFT_APPEND_ENTRIES:
        return message->append_entries.term;
    case RAFT_INSTALL_SNAPSHOT:
        return message->install_snapshot.term;
    case RAFT_REQUEST_VOTE:
    case RAFT_REQUEST_VOTE_RESULT:
    case RAFT_APPEND_ENTRIES_RESULT:
    case RAFT_TIMEOUT_NOW:
        break;
    }
    return 0;
}

/* A peer's place; a server's that is a member no more, when it has none. */
static struct qc_core_peer *place_of(struct qc_core *core, uint64_t id)
{
    struct qc_core_peer *place = NULL;

    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        struct qc_core_peer *peer = &core->peers[i];

        if (peer->id == id) {
            return peer;
        }
        if (place == NULL && qc_configuration_find(&core->raft.configuration,
                                                   peer->id) == NULL) {
            place = peer;
        }
    }
    return place;
}

static void note_result(struct qc_core *core,
                        uint64_t from,
                        const struct raft_append_entries_result *result)
{
    struct qc_core_peer *peer = place_of(core, from);

    if (peer != NULL && qc_core_is_leader(core) &&
        result->term == core->raft.current_term) {
        *peer = (struct qc_core_peer){
            .id = from,
            .heard_ms = now_ms(core),
            .capacity =
                result->features != 0 ? result->capacity : QC_CAPACITY_ALL,
            .told_index = peer->id == from ? peer->told_index : 0,
        };
    }
}

/* Where the log has been cut libraft knows no terms: entries before the cut
 * that come late, or twice, it would append at the log's end, if they are the
 * first of all, and reject else, one by one. They are in the checkpoint, so
 * they are the leader's, too: the message begins after it. */
static void skip_what_is_cut(const struct qc_core *core,
                             struct raft_append_entries *message)
{
    uint64_t index = qc_snapshot_index(&core->newest);
    uint64_t n;

    if (message->prev_log_index >= index ||
        message->prev_log_index >= core->first_index ||
        qc_core_is_installing(core)) {
        return;
    }
    n = index - message->prev_log_index;
    if (message->n_entries > 0 && message->n_entries <= n) {
        raft_free(message->entries[0].batch);
        message->n_entries = 0;
    } else if (message->n_entries > 0) {
        message->entries += n;
        message->n_entries -= (unsigned)n;
    }
    message->prev_log_index = index;
    message->prev_log_term = core->newest.message->term;
}

/* Whether this node knows itself as a standby, and is asked for its vote: it
 * may be a voter by an entry that it has not got yet. libraft denies what Raft
 * wants to be given: the vote of whoever is asked, for only the candidate's log
 * tells who counts. Without it that entry might never be committed, and no
 * leader ever be found. */
static bool is_standby_asked(const struct qc_core *core,
                             const struct raft_message *message)
{
    const struct raft_server *self =
        qc_configuration_find(&core->raft.configuration, core->raft.id);

    return message->type == RAFT_REQUEST_VOTE && self != NULL &&
           self->role == RAFT_STANDBY;
}

static void set_own_role(struct qc_core *core, int role)
{
    struct raft_configuration *members = &core->raft.configuration;

    for (unsigned i = 0; i < members->n; i++) {
        if (members->servers[i].id == core->raft.id) {
            members->servers[i].role = role;
        }
    }
}

static int step_received(struct qc_core *core, struct raft_message *message)
{
    struct raft_event event = {.type = RAFT_RECEIVE};
    bool is_asked = is_standby_asked(core, message);
    int r;

    event.receive.message = message;
    if (is_asked) {
        set_own_role(core, RAFT_VOTER);
    }
    r = qc_core_must_step(core, &event);
    if (is_asked) {
        set_own_role(core, RAFT_STANDBY);
    }
    return r;
}

/* What it holds is libraft's, or freed. */
static int receive(struct qc_core *core, struct raft_message *message)
{
    const struct raft_server *sender;
    int r = 0;

    if (qc_core_is_leader(core) &&
        leader_term(message) == core->raft.current_term) {
        qc_consensus_drop(message);
        qc_core_notice(core, QC_NOTICE_WARNING, "a second leader in one term");
        return QC_E_CONSENSUS;
    }
    if (!is_expected(core, message)) {
        qc_consensus_drop(message);
        return 0;
    }
    if (message->type == RAFT_APPEND_ENTRIES) {
        skip_what_is_cut(core, &message->append_entries);
        r = settle_last_change(core, &message->append_entries);
    }
    if (message->type == RAFT_APPEND_ENTRIES_RESULT) {
        note_result(core, message->server_id, &message->append_entries_result);
    }
    if (r != 0) {
        qc_consensus_drop(message);
        return r;
    }
    sender =
        qc_configuration_find(&core->raft.configuration, message->server_id);
    message->server_address = sender != NULL ? sender->address : "";
    core->answers_outdated = leader_term(message) != 0 &&
                             leader_term(message) < core->raft.current_term;
    r = step_received(core, message);
    core->answers_outdated = false;
    if (r == 0 && message->type == RAFT_REQUEST_VOTE) {
        r = qc_core_outdo(core, &message->request_vote);
    }
    if (r == 0 && message->type == RAFT_REQUEST_VOTE_RESULT) {
        qc_core_denied(core, &message->request_vote_result);
    }
    return r;
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

    if (index > core->durable_index) {
        core->durable_index = index;
    }
    if (index <= core->raft.last_stored || qc_core_is_installing(core)) {
        return 0;
    }
    event.persisted_entries.index = index;
    return qc_core_must_step(core, &event);
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
        qc_core_notice(
            core, QC_NOTICE_INFO,
            patient ? "a leader is known: elections begin with a pre-vote"
                    : "no leader for long: elections begin without pre-vote");
        raft_set_pre_vote(raft, patient);
    }
    if (raft->state == RAFT_CANDIDATE && !patient) {
        raft->candidate_state.in_pre_vote = false;
    }
}

/* The permission to unseat a leader is given for one election: libraft would
 * use it in all that follow, long after the leader has gone on. */
static void end_permission(struct raft *raft)
{
    if (raft->state == RAFT_CANDIDATE && raft->candidate_state.disrupt_leader) {
        raft->candidate_state.disrupt_leader = false;
        raft->candidate_state.in_pre_vote = raft->pre_vote;
    }
}

int qc_core_tick(struct qc_core *core)
{
    struct raft_event event = {.type = RAFT_TIMEOUT};
    int r;

    qc_core_suspect(core);
    if (now_ms(core) < (int64_t)raft_timeout(&core->raft)) {
        return 0;
    }
    end_permission(&core->raft);
    watch_pre_vote(core);
    if (!qc_core_is_voter(core, core->raft.id)) {
        qc_core_forget_leader(core);
    }
    r = qc_core_must_step(core, &event);
    if (r == 0) {
        qc_core_hurry(core);
    }
    return r;
}

int64_t qc_core_timeout_ms(const struct qc_core *core)
{
    int64_t timeout_ms = (int64_t)raft_timeout(&core->raft);
    int64_t suspect_ms = qc_core_suspect_ms(core);

    return suspect_ms < timeout_ms ? suspect_ms : timeout_ms;
}

static int submit(struct qc_core *core,
                  enum raft_entry_type kind,
                  struct qc_bytes entry)
{
    struct raft_entry raft_entry = {
        .term = core->raft.current_term,
        .type = kind,
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
    r = qc_core_step(core, &event);
    if (r == REFUSED) {
        raft_free(raft_entry.batch);
    }
    return r;
}

int qc_core_submit(struct qc_core *core, struct qc_bytes entry)
{
    return submit(core, RAFT_COMMAND, entry);
}

int qc_core_submit_barrier(struct qc_core *core)
{
    static const uint8_t nothing[8]; /* As libraft's own. */

    return submit(core, RAFT_BARRIER,
                  (struct qc_bytes){nothing, sizeof(nothing)});
}

int qc_core_submit_configuration(struct qc_core *core,
                                 const struct qc_server *servers,
                                 unsigned n_servers)
{
    unsigned n_voters_min = qc_core_n_voters(core);
    unsigned n_voters = 0;
    struct raft_buffer buffer;
    int r;

    for (unsigned i = 0; i < n_servers; i++) {
        n_voters += servers[i].voter ? 1 : 0;
    }
    /* Guard 3; what was recovered with fewer may grow. */
    if (n_voters_min > QC_VOTERS_MIN) {
        n_voters_min = QC_VOTERS_MIN;
    }
    if (n_voters < n_voters_min || n_servers > QC_SERVERS_MAX) {
        return REFUSED;
    }
    r = qc_configuration_encode(servers, n_servers, &buffer);
    if (r != 0) {
        return r == QC_E_CONSENSUS ? REFUSED : r;
    }
    r = submit(core, RAFT_CHANGE, (struct qc_bytes){buffer.base, buffer.len});
    raft_free(buffer.base);
    return r;
}

int qc_core_transfer(struct qc_core *core, uint64_t to)
{
    struct raft_event event = {.type = RAFT_TRANSFER};

    if (!qc_core_is_leader(core) || qc_core_is_transferring(core) ||
        to == core->raft.id || !qc_core_is_voter(core, to)) {
        return REFUSED; /* Guard 12. */
    }
    event.transfer.server_id = to;
    return qc_core_step(core, &event);
}

bool qc_core_is_transferring(const struct qc_core *core)
{
    return qc_core_is_leader(core) && core->raft.leader_state.transferee != 0;
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

/* While a checkpoint is being installed libraft counts in a log that is not
 * there. */
uint64_t qc_core_commit_index(const struct qc_core *core)
{
    uint64_t commit_index = core->raft.commit_index;

    if (qc_core_is_installing(core)) {
        return 0;
    }
    if (QC_PLANTED_BUG(3)) {
        return core->last_index;
    }
    return commit_index < core->last_index ? commit_index : core->last_index;
}

uint64_t qc_core_match_index(const struct qc_core *core, uint64_t id)
{
    raft_index index;

    return raft_match_index(&core->raft, id, &index) == 0 ? index : 0;
}

const struct qc_core_peer *qc_core_peer(const struct qc_core *core, uint64_t id)
{
    int64_t since_ms = now_ms(core) - core->options->election_timeout_ms;

    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        const struct qc_core_peer *peer = &core->peers[i];

        if (peer->id == id && peer->heard_ms >= since_ms) {
            return peer;
        }
    }
    return NULL;
}

int64_t qc_core_silence_ms(const struct qc_core *core, uint64_t id)
{
    int64_t since_ms = core->led_since_ms;

    if (!qc_core_is_leader(core) || id == core->raft.id) {
        return -1;
    }
    for (unsigned i = 0; i < QC_SERVERS_MAX; i++) {
        if (core->peers[i].id == id && core->peers[i].heard_ms > since_ms) {
            since_ms = core->peers[i].heard_ms;
        }
    }
    return now_ms(core) - since_ms;
}

static int note_term(void *ctx, const struct qc_log_entry *entry)
{
    uint64_t *term = ctx;

    *term = entry->term;
    return 0;
}

int qc_core_term_at(const struct qc_core *core,
                    uint64_t index,
                    uint64_t *term_out)
{
    const struct qc_disk *disk = &core->options->disk;

    assert(index <= core->last_index);

    if (index == qc_snapshot_index(&core->newest)) {
        *term_out = core->newest.message->term;
        return 0;
    }
    *term_out = 0;
    return index < core->first_index
               ? 0
               : disk->read(disk->ctx, index, 1, SIZE_MAX, note_term, term_out);
}

unsigned qc_core_n_voters(const struct qc_core *core)
{
    unsigned n = 0;

    for (unsigned i = 0; i < core->raft.configuration.n; i++) {
        n += core->raft.configuration.servers[i].role == RAFT_VOTER ? 1 : 0;
    }
    return n;
}

unsigned qc_core_n_others(const struct qc_core *core)
{
    unsigned n = qc_core_n_voters(core) / 2;

    return qc_core_is_voter(core, core->raft.id) ? n : n + 1;
}

bool qc_core_is_voter(const struct qc_core *core, uint64_t id)
{
    const struct raft_server *server =
        qc_configuration_find(&core->raft.configuration, id);

    return server != NULL && server->role == RAFT_VOTER;
}
