/*
 * The guards around libraft that have to do with checkpoints and members: each
 * scenario ends badly when its guard is off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replica/fetch.h"
#include "replica/snapshot.h"
#include "replica/test/alone.h"

enum {
    COMMAND = RAFT_COMMAND,
    BARRIER = RAFT_BARRIER,
    CHANGE = RAFT_CHANGE,
    FILE_SIZE = 1000,
};

static const struct qc_alone_leader SECOND = {2, 2};
static const struct qc_alone_leader THIRD = {3, 3};

static const struct qc_server WITH_SIX[] = {
    {1, "one", true},  {2, "two", true},  {3, "three", true},
    {4, "four", true}, {5, "five", true}, {6, "six", false},
};

/* A manifest that is sound, and the parts that it is made of. */
struct offer {
    Qc__Peer__Manifest manifest;
    Qc__Peer__Server servers[3];
    Qc__Peer__Server *server_list[3];
    Qc__Peer__CheckpointFile files[2];
    Qc__Peer__CheckpointFile *file_list[2];
    uint8_t hash[QC_SNAPSHOT_HASH_SIZE];
};

static void offer_init(struct offer *offer, uint64_t index)
{
    static char addresses[3][8] = {"one", "two", "three"};
    static char names[2][8] = {"a.sst", "b.sst"};

    memset(offer, 0, sizeof(*offer));
    qc__peer__manifest__init(&offer->manifest);
    offer->manifest.format = 1;
    offer->manifest.index = index;
    offer->manifest.term = 2;
    offer->manifest.configuration_index = 1;
    offer->manifest.state_hash =
        (ProtobufCBinaryData){sizeof(offer->hash), offer->hash};
    offer->manifest.rows_hash = offer->manifest.state_hash;
    for (unsigned i = 0; i < 3; i++) {
        qc__peer__server__init(&offer->servers[i]);
        offer->servers[i].id = i + 1;
        offer->servers[i].address = addresses[i];
        offer->servers[i].role = RAFT_VOTER;
        offer->server_list[i] = &offer->servers[i];
    }
    for (unsigned i = 0; i < 2; i++) {
        qc__peer__checkpoint_file__init(&offer->files[i]);
        offer->files[i].name = names[i];
        offer->files[i].size = FILE_SIZE;
        offer->files[i].checksum = offer->manifest.state_hash;
        offer->file_list[i] = &offer->files[i];
    }
    offer->manifest.n_servers = 3;
    offer->manifest.servers = offer->server_list;
    offer->manifest.n_files = 2;
    offer->manifest.files = offer->file_list;
}

static bool is_taking(const struct qc_alone *f)
{
    return qc_mem_checkpoints_is_taking(f->checkpoints);
}

/* The second leader appends an entry that changes nothing, and commits it. */
static void commit_one(struct qc_alone *f, uint64_t index, uint64_t index_term)
{
    const struct qc_log_entry entry = {index,
                                       2,
                                       BARRIER,
                                       {(const uint8_t *)"12345678", 8}};

    assert_int_equal(qc_alone_append_one(f, SECOND, index_term, &entry, index),
                     0);
    qc_alone_sync(f);
    qc_alone_turn(f);
}

/* It appends a change, and says that all up to |commit_index| is committed. */
static void change(struct qc_alone *f,
                   uint64_t index,
                   uint64_t index_term,
                   const struct qc_server *servers,
                   unsigned n_servers,
                   uint64_t commit_index)
{
    const struct qc_log_entry entry = {
        index, 2, CHANGE, qc_alone_configuration(f, servers, n_servers)};

    assert_int_equal(
        qc_alone_append_one(f, SECOND, index_term, &entry, commit_index), 0);
    qc_alone_sync(f);
}

/* The log is cut after entry 3. */
static void cut(struct qc_alone *f)
{
    commit_one(f, 2, 1);
    change(f, 3, 2, WITH_SIX, 6, 3);
    qc_alone_turn(f);
    assert_int_equal(qc_replica_checkpoint_taken(
                         f->replica, qc_mem_checkpoints_finish(f->checkpoints)),
                     0);
    qc_alone_turn(f);
    qc_alone_sync(f);
    assert_int_equal(qc_alone_status(f).checkpoint_index, 3);
    assert_int_equal(qc_alone_status(f).first_index, 4);
}

