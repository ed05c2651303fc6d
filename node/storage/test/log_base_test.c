/* storage/log.c: the log goes on from a checkpoint, whenever it is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "storage/floor.h"
#include "storage/test/folder.h"
#include "storage/test/log_fixture.h"

enum {
    N_ENTRIES = 40,
    TERM = 3,
};

static void reopen(struct qc_log_fixture *f)
{
    qc_log_fixture_close(f);
    if (qc_log_fixture_open(f, false) != 0) {
        fail_msg("%s", f->text);
    }
}

/* A log with entries, all of them durable, whose writer rests. */
static int setup(void **state)
{
    struct qc_log_fixture *f;

    (void)qc_log_setup(state);
    f = *state;
    assert_int_equal(qc_test_append(f->log, 1, N_ENTRIES, TERM), 0);
    reopen(f);
    return 0;
}

static void compact(struct qc_log_fixture *f, uint64_t index, uint64_t first)
{
    assert_int_equal(
        qc_log_compact(f->log, qc_test_manifest(index, TERM, 0), first), 0);
}

static void restart(struct qc_log_fixture *f, uint64_t index, uint64_t term)
{
    assert_int_equal(
        qc_log_restart(f->log, qc_test_manifest(index, term, 0), 2), 0);
}

static void expect_manifest(const struct qc_log_fixture *f,
                            struct qc_bytes expected)
{
    struct qc_bytes manifest = qc_log_manifest(f->log);

    assert_int_equal(manifest.size, expected.size);
    if (expected.size > 0) {
        assert_memory_equal(manifest.data, expected.data, expected.size);
    }
}

static void a_new_log_has_no_manifest_and_the_first_generation(void **state)
{
    struct qc_log_fixture *f = *state;

    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_manifest(f->log).size, 0);
        assert_int_equal(qc_log_generation(f->log), 1);
        assert_true(qc_log_restarted(f->log));
        reopen(f);
    }
}

static void what_was_compacted_is_gone(void **state)
{
    struct qc_log_fixture *f = *state;

    compact(f, 30, 21);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_first(f->log), 21);
        assert_int_equal(qc_log_last(f->log), N_ENTRIES);
        assert_int_equal(qc_log_generation(f->log), 1);
        expect_manifest(f, qc_test_manifest(30, TERM, 0));
        assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
        reopen(f);
    }
    assert_int_equal(qc_test_append(f->log, 35, 44, TERM + 1), 0);
    assert_int_equal(qc_test_await(f, 44), 0);
    reopen(f);
    assert_int_equal(qc_log_first(f->log), 21);
    assert_int_equal(qc_log_last(f->log), 44);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

/* Also in memory, of which the newest entries are a part. */
static void what_was_compacted_takes_no_memory(void **state)
{
    struct qc_log_fixture *f = *state;

    compact(f, 30, 21);
    qc_log_fixture_close(f);
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    compact(f, 30, 31);
    compact(f, 40, 31);
    reopen(f);
    assert_int_equal(qc_log_first(f->log), 31);
    expect_manifest(f, qc_test_manifest(40, TERM, 0));
}

static void a_log_can_be_compacted_to_its_end(void **state)
{
    struct qc_log_fixture *f = *state;

    compact(f, N_ENTRIES, N_ENTRIES + 1);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_first(f->log), 0);
        assert_int_equal(qc_log_last(f->log), N_ENTRIES);
        reopen(f);
    }
    assert_int_equal(qc_test_append(f->log, 41, 43, TERM), 0);
    assert_int_equal(qc_test_await(f, 43), 0);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_first(f->log), 41);
        assert_int_equal(qc_log_last(f->log), 43);
        assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
        reopen(f);
    }
}

