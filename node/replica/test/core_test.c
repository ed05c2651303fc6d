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

#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/consensus.h"
#include "replica/replica.h"
#include "replica/test/alone.h"

enum {
    COMMAND = RAFT_COMMAND,
    CHANGE = RAFT_CHANGE,
};

/* --- scenarios --- */

static const struct qc_alone_leader SECOND = {2, 2};
static const struct qc_alone_leader THIRD = {3, 3};

static void nothing_is_acknowledged_before_it_is_durable(void **state)
{
    struct qc_alone *f = *state;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 2, 2), 0);
    assert_int_equal(f->n_results, 0);
    qc_alone_sync(f);

    assert_int_equal(f->n_results, 1);
    assert_int_equal(f->result.rejected, 0);
    assert_int_equal(f->result.last_log_index, 3);
}

/* The entries of the second leader lie in the log when the third, which knows
 * nothing of them, sends a heartbeat. */
static void only_what_this_leader_has_verified_is_acknowledged(void **state)
{
    struct qc_alone *f = *state;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 2, 2), 0);
    qc_alone_sync(f);
    assert_int_equal(qc_alone_append(f, THIRD, 1, 1, 0, 3), 0);

    assert_int_equal(f->result.term, 3);
    assert_int_equal(f->result.rejected, 0);
    assert_int_equal(f->result.last_log_index, 1);
}

/* libraft leaves what it does not need as its stack has it. */
static void a_leader_of_an_old_term_is_told_no_and_nothing_else(void **state)
{
    struct qc_alone *f = *state;

    assert_int_equal(qc_alone_append(f, THIRD, 1, 1, 2, 3), 0);
    qc_alone_sync(f);
    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 1, 2), 0);

    assert_int_equal(f->result.term, 3);
    assert_int_equal(f->result.rejected, 1);
    assert_int_equal(f->result.last_log_index, 0);
}

static void what_replaces_a_durable_entry_is_not_yet_durable(void **state)
{
    struct qc_alone *f = *state;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 3, 2), 0);
    qc_alone_sync(f);
    f->n_results = 0;
    assert_int_equal(qc_alone_append(f, THIRD, 1, 1, 2, 3), 0);
    assert_int_equal(f->n_results, 0);
    qc_alone_sync(f);

    assert_int_equal(f->result.last_log_index, 3);
    assert_int_equal(qc_mem_disk_state(f->disk).last_index, 3);
}

/* Raft's Figure 8: an entry of an older term, though it lies on a majority, may
 * still be replaced, and is committed only with one of the leader's own term.
 */
static void an_entry_of_an_older_term_is_not_committed_by_counting(void **state)
{
    struct qc_alone *f = *state;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 1, 2), 0);
    qc_alone_sync(f);
    qc_alone_win(f);
    qc_alone_sync(f); /* Its own entry, 3. */
    for (uint64_t peer = 2; peer <= QC_ALONE_SERVERS; peer++) {
        qc_alone_acknowledge(f, peer, 2);
    }
    assert_int_equal(qc_alone_status(f).commit_index, 1);

    qc_alone_acknowledge(f, 2, 3);
    assert_int_equal(qc_alone_status(f).commit_index, 1);
    qc_alone_acknowledge(f, 3, 3);
    assert_int_equal(qc_alone_status(f).commit_index, 3);
}

static void a_vote_is_durable_before_anybody_hears_of_it(void **state)
{
    struct qc_alone *f = *state;
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
    assert_int_equal(qc_alone_say(f, 4, &request, &good), 0);

    assert_true(good);
    assert_int_equal(f->n_vote_results, 1);
    assert_true(f->vote_result.vote_granted);
    assert_int_equal(f->at_vote_result.term, 7);
    assert_int_equal(f->at_vote_result.vote, 4);
}

static void two_leaders_in_one_term_stop_the_node(void **state)
{
    struct qc_alone *f = *state;
    struct qc_alone_leader second = {.id = 2};
    struct qc_replica_status status;

    qc_alone_win(f);
    qc_replica_status(f->replica, &status);
    second.term = status.term;

    assert_int_equal(qc_alone_append(f, second, 1, 1, 1, status.term),
                     QC_E_CONSENSUS);
}

static void a_conflict_with_what_is_committed_stops_the_node(void **state)
{
    struct qc_alone *f = *state;
    const struct qc_alone_leader leader = {2, 5};

    assert_int_equal(qc_alone_append(f, leader, 0, 0, 1, 5), QC_E_CONSENSUS);
}

static void a_read_is_confirmed_by_a_majority_that_knows_no_later_term(
    void **state)
{
    struct qc_alone *f = *state;
    uint64_t term;

    qc_alone_win(f);
    assert_non_null(
        qc_replica_read(f->replica, f->now_ms + 1, qc_alone_read_ended, f));
    assert_int_equal(qc_replica_turn(f->replica), 0);
    assert_int_equal(f->n_questions, QC_ALONE_SERVERS - 1);
    term = f->question.term;
    qc_alone_confirm(f, 2, term + 1);
    qc_alone_confirm(f, 3, term + 1);
    qc_alone_confirm(f, 4, term);
    qc_alone_confirm(f, 4, term);
    qc_alone_confirm(f, 9, term); /* No voter. */
    assert_int_equal(f->n_reads_confirmed, 0);

    qc_alone_confirm(f, 5, term);
    assert_int_equal(f->n_reads_confirmed, 1);
}

