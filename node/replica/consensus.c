#include "replica/consensus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/configuration.h"
#include "replica/snapshot.h"
#include "replica/wire.h"

/* --- from libraft --- */

/* The entries of one message, as they are read from the disk. */
struct payload {
    struct qc_arena arena;
    Qc__Peer__Entry **entries;
    size_t n;
    size_t n_max;
    bool full;
};

static int add_entry(void *ctx, const struct qc_log_entry *entry)
{
    struct payload *payload = ctx;
    Qc__Peer__Entry *copy;
    uint8_t *data;

    if (payload->full || (entry->kind == RAFT_CHANGE && payload->n > 0)) {
        payload->full = true;
        return 0;
    }
    copy = qc_arena_alloc(&payload->arena, sizeof(*copy));
    data = qc_arena_alloc(&payload->arena, entry->data.size);
    if (copy == NULL || data == NULL) {
        return QC_E_NOMEM;
    }
    qc__peer__entry__init(copy);
    copy->term = entry->term;
    copy->kind = entry->kind;
    if (entry->data.size > 0) {
        memcpy(data, entry->data.data, entry->data.size);
    }
    copy->data = (ProtobufCBinaryData){entry->data.size, data};
    assert(payload->n < payload->n_max);
    payload->entries[payload->n++] = copy;
    return 0;
}

/* Reads the entries from |first| on. */
static int read_payload(const struct qc_disk *disk,
                        uint64_t first,
                        struct payload *payload)
{
    payload->entries = qc_arena_alloc(
        &payload->arena, payload->n_max * sizeof(Qc__Peer__Entry *));
    if (payload->entries == NULL) {
        return QC_E_NOMEM;
    }
    return disk->read(disk->ctx, first, payload->n_max,
                      QC_WIRE_ENTRIES_SIZE_MAX, add_entry, payload);
}

static int send_append_entries(const struct qc_network *network,
                               const struct qc_disk *disk,
                               const struct raft_message *message)
{
    const struct raft_append_entries *from = &message->append_entries;
    Qc__Peer__AppendEntries to = QC__PEER__APPEND_ENTRIES__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    struct payload payload = {.n_max = from->n_entries};
    int r = 0;

    qc_arena_init(&payload.arena, QC_WIRE_ARENA_SIZE);
    if (payload.n_max > QC_CONSENSUS_IN_FLIGHT_MAX) {
        payload.n_max = QC_CONSENSUS_IN_FLIGHT_MAX;
    }
    if (payload.n_max > 0) {
        r = read_payload(disk, from->prev_log_index + 1, &payload);
    }
    if (r == 0) {
        to.term = from->term;
        to.prev_log_index = from->prev_log_index;
        to.prev_log_term = from->prev_log_term;
        to.leader_commit = from->leader_commit;
        to.n_entries = payload.n;
        to.entries = payload.entries;
        to.version = from->version;
        request.message_case =
            QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES;
        request.append_entries = &to;
        r = qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                         &request.base);
    }
    qc_arena_done(&payload.arena);
    return r;
}

static int send_append_entries_result(const struct qc_network *network,
                                      const struct raft_message *message)
{
    const struct raft_append_entries_result *from =
        &message->append_entries_result;
    Qc__Peer__AppendEntriesResult to = QC__PEER__APPEND_ENTRIES_RESULT__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;

    to.term = from->term;
    to.rejected = from->rejected;
    to.last_log_index = from->last_log_index;
    to.features = from->features;
    to.capacity = from->capacity;
    to.version = from->version;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES_RESULT;
    request.append_entries_result = &to;
    return qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                        &request.base);
}

static int send_request_vote(const struct qc_network *network,
                             const struct raft_message *message)
{
    const struct raft_request_vote *from = &message->request_vote;
    Qc__Peer__RequestVote to = QC__PEER__REQUEST_VOTE__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;

    to.term = from->term;
    to.candidate_id = from->candidate_id;
    to.last_log_index = from->last_log_index;
    to.last_log_term = from->last_log_term;
    to.disrupt_leader = from->disrupt_leader;
    to.pre_vote = from->pre_vote;
    to.version = from->version;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE;
    request.request_vote = &to;
    return qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                        &request.base);
}

