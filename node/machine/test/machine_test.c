#include "machine/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/index.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/row.h"
#include "machine/test/fixture.h"

#define A "+442079460001"

/* Some of everything. */
static int setup(void **state)
{
    struct fixture *f;

    assert_int_equal(fixture_setup(state), 0);
    f = *state;
    fixture_pool(f, "sales", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    fixture_number(f, A, "sales");
    qc_number_reserve(&f->txn, A, 1);
    qc_number_rests(&f->txn, A, 1, f->txn.now_ms + 1000);
    fixture_next(f, 0);
    return 0;
}

static int verify(struct fixture *f, const char *text)
{
    char said[256];
    int r = qc_machine_verify(&f->machine, said, sizeof(said));

    assert_string_equal(said, text);
    return r;
}

static void an_empty_store_is_a_machine_at_the_beginning(void **state)
{
    struct qc_mem_store *mem = qc_mem_store_new();
    struct qc_machine machine;

    (void)state;
    assert_non_null(mem);
    assert_int_equal(qc_machine_open(&machine, qc_mem_store_as_store(mem)), 0);
    assert_int_equal(machine.applied_index, 0);
    assert_int_equal(machine.now_ms, 0);
    assert_int_equal(qc_index_count(machine.index), 0);
    qc_machine_close(&machine);
    qc_machine_close(&machine); /* Half-made, or closed, is fine. */
    qc_mem_store_free(mem);
}

static void a_machine_that_is_opened_again_is_the_same(void **state)
{
    struct fixture *f = *state;
    struct qc_machine before = f->machine;
    size_t indexed = qc_index_count(f->machine.index);

    fixture_reopen(f); /* Commits one entry first. */
    assert_int_equal(f->machine.applied_index, before.applied_index + 1);
    assert_int_equal(f->machine.now_ms, f->txn.now_ms);
    assert_memory_not_equal(f->machine.hash, before.hash, QC_HASH_SIZE);
    assert_int_equal(qc_index_count(f->machine.index), indexed);
    assert_int_equal(verify(f, ""), 0);
}

static void time_never_goes_back(void **state)
{
    struct fixture *f = *state;
    int64_t now_ms = f->txn.now_ms;

    fixture_next(f, -5000);
    assert_int_equal(f->txn.now_ms, now_ms);
}

static void equal_entries_give_equal_hashes(void **state)
{
    struct fixture *f = *state;
    uint8_t hash[QC_HASH_SIZE];

    memcpy(hash, f->machine.hash, sizeof(hash));
    assert_int_equal(fixture_teardown(state), 0);
    assert_int_equal(setup(state), 0);
    f = *state;
    assert_memory_equal(f->machine.hash, hash, QC_HASH_SIZE);
    fixture_next(f, 0);
    assert_memory_not_equal(f->machine.hash, hash, QC_HASH_SIZE);
}

static void a_view_reads_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct qc_txn view;

    qc_machine_view(&f->machine, &f->arena, &view);
    view.tenant = FIXTURE_TENANT;
    assert_non_null(qc_number_get(&view, A));
    assert_int_equal(view.log_index, f->machine.applied_index);
    assert_null(view.fold);
}

static void a_fault_commits_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t applied = f->machine.applied_index;
    unsigned commits = qc_mem_store_commits(f->mem);

    qc_txn_fail(&f->txn, QC_E_CORRUPT);
    assert_int_equal(qc_machine_commit(&f->machine, &f->txn), QC_E_CORRUPT);
    assert_int_equal(qc_mem_store_commits(f->mem), commits);
    assert_int_equal(f->machine.applied_index, applied);
}

static void a_failed_commit_is_a_fault(void **state)
{
    struct fixture *f = *state;
    uint64_t applied = f->machine.applied_index;

    qc_mem_store_fail_at(f->mem, 2); /* The row of how far it is comes first. */
    assert_int_equal(qc_machine_commit(&f->machine, &f->txn), QC_E_IO);
    assert_int_equal(f->machine.applied_index, applied);
}

/* The number's row, as it can be broken. */
static void put(struct fixture *f, const Qc__State__NumberRow *row)
{
    struct qc_key key;

    qc_key_begin(&key, FIXTURE_TENANT, QC_SPACE_NUMBER);
    qc_key_put_str(&key, A);
    qc_row_put(&f->txn, &key, row);
    assert_int_equal(f->txn.fault, 0);
}

static void an_index_that_no_row_derives_is_found(void **state)
{
    struct fixture *f = *state;
    struct qc_key key;

    qc_key_begin(&key, FIXTURE_TENANT, QC_SPACE_WAITING);
    qc_index_add(&f->txn, &key, 1);
    assert_int_equal(verify(f, "index %00%00%00%01z: is not what the rows "
                               "derive"),
                     QC_E_CORRUPT);
}

static void a_row_that_was_changed_behind_its_index_is_found(void **state)
{
    struct fixture *f = *state;
    Qc__State__NumberRow *row = qc_number_get(&f->txn, A);

    row->number->state = QC__V1__NUMBER_STATE__NUMBER_STATE_FREE;
    put(f, row);
    assert_int_equal(verify(f, "index %00%00%00%01msales%00%01: is not what "
                               "the rows derive"),
                     QC_E_CORRUPT);
}

static void rows_in_contradiction_are_found(void **state)
{
    struct fixture *f = *state;
    Qc__State__NumberRow *row = qc_number_get(&f->txn, A);

    row->number->quarantine_until_ms++;
    put(f, row);
    assert_int_equal(verify(f, "number %00%00%00%01N" A
                               "%00: it does not rest until it says"),
                     QC_E_CORRUPT);
}

static void a_finding_is_cut_to_its_room(void **state)
{
    struct fixture *f = *state;
    Qc__State__NumberRow *row = qc_number_get(&f->txn, A);
    char said[7];

    row->number->quarantine_until_ms++;
    put(f, row);
    assert_int_equal(qc_machine_verify(&f->machine, said, sizeof(said)),
                     QC_E_CORRUPT);
    assert_string_equal(said, "number");
}

/* Whatever operation fails while opening: the fault is the answer, and nothing
 * is left behind. */
static void every_storage_fault_is_the_answer_of_opening(void **state)
{
    struct fixture *f = *state;
    int r = QC_E_IO;

    fixture_next(f, 0);
    for (unsigned nth = 1; r != 0; nth++) {
        struct qc_machine machine;

        assert_true(nth < 1000);
        qc_mem_store_fail_at(f->mem, nth);
        r = qc_machine_open(&machine, qc_mem_store_as_store(f->mem));
        qc_mem_store_fail_at(f->mem, 0);
        assert_true(r == 0 || r == QC_E_IO);
        assert_int_equal(qc_mem_store_open_cursors(f->mem), 0);
        qc_machine_close(&machine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
#define BREAKS(name) \
    cmocka_unit_test_setup_teardown(name, setup, fixture_teardown_broken)
        cmocka_unit_test(an_empty_store_is_a_machine_at_the_beginning),
        TEST(a_machine_that_is_opened_again_is_the_same),
        TEST(time_never_goes_back),
        TEST(equal_entries_give_equal_hashes),
        TEST(a_view_reads_what_is_there),
        BREAKS(a_fault_commits_nothing),
        BREAKS(a_failed_commit_is_a_fault),
        BREAKS(an_index_that_no_row_derives_is_found),
        BREAKS(a_row_that_was_changed_behind_its_index_is_found),
        BREAKS(rows_in_contradiction_are_found),
        BREAKS(a_finding_is_cut_to_its_room),
        TEST(every_storage_fault_is_the_answer_of_opening),
#undef TEST
#undef BREAKS
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
