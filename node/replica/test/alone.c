#include "replica/test/alone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replica/configuration.h"
#include "replica/consensus.h"
#include "replica/wire.h"

enum {
    COMMAND = RAFT_COMMAND,
    ARENA_SIZE = 4 * 1024 * 1024,
    MESSAGE_SIZE_MAX = 512 * 1024,
};

static const struct qc_server SERVERS[QC_ALONE_SERVERS] = {
    {1, "one", true},  {2, "two", true},  {3, "three", true},
    {4, "four", true}, {5, "five", true},
};

static void heard_exchange(struct qc_alone *f,
                           uint64_t to,
                           struct qc_bytes bytes)
{
    const Qc__Peer__ExchangeRequest *request =
        (const Qc__Peer__ExchangeRequest *)qc_wire_read(
            &qc__peer__exchange_request__descriptor, bytes, &f->arena);

    assert_non_null(request);
    if (request->message_case ==
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM) {
        f->question = *request->confirm_term;
        f->n_questions++;
    } else if (request->message_case ==
               QC__PEER__EXCHANGE_REQUEST__MESSAGE_DROPPED) {
        f->dropped = *request->dropped;
    } else if (request->message_case ==
               QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART) {
        f->part = *request->fetch_part;
        f->part_asked_of = to;
        f->n_parts++;
    } else if (request->message_case ==
               QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART_RESULT) {
        f->part_result = *request->fetch_part_result;
        f->n_part_results++;
    }
}

void qc_alone_heard(void *ctx,
                    uint64_t to,
                    enum qc_channel channel,
                    struct qc_bytes bytes)
{
    struct qc_alone *f = ctx;
    const Qc__Peer__ConsensusRequest *request;

    if (channel == QC_CHANNEL_EXCHANGE) {
        heard_exchange(f, to, bytes);
        return;
    }
    request = (const Qc__Peer__ConsensusRequest *)qc_wire_read(
        &qc__peer__consensus_request__descriptor, bytes, &f->arena);
    assert_non_null(request);
    if (request->message_case ==
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES_RESULT) {
        f->result = *request->append_entries_result;
        f->n_results++;
    } else if (request->message_case ==
               QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE) {
        f->vote = *request->request_vote;
        f->n_votes++;
    } else if (request->message_case ==
               QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES) {
        f->entries = *request->append_entries;
    } else if (request->message_case ==
               QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE_RESULT) {
        f->vote_result = *request->request_vote_result;
        f->n_vote_results++;
        f->at_vote_result = qc_mem_disk_state(f->disk);
    }
}

static int64_t now_ms(void *ctx)
{
    const struct qc_alone *f = ctx;

    return f->now_ms;
}

static void entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    const struct qc_alone *f = ctx;

    memset(bytes, f->dice, QC_ENTROPY_SIZE);
}