static int send_request_vote_result(const struct qc_network *network,
                                    const struct raft_message *message)
{
    const struct raft_request_vote_result *from = &message->request_vote_result;
    Qc__Peer__RequestVoteResult to = QC__PEER__REQUEST_VOTE_RESULT__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;

    to.term = from->term;
    to.vote_granted = from->vote_granted;
    to.pre_vote = from->pre_vote;
    to.features = from->features;
    to.capacity = from->capacity;
    to.version = from->version;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE_RESULT;
    request.request_vote_result = &to;
    return qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                        &request.base);
}

static int send_timeout_now(const struct qc_network *network,
                            const struct raft_message *message)
{
    const struct raft_timeout_now *from = &message->timeout_now;
    Qc__Peer__TimeoutNow to = QC__PEER__TIMEOUT_NOW__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;

    to.term = from->term;
    to.last_log_index = from->last_log_index;
    to.last_log_term = from->last_log_term;
    to.version = from->version;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_TIMEOUT_NOW;
    request.timeout_now = &to;
    return qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                        &request.base);
}

/* libraft fills in the index alone; the rest is in the manifest. */
static int send_install_snapshot(const struct qc_network *network,
                                 const Qc__Peer__Manifest *newest,
                                 const struct raft_message *message)
{
    const struct raft_install_snapshot *from = &message->install_snapshot;
    Qc__Peer__InstallSnapshot to = QC__PEER__INSTALL_SNAPSHOT__INIT;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__Manifest manifest;

    if (newest == NULL || newest->index != from->last_index ||
        newest->term != from->last_term) {
        return QC_E_CONSENSUS;
    }
    manifest = *newest;
    to.term = from->term;
    to.manifest = &manifest;
    to.version = from->version;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_INSTALL_SNAPSHOT;
    request.install_snapshot = &to;
    return qc_wire_send(network, message->server_id, QC_CHANNEL_CONSENSUS,
                        &request.base);
}

int qc_consensus_send(const struct qc_network *network,
                      const struct qc_disk *disk,
                      const Qc__Peer__Manifest *newest,
                      const struct raft_message *message)
{
    switch (message->type) {
    case RAFT_APPEND_ENTRIES:
        return send_append_entries(network, disk, message);
    case RAFT_APPEND_ENTRIES_RESULT:
        return send_append_entries_result(network, message);
    case RAFT_REQUEST_VOTE:
        return send_request_vote(network, message);
    case RAFT_REQUEST_VOTE_RESULT:
        return send_request_vote_result(network, message);
    case RAFT_TIMEOUT_NOW:
        return send_timeout_now(network, message);
    case RAFT_INSTALL_SNAPSHOT:
        return send_install_snapshot(network, newest, message);
    }
    return QC_E_CONSENSUS;
}

/* --- to libraft --- */

/* An index or term beyond this would overflow somewhere in libraft. */
static bool is_plausible(uint64_t number)
{
    return number < UINT64_MAX / 4;
}

static bool is_entry_sound(const Qc__Peer__Entry *entry, uint64_t term_max)
{
    if (entry->term == 0 || entry->term > term_max) {
        return false;
    }
    switch (entry->kind) {
    case RAFT_COMMAND:
    case RAFT_BARRIER:
        return true;
    case RAFT_CHANGE:
        return qc_configuration_is_sound(
            (struct qc_bytes){entry->data.data, entry->data.len});
    default:
        return false;
    }
}

static bool is_append_entries_sound(const Qc__Peer__AppendEntries *from)
{
    if (from->term == 0 || !is_plausible(from->term) ||
        !is_plausible(from->prev_log_index) ||
        !is_plausible(from->leader_commit) ||
        from->prev_log_term > from->term ||
        (from->prev_log_index == 0) != (from->prev_log_term == 0) ||
        from->n_entries > QC_CONSENSUS_ENTRIES_MAX ||
        from->version > UINT8_MAX) {
        return false;
    }
    for (size_t i = 0; i < from->n_entries; i++) {
        if (!is_entry_sound(from->entries[i], from->term) ||
            (from->entries[i]->kind == RAFT_CHANGE && i > 0)) {
            return false;
        }
    }
    return true;
}