static void entries_that_wait_survive_a_compaction(void **state)
{
    struct qc_log_fixture *f = *state;

    qc_log_fixture_hold(f);
    assert_int_equal(qc_test_append(f->log, 41, 41, TERM), 0);
    (void)sem_wait(&f->written); /* The writer stands still now. */
    assert_int_equal(qc_test_append(f->log, 42, 50, TERM), 0);
    compact(f, 45, 46);
    assert_int_equal(qc_log_first(f->log), 46);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
    qc_log_fixture_release(f);
    assert_int_equal(qc_test_await(f, 50), 0);
    reopen(f);
    assert_int_equal(qc_log_first(f->log), 46);
    assert_int_equal(qc_log_last(f->log), 50);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

static void a_restart_beyond_the_end_is_a_new_beginning(void **state)
{
    struct qc_log_fixture *f = *state;
    uint64_t term = 0;
    uint64_t vote = 0;

    assert_int_equal(qc_log_set_term_and_vote(f->log, 9, 2), 0);
    restart(f, 1000, 8);
    assert_int_equal(qc_test_await_restart(f), 0);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_first(f->log), 0);
        assert_int_equal(qc_log_last(f->log), 1000);
        assert_int_equal(qc_log_generation(f->log), 2);
        expect_manifest(f, qc_test_manifest(1000, 8, 0));
        qc_log_term_and_vote(f->log, &term, &vote);
        assert_int_equal(term, 9);
        assert_int_equal(vote, 2);
        reopen(f);
    }
    assert_int_equal(qc_test_append(f->log, 1001, 1003, 9), 0);
    assert_int_equal(qc_test_await(f, 1003), 0);
    reopen(f);
    assert_int_equal(qc_log_first(f->log), 1001);
    assert_int_equal(qc_log_last(f->log), 1003);
    assert_int_equal(qc_log_generation(f->log), 2);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

/* What stood above was never committed. */
static void a_restart_below_the_end_cuts_the_rest(void **state)
{
    struct qc_log_fixture *f = *state;

    restart(f, 20, TERM + 1);
    assert_int_equal(qc_test_append(f->log, 21, 25, TERM + 1), 0);
    assert_int_equal(qc_test_await(f, 25), 0);
    assert_true(qc_log_restarted(f->log));
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(qc_log_first(f->log), 21);
        assert_int_equal(qc_log_last(f->log), 25);
        assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
        reopen(f);
    }
}