static void notice(void *ctx, enum qc_notice level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static void removed(void *ctx, uint64_t index)
{
    struct qc_alone *f = ctx;

    f->removed_at = index;
}

static struct qc_alone *alone_new(void)
{
    struct qc_alone *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    qc_arena_init(&f->arena, ARENA_SIZE);
    f->ledger.timer_ms = INT64_MAX;
    qc_fake_machine_init(&f->machine, &f->ledger);
    f->disk = qc_mem_disk_new();
    f->checkpoints = qc_mem_checkpoints_new(&f->machine, f->disk);
    f->options = (struct qc_replica_options){
        .id = 1,
        .address = "one",
        .initial = SERVERS,
        .n_initial = QC_ALONE_SERVERS,
        .election_timeout_ms = QC_ALONE_ELECTION_MS,
        .heartbeat_ms = 50,
        .network = {f, qc_alone_heard},
        .clocks = {f, now_ms, now_ms, entropy},
        .notice = notice,
        .applier = qc_fake_machine_as_applier(&f->machine),
        .disk = qc_mem_disk_as_disk(f->disk),
        .checkpoints = qc_mem_checkpoints_as_checkpoints(f->checkpoints),
        .removed = removed,
        .removed_ctx = f,
    };
    return f;
}

static int start(struct qc_alone *f, const struct qc_replica_state *state)
{
    f->replica = qc_replica_new(&f->options);
    assert_non_null(f->replica);
    return qc_replica_start(f->replica, state);
}

int qc_alone_setup(void **state)
{
    const struct qc_replica_state nothing = {.is_new = true};
    struct qc_alone *f = alone_new();

    assert_int_equal(start(f, &nothing), 0);
    assert_int_equal(qc_mem_disk_sync(f->disk), 1);
    *state = f;
    return 0;
}

int qc_alone_teardown(void **state)
{
    struct qc_alone *f = *state;

    qc_replica_free(f->replica);
    qc_mem_checkpoints_free(f->checkpoints);
    qc_mem_disk_free(f->disk);
    qc_arena_done(&f->arena);
    free(f);
    return 0;
}

int qc_alone_restart(struct qc_alone *f)
{
    struct qc_replica_state state;

    qc_replica_free(f->replica);
    qc_mem_disk_crash(f->disk);
    qc_mem_checkpoints_crash(f->checkpoints, 0);
    state = qc_mem_disk_state(f->disk);
    state.is_new = false;
    return start(f, &state);
}

int qc_alone_start_with(struct qc_alone *f,
                        uint64_t term,
                        const struct qc_log_entry *entries,
                        size_t n)
{
    struct qc_disk disk;

    qc_replica_free(f->replica);
    qc_mem_disk_free(f->disk);
    qc_mem_checkpoints_free(f->checkpoints);
    f->disk = qc_mem_disk_new();
    f->checkpoints = qc_mem_checkpoints_new(&f->machine, f->disk);
    f->options.disk = qc_mem_disk_as_disk(f->disk);
    f->options.checkpoints = qc_mem_checkpoints_as_checkpoints(f->checkpoints);
    f->replica = NULL;
    disk = f->options.disk;
    assert_int_equal(disk.set_term_and_vote(disk.ctx, term, 0), 0);
    if (n > 0) {
        assert_int_equal(disk.append(disk.ctx, entries, n), 0);
        assert_int_equal(qc_mem_disk_sync(f->disk), n);
    }
    return qc_alone_restart(f);
}

/* --- the peers --- */

int qc_alone_say(struct qc_alone *f,
                 uint64_t from,
                 const Qc__Peer__ConsensusRequest *request,
                 bool *good_out)
{
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    size_t size = qc__peer__consensus_request__get_packed_size(request);

    assert_true(size <= sizeof(bytes));
    qc__peer__consensus_request__pack(request, bytes);
    return qc_replica_receive(f->replica, from, QC_CHANNEL_CONSENSUS,
                              (struct qc_bytes){bytes, size}, good_out);
}

int qc_alone_append(struct qc_alone *f,
                    struct qc_alone_leader leader,
                    uint64_t index,
                    uint64_t index_term,
                    size_t n,
                    uint64_t entry_term)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__AppendEntries message = QC__PEER__APPEND_ENTRIES__INIT;
    Qc__Peer__Entry entry = QC__PEER__ENTRY__INIT;
    Qc__Peer__Entry *entries[8] = {&entry, &entry, &entry, &entry,
                                   &entry, &entry, &entry, &entry};
    uint8_t text[] = "x";
    bool good = false;
    int r;

    entry.term = entry_term;
    entry.kind = COMMAND;
    entry.data = (ProtobufCBinaryData){1, text};
    message.term = leader.term;
    message.prev_log_index = index;
    message.prev_log_term = index_term;
    message.leader_commit = 1;
    message.n_entries = n;
    message.entries = entries;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES;
    request.append_entries = &message;
    r = qc_alone_say(f, leader.id, &request, &good);
    assert_true(r != 0 || good);
    return r;
}

int qc_alone_append_one(struct qc_alone *f,
                        struct qc_alone_leader leader,
                        uint64_t index_term,
                        const struct qc_log_entry *entry,
                        uint64_t commit_index)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__AppendEntries message = QC__PEER__APPEND_ENTRIES__INIT;
    Qc__Peer__Entry sent = QC__PEER__ENTRY__INIT;
    Qc__Peer__Entry *entries[] = {&sent};
    union {
        const uint8_t *lent;
        uint8_t *data;
    } pointer = {.lent = entry->data.data};
    bool good = false;
    int r;

    sent.term = entry->term;
    sent.kind = entry->kind;
    sent.data = (ProtobufCBinaryData){entry->data.size, pointer.data};
    message.term = leader.term;
    message.prev_log_index = entry->index - 1;
    message.prev_log_term = index_term;
    message.leader_commit = commit_index;
    message.n_entries = 1;
    message.entries = entries;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES;
    request.append_entries = &message;
    r = qc_alone_say(f, leader.id, &request, &good);
    assert_true(r != 0 || good);
    return r;
}

int qc_alone_heartbeat(struct qc_alone *f,
                       struct qc_alone_leader leader,
                       uint64_t index,
                       uint64_t index_term,
                       uint64_t commit_index)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__AppendEntries message = QC__PEER__APPEND_ENTRIES__INIT;
    bool good = false;
    int r;

    message.term = leader.term;
    message.prev_log_index = index;
    message.prev_log_term = index_term;
    message.leader_commit = commit_index;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES;
    request.append_entries = &message;
    r = qc_alone_say(f, leader.id, &request, &good);
    assert_true(r != 0 || good);
    return r;
}

