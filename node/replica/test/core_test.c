/*
 * One replica whose peers are played by hand: what it says to messages that
 * came in an order which chance seldom finds. Each scenario has lost
 * acknowledged writes in some implementation of Raft.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/consensus.h"
#include "replica/replica.h"
#include "replica/test/disk.h"
#include "replica/test/fake_machine.h"
#include "replica/wire.h"

enum {
    N_SERVERS = 5,
    ELECTION_MS = 500,
    COMMAND = RAFT_COMMAND,
    CHANGE = RAFT_CHANGE,
    ARENA_SIZE = 1024 * 1024,
};

static const struct qc_server SERVERS[N_SERVERS] = {
    {1, "one", true},  {2, "two", true},  {3, "three", true},
    {4, "four", true}, {5, "five", true},
};

/* Node 1, and the last thing that it said of each kind, with how often. */
struct fixture {
    struct qc_mem_disk *disk;
    struct qc_ledger ledger;
    struct qc_fake_machine machine;
    struct qc_replica *replica;
    int64_t now_ms;
    struct qc_arena arena;
    Qc__Peer__AppendEntriesResult result;
    unsigned n_results;
    Qc__Peer__RequestVote vote;
    unsigned n_votes;
    Qc__Peer__RequestVoteResult vote_result;
    unsigned n_vote_results;
    Qc__Peer__AppendEntries entries;
    struct qc_replica_state at_vote_result; /* What was durable then. */
    Qc__Peer__ConfirmTerm question;
    unsigned n_questions;
    Qc__Peer__Dropped dropped;
    unsigned n_reads_confirmed;
};

static void heard_exchange(struct fixture *f, struct qc_bytes bytes)
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
    }
}

static void heard(void *ctx,
                  uint64_t to,
                  enum qc_channel channel,
                  struct qc_bytes bytes)
{
    struct fixture *f = ctx;
    const Qc__Peer__ConsensusRequest *request;

    (void)to;
    if (channel == QC_CHANNEL_EXCHANGE) {
        heard_exchange(f, bytes);
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
    } else {
        f->vote_result = *request->request_vote_result;
        f->n_vote_results++;
        f->at_vote_result = qc_mem_disk_state(f->disk);
    }
}

static int64_t now_ms(void *ctx)
{
    const struct fixture *f = ctx;

    return f->now_ms;
}

static void entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    (void)ctx;
    memset(bytes, 0, QC_ENTROPY_SIZE);
}