static void entries_that_were_cut_are_not_appended_again(void **state)
{
    struct qc_alone *f = *state;

    cut(f);
    for (uint64_t index = 0; index < 3; index++) {
        f->n_results = 0;
        assert_int_equal(
            qc_alone_append(f, SECOND, index, index == 2 ? 2 : index, 1, 2), 0);
        assert_int_equal(f->n_results, 1);
        assert_int_equal(f->result.rejected, 0);
        assert_int_equal(f->result.last_log_index, 3);
        assert_int_equal(qc_mem_disk_n_queued(f->disk), 0);
    }
    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 8, 2), 0);
    qc_alone_sync(f);

    assert_int_equal(qc_mem_disk_state(f->disk).last_index, 9);
    assert_int_equal(f->result.last_log_index, 9);
}

/* --- offers --- */

static void no_sound_byte(struct offer *o)
{
    o->manifest.format = 2;
}

static void no_index(struct offer *o)
{
    o->manifest.index = 0;
}

static void no_term(struct offer *o)
{
    o->manifest.term = 0;
}

static void a_later_term(struct offer *o)
{
    o->manifest.term = SECOND.term + 1;
}

static void members_of_the_future(struct offer *o)
{
    o->manifest.configuration_index = o->manifest.index + 1;
}

static void no_members(struct offer *o)
{
    o->manifest.n_servers = 0;
}

static void no_voters(struct offer *o)
{
    for (unsigned i = 0; i < 3; i++) {
        o->servers[i].role = RAFT_STANDBY;
    }
}

static void an_unknown_role(struct offer *o)
{
    o->servers[0].role = RAFT_SPARE + 1;
}

static void one_member_twice(struct offer *o)
{
    o->servers[1].id = 1;
}

static void one_address_twice(struct offer *o)
{
    o->servers[1].address = o->servers[0].address;
}

static void a_member_of_no_id(struct offer *o)
{
    o->servers[2].id = 0;
}

static void a_file_elsewhere(struct offer *o)
{
    static char name[] = "../a";

    o->files[0].name = name;
}

static void a_file_in_a_folder(struct offer *o)
{
    static char name[] = "a/b";

    o->files[0].name = name;
}

static void a_file_of_no_name(struct offer *o)
{
    static char name[] = "";

    o->files[0].name = name;
}

static void one_file_twice(struct offer *o)
{
    o->files[1].name = o->files[0].name;
}

static void no_files(struct offer *o)
{
    o->manifest.n_files = 0;
}

static void sizes_that_overflow(struct offer *o)
{
    o->files[0].size = UINT64_MAX - 10;
}

static void half_a_checksum(struct offer *o)
{
    o->files[0].checksum.len = 8;
}

static void half_a_hash(struct offer *o)
{
    o->manifest.state_hash.len = 8;
}

static void what_is_offered_is_believed_only_when_it_is_sound(void **state)
{
    static void (*const damages[])(struct offer *) = {
        no_sound_byte,      no_index,          no_term,
        a_later_term,       no_members,        members_of_the_future,
        no_voters,          an_unknown_role,   one_member_twice,
        one_address_twice,  a_member_of_no_id, a_file_elsewhere,
        a_file_in_a_folder, a_file_of_no_name, one_file_twice,
        no_files,           half_a_checksum,   sizes_that_overflow,
        half_a_hash,
    };
    struct qc_alone *f = *state;
    struct offer offer;
    bool good;

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        offer_init(&offer, 50);
        damages[i](&offer);
        good = true;
        assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
        assert_false(good);
        assert_false(qc_alone_status(f).installing);
    }
    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    assert_true(good);
    assert_true(qc_alone_status(f).installing);
}

static void a_second_leader_that_offers_a_checkpoint_stops_the_node(
    void **state)
{
    struct qc_alone *f = *state;
    struct qc_alone_leader second = {.id = 2};
    struct offer offer;
    bool good;

    qc_alone_win(f);
    second.term = qc_alone_status(f).term;
    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, second, &offer.manifest, &good),
                     QC_E_CONSENSUS);
}

/* libraft would neither take nor free it. */
static void one_offer_at_a_time_is_taken(void **state)
{
    struct qc_alone *f = *state;
    struct offer offer;
    bool good;

    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);
    offer_init(&offer, 60);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    assert_true(good);
    f->now_ms += QC_FETCH_SILENCE_MS;
    qc_alone_turn(f);

    assert_true(f->n_parts > 0);
    assert_int_equal(f->part.index, 50);
}

/* libraft believes that it has the log up to the checkpoint's end, and takes it
 * for committed when the leader says so. */