/* Copies the entries into one batch. */
static enum qc_consensus_answer read_entries(
    const Qc__Peer__AppendEntries *from,
    struct raft_append_entries *to,
    struct raft_entry **entries_out)
{
    size_t size = 1; /* Never 0: the batch is what libraft frees. */
    struct raft_entry *entries;
    uint8_t *batch;

    for (size_t i = 0; i < from->n_entries; i++) {
        size += from->entries[i]->data.len;
    }
    entries = calloc(from->n_entries, sizeof(*entries));
    batch = raft_malloc(size);
    if (entries == NULL || batch == NULL) {
        free(entries);
        raft_free(batch);
        return QC_CONSENSUS_NOMEM;
    }
    for (size_t i = 0, at = 0; i < from->n_entries; i++) {
        const Qc__Peer__Entry *entry = from->entries[i];

        entries[i].term = entry->term;
        entries[i].type = (enum raft_entry_type)entry->kind;
        entries[i].buf =
            (struct raft_buffer){.base = batch + at, .len = entry->data.len};
        entries[i].batch = batch;
        if (entry->data.len > 0) {
            memcpy(batch + at, entry->data.data, entry->data.len);
        }
        at += entry->data.len;
    }
    to->entries = entries;
    to->n_entries = (unsigned)from->n_entries;
    *entries_out = entries;
    return QC_CONSENSUS_READ;
}

static enum qc_consensus_answer read_append_entries(
    const Qc__Peer__AppendEntries *from,
    struct raft_message *message,
    struct raft_entry **entries_out)
{
    struct raft_append_entries *to = &message->append_entries;

    if (!is_append_entries_sound(from)) {
        return QC_CONSENSUS_MALFORMED;
    }
    message->type = RAFT_APPEND_ENTRIES;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->prev_log_index = from->prev_log_index;
    to->prev_log_term = from->prev_log_term;
    to->leader_commit = from->leader_commit;
    if (from->n_entries == 0) {
        return QC_CONSENSUS_READ;
    }
    return read_entries(from, to, entries_out);
}

static enum qc_consensus_answer read_append_entries_result(
    const Qc__Peer__AppendEntriesResult *from,
    struct raft_message *message)
{
    struct raft_append_entries_result *to = &message->append_entries_result;

    if (!is_plausible(from->term) || !is_plausible(from->rejected) ||
        !is_plausible(from->last_log_index) || from->version > UINT8_MAX ||
        from->features > UINT16_MAX || from->capacity > UINT16_MAX) {
        return QC_CONSENSUS_MALFORMED;
    }
    message->type = RAFT_APPEND_ENTRIES_RESULT;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->rejected = from->rejected;
    to->last_log_index = from->last_log_index;
    to->features = (unsigned short)from->features;
    to->capacity = (unsigned short)from->capacity;
    return QC_CONSENSUS_READ;
}

static enum qc_consensus_answer read_request_vote(
    const Qc__Peer__RequestVote *from,
    struct raft_message *message)
{
    struct raft_request_vote *to = &message->request_vote;

    if (from->term == 0 || !is_plausible(from->term) ||
        from->candidate_id != message->server_id ||
        !is_plausible(from->last_log_index) ||
        !is_plausible(from->last_log_term) || from->version > UINT8_MAX) {
        return QC_CONSENSUS_MALFORMED;
    }
    message->type = RAFT_REQUEST_VOTE;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->candidate_id = from->candidate_id;
    to->last_log_index = from->last_log_index;
    to->last_log_term = from->last_log_term;
    to->disrupt_leader = from->disrupt_leader != 0;
    to->pre_vote = from->pre_vote != 0;
    return QC_CONSENSUS_READ;
}

static enum qc_consensus_answer read_request_vote_result(
    const Qc__Peer__RequestVoteResult *from,
    struct raft_message *message)
{
    struct raft_request_vote_result *to = &message->request_vote_result;

    if (!is_plausible(from->term) || from->version > UINT8_MAX ||
        from->features > UINT16_MAX || from->capacity > UINT16_MAX) {
        return QC_CONSENSUS_MALFORMED;
    }
    message->type = RAFT_REQUEST_VOTE_RESULT;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->vote_granted = from->vote_granted != 0;
    to->pre_vote = from->pre_vote != 0;
    to->features = (unsigned short)from->features;
    to->capacity = (unsigned short)from->capacity;
    return QC_CONSENSUS_READ;
}

