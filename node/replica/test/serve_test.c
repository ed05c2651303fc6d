/* How parts of checkpoints are given to peers that fetch them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <raft.h>

#include "replica/fetch.h"
#include "replica/test/alone.h"

enum {
    NUMBER = 9,
    NEWEST = 1, /* The checkpoint of a new node's rows. */
    MANY = 1000,
};

static bool ask(struct qc_alone *f,
                uint64_t index,
                const char *name,
                uint32_t size)
{
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__FetchPart question = QC__PEER__FETCH_PART__INIT;
    union {
        const char *lent;
        char *name;
    } pointer = {.lent = name};
    bool good;

    question.number = NUMBER;
    question.index = index;
    question.file = pointer.name;
    question.size = size;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART;
    request.fetch_part = &question;
    assert_int_equal(qc_alone_say_exchange(f, 2, &request, &good), 0);
    return good;
}

static void read_part(struct qc_alone *f)
{
    assert_int_equal(qc_mem_checkpoints_read(f->checkpoints), 0);
}

/* A checkpoint, the newest one. */
static void take(struct qc_alone *f)
{
    static const uint8_t nothing[8];
    const struct qc_alone_leader leader = {2, 2};
    const struct qc_log_entry entry = {NEWEST + 1,
                                       leader.term,
                                       RAFT_BARRIER,
                                       {nothing, sizeof(nothing)}};

    assert_int_equal(qc_alone_append_one(f, leader, 1, &entry, entry.index), 0);
    qc_alone_sync(f);
    qc_alone_turn(f);
    assert_int_equal(qc_replica_take_checkpoint(f->replica), 0);
    assert_true(qc_mem_checkpoints_is_taking(f->checkpoints));
    assert_int_equal(qc_replica_checkpoint_taken(
                         f->replica, qc_mem_checkpoints_finish(f->checkpoints)),
                     0);
    qc_alone_turn(f);
    qc_alone_sync(f);
    assert_int_equal(qc_alone_status(f).checkpoint_index, NEWEST);
}

static void parts_are_of_files_of_checkpoints_only(void **state)
{
    struct qc_alone *f = *state;

    assert_false(ask(f, NEWEST, "../rows", 1));
    assert_false(ask(f, NEWEST, "a.sst", 0));
    assert_false(ask(f, NEWEST, "a.sst", QC_FETCH_PART_SIZE_MAX + 1));
    assert_false(qc_mem_checkpoints_is_reading(f->checkpoints));

    assert_true(ask(f, NEWEST, "a.sst", 1));
    read_part(f);
    assert_int_equal(f->n_part_results, 1);
    assert_int_equal(f->part_result.number, NUMBER);
    assert_false(f->part_result.found);
}

/* No turn of the loop waits for a disk. */
static void a_part_is_answered_when_it_has_been_read(void **state)
{
    struct qc_alone *f = *state;

    take(f);
    assert_true(ask(f, NEWEST, "00.sst", 1));
    assert_true(ask(f, NEWEST, "00.sst", 2));
    qc_alone_turn(f);
    assert_int_equal(f->n_part_results, 0);

    read_part(f);
    assert_int_equal(f->n_part_results, 1);
    assert_true(f->part_result.found);
    assert_int_equal(f->part_result.data.len, 1);
    read_part(f);
    assert_int_equal(f->n_part_results, 2);
    assert_int_equal(f->part_result.data.len, 2);
    assert_false(qc_mem_checkpoints_is_reading(f->checkpoints));
}

static void what_is_asked_for_while_too_much_is_read_is_not_answered(
    void **state)
{
    struct qc_alone *f = *state;
    unsigned n = 0;

    for (unsigned i = 0; i < MANY; i++) {
        assert_true(ask(f, NEWEST, "00.sst", 1));
    }
    while (qc_mem_checkpoints_is_reading(f->checkpoints)) {
        read_part(f);
        n++;
    }
    assert_in_range(n, 1, MANY - 1);
    assert_int_equal(f->n_part_results, n);
}

static void a_part_that_is_read_while_the_node_stops_is_not_answered(
    void **state)
{
    struct qc_alone *f = *state;

    assert_true(ask(f, NEWEST, "00.sst", 1));
    qc_mem_checkpoints_crash(f->checkpoints, 0);
    assert_false(qc_mem_checkpoints_is_reading(f->checkpoints));
    assert_int_equal(f->n_part_results, 0);
}

static void another_is_taken_when_a_part_of_the_newest_is_missing(void **state)
{
    struct qc_alone *f = *state;

    take(f);
    assert_true(ask(f, NEWEST, "00.sst", 1));
    qc_mem_checkpoints_lose(f->checkpoints);
    read_part(f);
    assert_false(f->part_result.found);
    qc_alone_turn(f);
    assert_true(qc_mem_checkpoints_is_taking(f->checkpoints));
}

static void what_was_taken_since_it_was_asked_for_is_not_missing(void **state)
{
    struct qc_alone *f = *state;

    assert_true(ask(f, NEWEST, "no.sst", 1));
    take(f);
    read_part(f);
    assert_false(f->part_result.found);
    qc_alone_turn(f);
    assert_false(qc_mem_checkpoints_is_taking(f->checkpoints));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, qc_alone_setup, qc_alone_teardown)
        TEST(parts_are_of_files_of_checkpoints_only),
        TEST(a_part_is_answered_when_it_has_been_read),
        TEST(what_is_asked_for_while_too_much_is_read_is_not_answered),
        TEST(a_part_that_is_read_while_the_node_stops_is_not_answered),
        TEST(another_is_taken_when_a_part_of_the_newest_is_missing),
        TEST(what_was_taken_since_it_was_asked_for_is_not_missing),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