static void a_vote_that_comes_late_moves_no_leader(void **state)
{
    struct qc_alone *f = *state;
    struct qc_replica_status status;

    qc_alone_win(f);
    qc_replica_status(f->replica, &status);
    qc_alone_grant(f, 4, status.term + 1, true);
    qc_alone_grant(f, 5, status.term + 1, false);

    qc_replica_status(f->replica, &status);
    assert_int_equal(status.leader_id, 1);
}

static void who_does_not_lead_turns_away_what_is_forwarded(void **state)
{
    struct qc_alone *f = *state;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Forward message = QC__PEER__FORWARD__INIT;
    Qc__Peer__ForwardedCommand command = QC__PEER__FORWARDED_COMMAND__INIT;
    Qc__Peer__ForwardedCommand *commands[] = {&command};
    uint8_t digest[QC_DIGEST_SIZE] = {1};
    bool good = false;

    command.request_id = "77";
    command.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    command.remaining_ms = 1000;
    message.n_commands = 1;
    message.commands = commands;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD;
    request.forward = &message;
    assert_int_equal(qc_alone_say_exchange(f, 2, &request, &good), 0);
    assert_true(good);

    assert_int_equal(f->dropped.n_commands, 1);
    assert_string_equal(f->dropped.commands[0]->request_id, "77");
    assert_false(f->dropped.commands[0]->expired);
}

static bool none_is_sound(void *ctx, const struct qc_command *command)
{
    (void)ctx;
    (void)command;
    return false;
}

/* Who sends what no edge lets through is not to be believed in other things. */
static void a_forwarded_command_that_is_not_sound_ends_the_connection(
    void **state)
{
    struct qc_alone *f = *state;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Forward message = QC__PEER__FORWARD__INIT;
    Qc__Peer__ForwardedCommand command = QC__PEER__FORWARDED_COMMAND__INIT;
    Qc__Peer__ForwardedCommand *commands[] = {&command};
    uint8_t digest[QC_DIGEST_SIZE] = {1};
    bool good = true;

    f->options.applier.is_sound = none_is_sound;
    assert_int_equal(qc_alone_restart(f), 0);
    command.request_id = "77";
    command.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    message.n_commands = 1;
    message.commands = commands;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD;
    request.forward = &message;
    assert_int_equal(qc_alone_say_exchange(f, 2, &request, &good), 0);
    assert_false(good);
    assert_int_equal(f->dropped.n_commands, 0);
}

/* libraft takes no report of a write as a candidate, so it must not become one
 * while a write is under way. */
static void leadership_is_not_taken_while_a_write_is_under_way(void **state)
{
    struct qc_alone *f = *state;
    Qc__Peer__ConsensusRequest request = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__TimeoutNow message = QC__PEER__TIMEOUT_NOW__INIT;
    bool good = false;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 2, 2), 0);
    message.term = 2;
    message.last_log_index = 3;
    message.last_log_term = 2;
    request.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_TIMEOUT_NOW;
    request.timeout_now = &message;
    assert_int_equal(qc_alone_say(f, 2, &request, &good), 0);
    f->now_ms += 2 * QC_ALONE_ELECTION_MS + 1;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(good);
    assert_int_equal(f->n_votes, 0);

    qc_alone_sync(f);
    assert_int_equal(f->result.last_log_index, 3);
    f->now_ms += 2 * QC_ALONE_ELECTION_MS + 1;
    assert_int_equal(qc_replica_tick(f->replica), 0);
    assert_true(f->n_votes > 0);
}

/* Guard 1: libraft takes the index of a change from the front of its message.
 */
static void a_change_is_the_first_of_its_message(void **state)
{
    struct qc_alone *f = *state;
    struct qc_disk disk = qc_mem_disk_as_disk(f->disk);
    const struct qc_network network = {f, qc_alone_heard};
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
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, qc_alone_setup, qc_alone_teardown)
        TEST(nothing_is_acknowledged_before_it_is_durable),
        TEST(only_what_this_leader_has_verified_is_acknowledged),
        TEST(a_leader_of_an_old_term_is_told_no_and_nothing_else),
        TEST(what_replaces_a_durable_entry_is_not_yet_durable),
        TEST(an_entry_of_an_older_term_is_not_committed_by_counting),
        TEST(a_vote_is_durable_before_anybody_hears_of_it),
        TEST(two_leaders_in_one_term_stop_the_node),
        TEST(a_conflict_with_what_is_committed_stops_the_node),
        TEST(a_read_is_confirmed_by_a_majority_that_knows_no_later_term),
        TEST(a_vote_that_comes_late_moves_no_leader),
        TEST(who_does_not_lead_turns_away_what_is_forwarded),
        TEST(a_forwarded_command_that_is_not_sound_ends_the_connection),
        TEST(leadership_is_not_taken_while_a_write_is_under_way),
        TEST(a_change_is_the_first_of_its_message),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