static void a_new_log_can_be_restarted(void **state)
{
    struct qc_log_fixture *f = *state;

    restart(f, 500, 4);
    assert_int_equal(qc_test_append(f->log, 501, 501, 5), 0);
    assert_int_equal(qc_test_await(f, 501), 0);
    assert_int_equal(qc_log_set_term_and_vote(f->log, 5, 0), 0);
    reopen(f);
    assert_int_equal(qc_log_first(f->log), 501);
    assert_int_equal(qc_log_last(f->log), 501);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

/* What is in memory of the log before it is none of the log after it. */
static void a_restart_forgets_what_is_in_memory(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(qc_test_append(f->log, 41, 45, TERM), 0);
    restart(f, 1000, 8);
    assert_int_equal(qc_test_append(f->log, 1001, 1002, 8), 0);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
    assert_int_equal(qc_test_await(f, 1002), 0);
    reopen(f);
    assert_int_equal(qc_test_append(f->log, 1003, 1010, 8), 0);
    restart(f, 1005, 9);
    assert_int_equal(qc_test_append(f->log, 1006, 1007, 9), 0);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

static void a_restart_is_told_when_it_is_durable(void **state)
{
    struct qc_log_fixture *f = *state;
    uint64_t index;

    qc_log_fixture_hold(f);
    assert_int_equal(qc_test_append(f->log, 41, 41, TERM), 0);
    (void)sem_wait(&f->written);
    restart(f, 1000, 8);
    assert_int_equal(qc_log_poll(f->log, &index), 0);
    /* Entry 41 is of no importance any more. */
    assert_int_equal(index, 0);
    assert_false(qc_log_restarted(f->log));
    qc_log_fixture_step(f);
    assert_false(qc_log_restarted(f->log));
    assert_int_equal(qc_log_poll(f->log, &index), 0);
    assert_int_equal(index, 0);
    assert_true(qc_log_restarted(f->log));
    qc_log_fixture_release(f);
}

static void what_is_no_manifest_is_a_fault(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(
        qc_log_compact(f->log, (struct qc_bytes){(const uint8_t *)"x", 1}, 2),
        QC_E_CORRUPT);
    assert_non_null(strstr(qc_log_error(f->log), "no manifest"));
}

/* Opens a copy, which must hold the entries |first| to |last|. */
static void expect_log(const struct qc_log_fixture *f,
                       const char *path,
                       uint64_t first,
                       uint64_t last)
{
    static struct qc_log_fixture copy;

    copy = (struct qc_log_fixture){.log = NULL};
    (void)sem_init(&copy.written, 0, 0);
    (void)sem_init(&copy.gate, 0, 1);
    qc_folder_path(f->folder, path, copy.path);
    if (qc_log_fixture_open(&copy, false) != 0) {
        fail_msg("%s", copy.text);
    }
    assert_int_equal(qc_log_first(copy.log), first);
    assert_int_equal(qc_log_last(copy.log), last);
    assert_int_equal(qc_test_read(copy.log, NULL, 0), 0);
    qc_log_fixture_close(&copy);
    (void)sem_destroy(&copy.written);
    (void)sem_destroy(&copy.gate);
}

static void copy_log(const struct qc_log_fixture *f, const char *name)
{
    char path[PATH_MAX];

    qc_folder_path(f->folder, name, path);
    qc_folder_copy(f->path, path);
}

/* The floor is lowered, the batch written, the floor raised: killed after each,
 * the log is either the old one or the new one. */
static void expect_whole_at_every_step(struct qc_log_fixture *f, uint64_t index)
{
    static const struct qc_floor none = {.index = 0};
    char path[PATH_MAX];
    struct qc_floor floor;

    reopen(f); /* It raises the floor. */
    copy_log(f, "before");
    copy_log(f, "lowered");
    qc_folder_path(f->folder, "lowered", path);
    assert_int_equal(qc_floor_write(path, &none), 0);

    qc_log_fixture_hold(f);
    restart(f, index, TERM + 1);
    (void)sem_wait(&f->written);
    assert_int_equal(qc_floor_read(f->path, &floor), 0);
    assert_int_equal(floor.index, 0);
    copy_log(f, "written");
    qc_log_fixture_release(f);
    qc_log_fixture_close(f);
    assert_int_equal(qc_floor_read(f->path, &floor), 0);
    assert_int_equal(floor.index, index);
    assert_int_equal(floor.term, TERM + 1);
    copy_log(f, "raised");

    expect_log(f, "before", 1, N_ENTRIES);
    expect_log(f, "lowered", 1, N_ENTRIES);
    expect_log(f, "written", 0, index);
    expect_log(f, "raised", 0, index);
}

static void a_restart_below_the_end_is_whole_at_every_step(void **state)
{
    expect_whole_at_every_step(*state, 20);
}

static void a_restart_at_the_end_is_whole_at_every_step(void **state)
{
    expect_whole_at_every_step(*state, N_ENTRIES);
}

static void a_restart_beyond_the_end_is_whole_at_every_step(void **state)
{
    expect_whole_at_every_step(*state, 1000);
}

/* The floor may stand where there are no entries any more. */
static void a_compaction_is_whole_at_every_step(void **state)
{
    struct qc_log_fixture *f = *state;
    char path[PATH_MAX];

    reopen(f);
    copy_log(f, "before");
    qc_log_fixture_hold(f);
    compact(f, N_ENTRIES, 31);
    (void)sem_wait(&f->written);
    copy_log(f, "written");
    copy_log(f, "lagging");
    qc_folder_path(f->folder, "lagging", path);
    assert_int_equal(qc_floor_write(path, &(struct qc_floor){12, TERM}), 0);
    qc_log_fixture_release(f);

    expect_log(f, "before", 1, N_ENTRIES);
    expect_log(f, "written", 31, N_ENTRIES);
    expect_log(f, "lagging", 31, N_ENTRIES);
}

int main(void)
{
#define BASE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, qc_log_teardown)
#define NEW_TEST(name) \
    cmocka_unit_test_setup_teardown(name, qc_log_setup, qc_log_teardown)
    const struct CMUnitTest tests[] = {
        NEW_TEST(a_new_log_has_no_manifest_and_the_first_generation),
        BASE_TEST(what_was_compacted_is_gone),
        BASE_TEST(what_was_compacted_takes_no_memory),
        BASE_TEST(a_log_can_be_compacted_to_its_end),
        BASE_TEST(entries_that_wait_survive_a_compaction),
        BASE_TEST(a_restart_beyond_the_end_is_a_new_beginning),
        BASE_TEST(a_restart_below_the_end_cuts_the_rest),
        NEW_TEST(a_new_log_can_be_restarted),
        BASE_TEST(a_restart_forgets_what_is_in_memory),
        BASE_TEST(a_restart_is_told_when_it_is_durable),
        BASE_TEST(what_is_no_manifest_is_a_fault),
        BASE_TEST(a_restart_below_the_end_is_whole_at_every_step),
        BASE_TEST(a_restart_at_the_end_is_whole_at_every_step),
        BASE_TEST(a_restart_beyond_the_end_is_whole_at_every_step),
        BASE_TEST(a_compaction_is_whole_at_every_step),
    };

    return cmocka_run_group_tests_name("log base", tests, NULL, NULL);
}