static enum qc_consensus_answer read_timeout_now(
    const Qc__Peer__TimeoutNow *from,
    struct raft_message *message)
{
    struct raft_timeout_now *to = &message->timeout_now;

    if (!is_plausible(from->term) || !is_plausible(from->last_log_index) ||
        !is_plausible(from->last_log_term) || from->version > UINT8_MAX) {
        return QC_CONSENSUS_MALFORMED;
    }
    message->type = RAFT_TIMEOUT_NOW;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->last_log_index = from->last_log_index;
    to->last_log_term = from->last_log_term;
    return QC_CONSENSUS_READ;
}

static enum qc_consensus_answer read_install_snapshot(
    const Qc__Peer__InstallSnapshot *from,
    struct raft_message *message)
{
    struct raft_install_snapshot *to = &message->install_snapshot;
    struct raft_snapshot_metadata metadata;
    size_t size;

    if (!is_plausible(from->term) || from->version > UINT8_MAX ||
        from->manifest == NULL || !qc_snapshot_is_sound(from->manifest) ||
        from->manifest->term > from->term) {
        return QC_CONSENSUS_MALFORMED;
    }
    size = qc__peer__manifest__get_packed_size(from->manifest);
    to->data = (struct raft_buffer){raft_malloc(size), size};
    if (to->data.base == NULL ||
        qc_snapshot_metadata(from->manifest, &metadata) != 0) {
        raft_free(to->data.base);
        return QC_CONSENSUS_NOMEM;
    }
    (void)qc__peer__manifest__pack(from->manifest, to->data.base);
    message->type = RAFT_INSTALL_SNAPSHOT;
    to->version = (unsigned char)from->version;
    to->term = from->term;
    to->last_index = metadata.index;
    to->last_term = metadata.term;
    to->conf_index = metadata.configuration_index;
    to->conf = metadata.configuration;
    return QC_CONSENSUS_READ;
}

void qc_consensus_drop(const struct raft_message *message)
{
    if (message->type == RAFT_APPEND_ENTRIES &&
        message->append_entries.n_entries > 0) {
        raft_free(message->append_entries.entries[0].batch);
    } else if (message->type == RAFT_INSTALL_SNAPSHOT) {
        struct raft_configuration configuration =
            message->install_snapshot.conf;

        raft_configuration_close(&configuration);
        raft_free(message->install_snapshot.data.base);
    }
}

static enum qc_consensus_answer read_request(
    const Qc__Peer__ConsensusRequest *request,
    struct raft_message *message,
    struct raft_entry **entries_out)
{
    switch (request->message_case) {
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES:
        return read_append_entries(request->append_entries, message,
                                   entries_out);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES_RESULT:
        return read_append_entries_result(request->append_entries_result,
                                          message);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE:
        return read_request_vote(request->request_vote, message);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE_RESULT:
        return read_request_vote_result(request->request_vote_result, message);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_TIMEOUT_NOW:
        return read_timeout_now(request->timeout_now, message);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_INSTALL_SNAPSHOT:
        return read_install_snapshot(request->install_snapshot, message);
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE_HELLO: /* Only before us. */
    case QC__PEER__CONSENSUS_REQUEST__MESSAGE__NOT_SET:
    case _QC__PEER__CONSENSUS_REQUEST__MESSAGE__CASE_IS_INT_SIZE:
        break;
    }
    return QC_CONSENSUS_MALFORMED;
}

enum qc_consensus_answer qc_consensus_read(struct qc_bytes bytes,
                                           uint64_t from,
                                           struct raft_message *message_out,
                                           struct raft_entry **entries_out)
{
    enum qc_consensus_answer answer = QC_CONSENSUS_MALFORMED;
    const Qc__Peer__ConsensusRequest *request;
    struct qc_arena arena;

    qc_arena_init(&arena, QC_WIRE_ARENA_SIZE);
    request = (const Qc__Peer__ConsensusRequest *)qc_wire_read(
        &qc__peer__consensus_request__descriptor, bytes, &arena);
    if (request != NULL) {
        *message_out = (struct raft_message){.server_id = from};
        *entries_out = NULL;
        answer = read_request(request, message_out, entries_out);
    }
    qc_arena_done(&arena);
    return answer;
}