static void what_is_being_installed_is_neither_applied_nor_acknowledged(
    void **state)
{
    struct qc_alone *f = *state;
    struct offer offer;
    bool good;

    offer_init(&offer, 50);
    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 2, 2), 0);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_sync(f); /* Of what is not the log any more. */
    f->n_results = 0;
    assert_int_equal(qc_alone_heartbeat(f, SECOND, 50, 2, 50), 0);
    qc_alone_turn(f);

    assert_int_equal(f->n_results, 1);
    assert_int_equal(f->result.rejected, 0);
    assert_int_equal(f->result.last_log_index, 0);
    assert_true(qc_alone_status(f).applied_index <= 1);
    assert_int_equal(qc_mem_disk_state(f->disk).last_index, 3);
}

static void answer_part(struct qc_alone *f, const uint8_t *data, size_t size)
{
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__FetchPartResult result = QC__PEER__FETCH_PART_RESULT__INIT;
    union {
        const uint8_t *lent;
        uint8_t *data;
    } pointer = {.lent = data};
    bool good = false;

    result.number = f->part.number - f->n_parts + 1; /* The first asked. */
    result.found = size > 0;
    result.data = (ProtobufCBinaryData){size, pointer.data};
    result.checksum = qc_fetch_checksum((struct qc_bytes){data, size});
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART_RESULT;
    request.fetch_part_result = &result;
    f->n_parts = 0;
    assert_int_equal(
        qc_alone_say_exchange(f, f->part_asked_of, &request, &good), 0);
    assert_true(good);
    qc_alone_turn(f);
}

static void who_sends_a_damaged_part_is_left_for_another(void **state)
{
    struct qc_alone *f = *state;
    uint8_t data[FILE_SIZE] = {1};
    struct offer offer;
    uint64_t first;
    bool good;

    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);
    assert_int_equal(f->n_parts, 2);
    first = f->part_asked_of;
    assert_int_equal(first, SECOND.id);
    answer_part(f, data, FILE_SIZE);
    assert_int_equal(qc_mem_checkpoints_fetched(f->checkpoints), FILE_SIZE);
    f->n_parts = 1;
    answer_part(f, data, FILE_SIZE - 1);

    assert_int_equal(qc_mem_checkpoints_fetched(f->checkpoints), FILE_SIZE);
    assert_int_equal(f->n_parts, 1);
    assert_true(f->part_asked_of != first);
}

/* When nobody has it, what the disk holds is what counts. */
static void what_nobody_has_is_given_up(void **state)
{
    struct qc_alone *f = *state;
    struct offer offer;
    bool good;

    assert_int_equal(qc_alone_append(f, SECOND, 1, 1, 2, 2), 0);
    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);
    answer_part(f, NULL, 0);
    answer_part(f, NULL, 0);
    assert_true(qc_alone_status(f).installing);
    f->now_ms += QC_FETCH_REFUSED_MS;
    qc_alone_turn(f);
    assert_true(qc_alone_status(f).installing); /* A write is under way. */
    qc_alone_sync(f);
    qc_alone_turn(f);

    assert_false(qc_alone_status(f).installing);
    assert_int_equal(qc_alone_status(f).term, SECOND.term);
    assert_int_equal(qc_alone_status(f).last_index, 3);
    assert_int_equal(qc_alone_append(f, SECOND, 3, 2, 1, 2), 0);
    qc_alone_sync(f);
    assert_int_equal(f->result.last_log_index, 4);
}

/* --- parts for others --- */

static void a_question_of_an_earlier_life_is_none_of_this_one(void **state)
{
    struct qc_alone *f = *state;
    struct offer offer;
    uint64_t number;
    bool good;

    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);
    number = f->part.number;

    f->dice = 1;
    assert_int_equal(qc_alone_restart(f), 0);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);
    assert_int_not_equal(f->part.number, number);
}

/* --- members --- */

static void no_checkpoint_is_taken_while_a_change_is_uncommitted(void **state)
{
    struct qc_alone *f = *state;

    commit_one(f, 2, 1);
    change(f, 3, 2, WITH_SIX, 6, 2);
    assert_int_equal(qc_replica_take_checkpoint(f->replica), 0);
    qc_alone_turn(f);
    assert_false(is_taking(f));

    commit_one(f, 4, 2);
    assert_true(is_taking(f));
}

static void a_change_that_is_committed_is_followed_by_a_checkpoint(void **state)
{
    struct qc_alone *f = *state;

    commit_one(f, 2, 1);
    assert_false(is_taking(f));
    change(f, 3, 2, WITH_SIX, 6, 3);
    qc_alone_turn(f);

    assert_true(is_taking(f));
    assert_int_equal(qc_replica_checkpoint_taken(
                         f->replica, qc_mem_checkpoints_finish(f->checkpoints)),
                     0);
    qc_alone_turn(f);
    qc_alone_sync(f);
    assert_int_equal(qc_alone_status(f).checkpoint_index, 3);
    assert_int_equal(qc_mem_disk_state(f->disk).manifest->configuration_index,
                     3);
    f->now_ms += 10000;
    qc_alone_turn(f);
    assert_false(is_taking(f));
}