static void notice(void *ctx, enum qc_notice level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static int setup(void **state)
{
    const struct qc_replica_state nothing = {.is_new = true};
    struct fixture *f = calloc(1, sizeof(*f));
    struct qc_replica_options options = {
        .id = 1,
        .address = "one",
        .initial = SERVERS,
        .n_initial = N_SERVERS,
        .election_timeout_ms = ELECTION_MS,
        .heartbeat_ms = 50,
        .network = {f, heard},
        .clocks = {f, now_ms, now_ms, entropy},
        .notice = notice,
    };

    assert_non_null(f);
    qc_arena_init(&f->arena, ARENA_SIZE);
    f->ledger.timer_ms = INT64_MAX;
    qc_fake_machine_init(&f->machine, &f->ledger);
    options.applier = qc_fake_machine_as_applier(&f->machine);
    f->disk = qc_mem_disk_new();
    options.disk = qc_mem_disk_as_disk(f->disk);
    f->replica = qc_replica_new(&options);
    assert_int_equal(qc_replica_start(f->replica, &nothing), 0);
    assert_int_equal(qc_mem_disk_sync(f->disk), 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_replica_free(f->replica);
    qc_mem_disk_free(f->disk);
    qc_arena_done(&f->arena);
    free(f);
    return 0;
}

/* --- the peers --- */

static int say(struct fixture *f,
               uint64_t from,
               const Qc__Peer__ConsensusRequest *request,
               bool *good_out)
{
    uint8_t bytes[1024];
    size_t size = qc__peer__consensus_request__get_packed_size(request);

    assert_true(size <= sizeof(bytes));
    qc__peer__consensus_request__pack(request, bytes);
    return qc_replica_receive(f->replica, from, QC_CHANNEL_CONSENSUS,
                              (struct qc_bytes){bytes, size}, good_out);
}

struct leader {
    uint64_t id;
    uint64_t term;
};

/* The leader sends |n| entries of |entry_term| after (index, index_term). */
static int append(struct fixture *f,
                  struct leader leader,
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
    r = say(f, leader.id, &request, &good);
    assert_true(r != 0 || good);
    return r;
}

static void sync_disk(struct fixture *f)
{
    assert_int_equal(
        qc_replica_persisted(f->replica, qc_mem_disk_sync(f->disk)), 0);
}

static void grant(struct fixture *f,
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
    assert_int_equal(say(f, from, &request, &good), 0);
    assert_true(good);
}

static void acknowledge(struct fixture *f, uint64_t from, uint64_t index)
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
    assert_int_equal(say(f, from, &request, &good), 0);
    assert_true(good);
}

static uint64_t commit_index(const struct fixture *f)
{
    struct qc_replica_status status;

    qc_replica_status(f->replica, &status);
    return status.commit_index;
}

/* Time passes until node 1 asks for votes; then two give theirs. */
static void win(struct fixture *f)
{
    struct qc_replica_status status;
    uint64_t term;

    f->now_ms += 2 * ELECTION_MS + 1;
    f->n_votes = 0;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(f->n_votes > 0);
    assert_true(f->vote.pre_vote);
    term = f->vote.term;
    grant(f, 2, term, true);
    grant(f, 3, term, true);
    assert_false(f->vote.pre_vote);
    grant(f, 2, term, false);
    grant(f, 3, term, false);
    qc_replica_status(f->replica, &status);
    assert_int_equal(status.leader_id, 1);
    assert_int_equal(status.term, term);
}

static void read_ended(void *ctx, bool confirmed)
{
    struct fixture *f = ctx;

    f->n_reads_confirmed += confirmed ? 1 : 0;
}

static int say_exchange(struct fixture *f,
                        uint64_t from,
                        const Qc__Peer__ExchangeRequest *request)
{
    uint8_t bytes[1024];
    size_t size = qc__peer__exchange_request__get_packed_size(request);
    bool good = false;
    int r;

    assert_true(size <= sizeof(bytes));
    qc__peer__exchange_request__pack(request, bytes);
    r = qc_replica_receive(f->replica, from, QC_CHANNEL_EXCHANGE,
                           (struct qc_bytes){bytes, size}, &good);
    assert_true(good);
    return r;
}

/* A voter answers the last question. */
static void confirm(struct fixture *f, uint64_t from, uint64_t term)
{
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__ConfirmTermResult message = QC__PEER__CONFIRM_TERM_RESULT__INIT;

    message.number = f->question.number;
    message.term = term;
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM_RESULT;
    request.confirm_term_result = &message;
    assert_int_equal(say_exchange(f, from, &request), 0);
    assert_int_equal(qc_replica_turn(f->replica), 0);
}

/* --- scenarios --- */

static const struct leader SECOND = {2, 2};
static const struct leader THIRD = {3, 3};

static void nothing_is_acknowledged_before_it_is_durable(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(append(f, SECOND, 1, 1, 2, 2), 0);
    assert_int_equal(f->n_results, 0);
    sync_disk(f);

    assert_int_equal(f->n_results, 1);
    assert_int_equal(f->result.rejected, 0);
    assert_int_equal(f->result.last_log_index, 3);
}

/* The entries of the second leader lie in the log when the third, which knows
 * nothing of them, sends a heartbeat. */
static void only_what_this_leader_has_verified_is_acknowledged(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(append(f, SECOND, 1, 1, 2, 2), 0);
    sync_disk(f);
    assert_int_equal(append(f, THIRD, 1, 1, 0, 3), 0);

    assert_int_equal(f->result.term, 3);
    assert_int_equal(f->result.rejected, 0);
    assert_int_equal(f->result.last_log_index, 1);
}

static void what_replaces_a_durable_entry_is_not_yet_durable(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(append(f, SECOND, 1, 1, 3, 2), 0);
    sync_disk(f);
    f->n_results = 0;
    assert_int_equal(append(f, THIRD, 1, 1, 2, 3), 0);
    assert_int_equal(f->n_results, 0);
    sync_disk(f);

    assert_int_equal(f->result.last_log_index, 3);
    assert_int_equal(qc_mem_disk_state(f->disk).last_index, 3);
}

/* Raft's Figure 8: an entry of an older term, though it lies on a majority, may
 * still be replaced, and is committed only with one of the leader's own term.
 */
static void an_entry_of_an_older_term_is_not_committed_by_counting(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(append(f, SECOND, 1, 1, 1, 2), 0);
    sync_disk(f);
    win(f);
    sync_disk(f); /* Its own entry, 3. */
    for (uint64_t peer = 2; peer <= N_SERVERS; peer++) {
        acknowledge(f, peer, 2);
    }
    assert_int_equal(commit_index(f), 1);

    acknowledge(f, 2, 3);
    assert_int_equal(commit_index(f), 1);
    acknowledge(f, 3, 3);
    assert_int_equal(commit_index(f), 3);
}

static void a_vote_is_durable_before_anybody_hears_of_it(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__RequestVote message = QC__PEER__REQUEST_VOTE__INIT;
    bool good = false;

    message.term = 7;
    message.candidate_id = 4;
    message.last_log_index = 1;
    message.last_log_term = 1;
    message.version = 2;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_REQUEST_VOTE;
    request.request_vote = &message;
    assert_int_equal(say(f, 4, &request, &good), 0);

    assert_true(good);
    assert_int_equal(f->n_vote_results, 1);
    assert_true(f->vote_result.vote_granted);
    assert_int_equal(f->at_vote_result.term, 7);
    assert_int_equal(f->at_vote_result.vote, 4);
}

static void two_leaders_in_one_term_stop_the_node(void **state)
{
    struct fixture *f = *state;
    struct leader second = {.id = 2};
    struct qc_replica_status status;

    win(f);
    qc_replica_status(f->replica, &status);
    second.term = status.term;

    assert_int_equal(append(f, second, 1, 1, 1, status.term), QC_E_CONSENSUS);
}

static void a_conflict_with_what_is_committed_stops_the_node(void **state)
{
    struct fixture *f = *state;
    const struct leader leader = {2, 5};

    assert_int_equal(append(f, leader, 0, 0, 1, 5), QC_E_CONSENSUS);
}

static void a_read_is_confirmed_by_a_majority_that_knows_no_later_term(
    void **state)
{
    struct fixture *f = *state;
    uint64_t term;

    win(f);
    assert_non_null(qc_replica_read(f->replica, f->now_ms + 1, read_ended, f));
    assert_int_equal(qc_replica_turn(f->replica), 0);
    assert_int_equal(f->n_questions, N_SERVERS - 1);
    term = f->question.term;
    confirm(f, 2, term + 1);
    confirm(f, 3, term + 1);
    confirm(f, 4, term);
    confirm(f, 4, term);
    confirm(f, 9, term); /* No voter. */
    assert_int_equal(f->n_reads_confirmed, 0);

    confirm(f, 5, term);
    assert_int_equal(f->n_reads_confirmed, 1);
}

static void a_vote_that_comes_late_moves_no_leader(void **state)
{
    struct fixture *f = *state;
    struct qc_replica_status status;

    win(f);
    qc_replica_status(f->replica, &status);
    grant(f, 4, status.term + 1, true);
    grant(f, 5, status.term + 1, false);

    qc_replica_status(f->replica, &status);
    assert_int_equal(status.leader_id, 1);
}

static void who_does_not_lead_turns_away_what_is_forwarded(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Forward message = QC__PEER__FORWARD__INIT;
    Qc__Peer__ForwardedCommand command = QC__PEER__FORWARDED_COMMAND__INIT;
    Qc__Peer__ForwardedCommand *commands[] = {&command};
    uint8_t digest[QC_DIGEST_SIZE] = {1};

    command.request_id = "77";
    command.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    command.remaining_ms = 1000;
    message.n_commands = 1;
    message.commands = commands;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD;
    request.forward = &message;
    assert_int_equal(say_exchange(f, 2, &request), 0);

    assert_int_equal(f->dropped.n_commands, 1);
    assert_string_equal(f->dropped.commands[0]->request_id, "77");
    assert_false(f->dropped.commands[0]->expired);
}

/* libraft takes no report of a write as a candidate, so it must not become one
 * while a write is under way. */
static void leadership_is_not_taken_while_a_write_is_under_way(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__TimeoutNow message = QC__PEER__TIMEOUT_NOW__INIT;
    bool good = false;

    assert_int_equal(append(f, SECOND, 1, 1, 2, 2), 0);
    message.term = 2;
    message.last_log_index = 3;
    message.last_log_term = 2;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_TIMEOUT_NOW;
    request.timeout_now = &message;
    assert_int_equal(say(f, 2, &request, &good), 0);
    f->now_ms += 2 * ELECTION_MS + 1;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(good);
    assert_int_equal(f->n_votes, 0);

    sync_disk(f);
    assert_int_equal(f->result.last_log_index, 3);
    f->now_ms += 2 * ELECTION_MS + 1;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(f->n_votes > 0);
}

/* Guard 1: libraft takes the index of a change from the front of its message.
 */
static void a_change_is_the_first_of_its_message(void **state)
{
    struct fixture *f = *state;
    struct qc_disk disk = qc_mem_disk_as_disk(f->disk);
    const struct qc_network network = {f, heard};
    const struct qc_log_entry entries[] = {
        {2, 1, COMMAND, {(const uint8_t *)"a", 1}},
        {3, 1, CHANGE, {(const uint8_t *)"b", 1}},
        {4, 1, COMMAND, {(const uint8_t *)"c", 1}},
    };
    struct raft_message message = {.type = RAFT_APPEND_ENTRIES, .server_id = 2};

    assert_int_equal(disk.append(disk.ctx, entries, 3), 0);
    message.append_entries.prev_log_index = 1;
    message.append_entries.n_entries = 3;
    assert_int_equal(qc_consensus_send(&network, &disk, NULL, &message), 0);
    assert_int_equal(f->entries.n_entries, 1);

    message.append_entries.prev_log_index = 2;
    message.append_entries.n_entries = 2;
    assert_int_equal(qc_consensus_send(&network, &disk, NULL, &message), 0);
    assert_int_equal(f->entries.n_entries, 2);
    assert_int_equal(f->entries.entries[0]->kind, CHANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(nothing_is_acknowledged_before_it_is_durable),
        TEST(only_what_this_leader_has_verified_is_acknowledged),
        TEST(what_replaces_a_durable_entry_is_not_yet_durable),
        TEST(an_entry_of_an_older_term_is_not_committed_by_counting),
        TEST(a_vote_is_durable_before_anybody_hears_of_it),
        TEST(two_leaders_in_one_term_stop_the_node),
        TEST(a_conflict_with_what_is_committed_stops_the_node),
        TEST(a_read_is_confirmed_by_a_majority_that_knows_no_later_term),
        TEST(a_vote_that_comes_late_moves_no_leader),
        TEST(who_does_not_lead_turns_away_what_is_forwarded),
        TEST(leadership_is_not_taken_while_a_write_is_under_way),
        TEST(a_change_is_the_first_of_its_message),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