struct qc_bytes qc_alone_configuration(struct qc_alone *f,
                                       const struct qc_server *servers,
                                       unsigned n)
{
    struct raft_buffer buffer;
    uint8_t *bytes;

    assert_int_equal(qc_configuration_encode(servers, n, &buffer), 0);
    bytes = qc_arena_alloc(&f->arena, buffer.len);
    assert_non_null(bytes);
    memcpy(bytes, buffer.base, buffer.len);
    raft_free(buffer.base);
    return (struct qc_bytes){bytes, buffer.len};
}

int qc_alone_offer(struct qc_alone *f,
                   struct qc_alone_leader leader,
                   const Qc__Peer__Manifest *manifest,
                   bool *good_out)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__InstallSnapshot message = QC__PEER__INSTALL_SNAPSHOT__INIT;
    Qc__Peer__Manifest copy = *manifest;

    message.term = leader.term;
    message.manifest = &copy;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_INSTALL_SNAPSHOT;
    request.install_snapshot = &message;
    return qc_alone_say(f, leader.id, &request, good_out);
}

void qc_alone_sync(struct qc_alone *f)
{
    while (qc_mem_disk_n_queued(f->disk) > 0) {
        uint64_t index = qc_mem_disk_sync(f->disk);

        if (index > 0) {
            assert_int_equal(qc_replica_persisted(f->replica, index), 0);
        }
    }
}

void qc_alone_grant(struct qc_alone *f,
                    uint64_t from,
                    uint64_t term,
                    bool pre_vote)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__RequestVoteResult message = QC__PEER__REQUEST_VOTE_RESULT__INIT;
    bool good = false;

    message.term = term;
    message.vote_granted = 1;
    message.pre_vote = pre_vote;
    message.version = 2;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE_RESULT;
    request.request_vote_result = &message;
    assert_int_equal(qc_alone_say(f, from, &request, &good), 0);
    assert_true(good);
}

void qc_alone_acknowledge(struct qc_alone *f, uint64_t from, uint64_t index)
{
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__AppendEntriesResult message =
        QC__PEER__APPEND_ENTRIES_RESULT__INIT;
    struct qc_replica_status status;
    bool good = false;

    qc_replica_status(f->replica, &status);
    message.term = status.term;
    message.last_log_index = index;
    message.version = 2;
    request.message_case =
        QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES_RESULT;
    request.append_entries_result = &message;
    assert_int_equal(qc_alone_say(f, from, &request, &good), 0);
    assert_true(good);
}

struct qc_replica_status qc_alone_status(const struct qc_alone *f)
{
    struct qc_replica_status status;

    qc_replica_status(f->replica, &status);
    return status;
}

void qc_alone_turn(struct qc_alone *f)
{
    assert_int_equal(qc_replica_turn(f->replica), 0);
    assert_int_equal(qc_replica_tell(f->replica), 0);
}

void qc_alone_win(struct qc_alone *f)
{
    struct qc_replica_status status;
    uint64_t term;

    f->now_ms += 2 * QC_ALONE_ELECTION_MS + 1;
    f->n_votes = 0;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(f->n_votes > 0);
    assert_true(f->vote.pre_vote);
    term = f->vote.term;
    qc_alone_grant(f, 2, term, true);
    qc_alone_grant(f, 3, term, true);
    assert_false(f->vote.pre_vote);
    qc_alone_grant(f, 2, term, false);
    qc_alone_grant(f, 3, term, false);
    qc_replica_status(f->replica, &status);
    assert_int_equal(status.leader_id, 1);
    assert_int_equal(status.term, term);
}

void qc_alone_read_ended(void *ctx, bool confirmed)
{
    struct qc_alone *f = ctx;

    f->n_reads_confirmed += confirmed ? 1 : 0;
}

int qc_alone_say_exchange(struct qc_alone *f,
                          uint64_t from,
                          const Qc__Peer__ExchangeRequest *request,
                          bool *good_out)
{
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    size_t size = qc__peer__exchange_request__get_packed_size(request);

    assert_true(size <= sizeof(bytes));
    qc__peer__exchange_request__pack(request, bytes);
    return qc_replica_receive(f->replica, from, QC_CHANNEL_EXCHANGE,
                              (struct qc_bytes){bytes, size}, good_out);
}

void qc_alone_confirm(struct qc_alone *f, uint64_t from, uint64_t term)
{
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__ConfirmTermResult message = QC__PEER__CONFIRM_TERM_RESULT__INIT;

    bool good = false;

    message.number = f->question.number;
    message.term = term;
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM_RESULT;
    request.confirm_term_result = &message;
    assert_int_equal(qc_alone_say_exchange(f, from, &request, &good), 0);
    assert_true(good);
    assert_int_equal(qc_replica_turn(f->replica), 0);
}