static void a_checkpoint_without_the_last_change_is_dropped(void **state)
{
    struct qc_alone *f = *state;

    commit_one(f, 2, 1);
    assert_int_equal(qc_replica_take_checkpoint(f->replica), 0);
    assert_true(is_taking(f));
    qc_mem_checkpoints_capture(f->checkpoints);
    change(f, 3, 2, WITH_SIX, 6, 3);
    qc_alone_turn(f);
    assert_int_equal(qc_replica_checkpoint_taken(
                         f->replica, qc_mem_checkpoints_finish(f->checkpoints)),
                     0);
    qc_alone_turn(f);

    assert_int_equal(qc_alone_status(f).checkpoint_index, 0);
    f->now_ms += 1000;
    qc_alone_turn(f);
    assert_true(is_taking(f));
}

/* Of two changes the first is committed, or the second would not be: a node
 * that has not heard so must not go back to one before it. */
static void a_roll_back_leads_to_the_change_before_it(void **state)
{
    static const struct qc_server without_five[] = {
        {1, "one", true},  {2, "two", true},  {3, "three", true},
        {4, "four", true}, {6, "six", false},
    };
    struct qc_alone *f = *state;
    const struct qc_log_entry other = {3,
                                       3,
                                       BARRIER,
                                       {(const uint8_t *)"12345678", 8}};

    change(f, 2, 1, WITH_SIX, 6, 1);
    change(f, 3, 2, without_five, 5, 1);
    assert_int_equal(qc_alone_status(f).n_servers, 5);
    assert_int_equal(qc_alone_append_one(f, THIRD, 2, &other, 1), 0);

    assert_int_equal(qc_alone_status(f).n_servers, 6);
    assert_int_equal(qc_alone_status(f).servers[5].id, 6);
}

/* The rows hold the change, so no entry is applied that could tell libraft. */
static void a_change_that_the_rows_hold_is_settled_after_a_restart(void **state)
{
    struct qc_alone *f = *state;

    change(f, 2, 1, WITH_SIX, 6, 2);
    qc_alone_turn(f);
    assert_int_equal(f->machine.applied_index, 2);
    assert_int_equal(qc_alone_restart(f), 0);
    qc_alone_turn(f);
    assert_false(is_taking(f));
    commit_one(f, 3, 2);

    assert_true(is_taking(f)); /* No change is under way. */
}

static void who_is_removed_is_told(void **state)
{
    static const struct qc_server without_one[] = {
        {2, "two", true},
        {3, "three", true},
        {4, "four", true},
        {5, "five", true},
    };
    struct qc_alone *f = *state;

    change(f, 2, 1, without_one, 4, 1);
    qc_alone_turn(f);
    assert_int_equal(f->removed_at, 0);
    commit_one(f, 3, 2);
    assert_int_equal(f->removed_at, 2);

    f->removed_at = 0;
    assert_int_equal(qc_alone_restart(f), 0);
    commit_one(f, 4, 2);
    assert_int_equal(f->removed_at, 2);
}

/* --- starts --- */

/* It elects itself when it starts, and libraft counts no term for that. */
static void a_sole_voter_starts_in_a_new_term(void **state)
{
    static const struct qc_server five[] = {
        {1, "one", true},  {2, "two", true},  {3, "three", true},
        {4, "four", true}, {5, "five", true},
    };
    static const struct qc_server one[] = {{1, "one", true}};
    struct qc_alone *f = *state;
    const struct qc_log_entry entries[] = {
        {1, 1, CHANGE, qc_alone_configuration(f, five, 5)},
        {2, 4, CHANGE, qc_alone_configuration(f, one, 1)},
    };

    assert_int_equal(qc_alone_start_with(f, 4, entries, 2), 0);
    assert_int_equal(qc_alone_status(f).leader_id, 1);
    assert_int_equal(qc_alone_status(f).term, 5);
    assert_int_equal(qc_mem_disk_state(f->disk).term, 5);

    assert_int_equal(qc_alone_restart(f), 0);
    assert_int_equal(qc_alone_status(f).term, 6);
}

static void one_of_several_voters_starts_in_the_old_term(void **state)
{
    struct qc_alone *f = *state;

    commit_one(f, 2, 1);
    assert_int_equal(qc_alone_restart(f), 0);

    assert_int_equal(qc_alone_status(f).term, 2);
    assert_int_equal(qc_alone_status(f).leader_id, 0);
}

/* It may have been removed while it was away, and hears so from whoever it
 * speaks to; but who does not vote asks for no votes. */
static void a_standby_without_a_leader_speaks_up(void **state)
{
    static const struct qc_server servers[] = {
        {1, "one", false}, {2, "two", true},  {3, "three", true},
        {4, "four", true}, {5, "five", true},
    };
    struct qc_alone *f = *state;

    change(f, 2, 1, servers, 5, 1);
    commit_one(f, 3, 2);
    qc_alone_turn(f);
    assert_int_equal(f->n_questions, 0);

    assert_int_equal(qc_alone_restart(f), 0);
    f->n_votes = 0;
    for (unsigned i = 0; i < 8; i++) {
        f->now_ms += QC_ALONE_ELECTION_MS;
        assert_int_equal(qc_replica_tick(f->replica), 0);
        qc_alone_turn(f);
    }
    assert_int_equal(f->n_votes, 0);
    assert_in_range(f->n_questions, 3 * 4, 5 * 4);
}

/* Of no cluster yet: it takes what the leader sends, and never asks for votes.
 */
static void a_node_that_joins_waits_for_a_leader(void **state)
{
    static const struct qc_server others[] = {{2, "two", true},
                                              {3, "three", true},
                                              {4, "four", true}};
    struct qc_alone *f = *state;
    const struct qc_log_entry first = {1, 1, CHANGE,
                                       qc_alone_configuration(f, others, 3)};

    assert_int_equal(qc_alone_start_with(f, 0, NULL, 0), 0);
    f->n_votes = 0;
    for (unsigned i = 0; i < 20; i++) {
        f->now_ms += QC_ALONE_ELECTION_MS;
        assert_int_equal(qc_replica_tick(f->replica), 0);
        qc_alone_turn(f);
    }
    assert_int_equal(f->n_votes, 0);
    assert_int_equal(qc_alone_append_one(f, SECOND, 0, &first, 1), 0);
    qc_alone_sync(f);
    qc_alone_turn(f);

    assert_int_equal(f->result.last_log_index, 1);
    assert_int_equal(qc_alone_status(f).applied_index, 1);
    assert_int_equal(qc_alone_status(f).leader_id, 2);
    assert_int_equal(f->removed_at, 0);
}

static void a_node_that_joins_can_begin_with_a_checkpoint(void **state)
{
    struct qc_alone *f = *state;
    struct offer offer;
    bool good;

    assert_int_equal(qc_alone_start_with(f, 0, NULL, 0), 0);
    offer_init(&offer, 50);
    assert_int_equal(qc_alone_offer(f, SECOND, &offer.manifest, &good), 0);
    qc_alone_turn(f);

    assert_true(good);
    assert_int_equal(f->part.index, 50);
    assert_int_equal(f->part_asked_of, 2);
}

static void rows_that_end_before_the_log_begins_are_refused(void **state)
{
    struct qc_alone *f = *state;

    cut(f);
    assert_int_equal(qc_alone_restart(f), 0);
    qc_fake_machine_go_back(&f->machine, 2);

    assert_int_equal(qc_alone_restart(f), QC_E_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, qc_alone_setup, qc_alone_teardown)
        TEST(entries_that_were_cut_are_not_appended_again),
        TEST(what_is_offered_is_believed_only_when_it_is_sound),
        TEST(a_second_leader_that_offers_a_checkpoint_stops_the_node),
        TEST(one_offer_at_a_time_is_taken),
        TEST(what_is_being_installed_is_neither_applied_nor_acknowledged),
        TEST(who_sends_a_damaged_part_is_left_for_another),
        TEST(what_nobody_has_is_given_up),
        TEST(a_question_of_an_earlier_life_is_none_of_this_one),
        TEST(no_checkpoint_is_taken_while_a_change_is_uncommitted),
        TEST(a_change_that_is_committed_is_followed_by_a_checkpoint),
        TEST(a_checkpoint_without_the_last_change_is_dropped),
        TEST(a_roll_back_leads_to_the_change_before_it),
        TEST(a_change_that_the_rows_hold_is_settled_after_a_restart),
        TEST(who_is_removed_is_told),
        TEST(a_sole_voter_starts_in_a_new_term),
        TEST(one_of_several_voters_starts_in_the_old_term),
        TEST(a_standby_without_a_leader_speaks_up),
        TEST(a_node_that_joins_waits_for_a_leader),
        TEST(a_node_that_joins_can_begin_with_a_checkpoint),
        TEST(rows_that_end_before_the_log_begins_are_refused),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
