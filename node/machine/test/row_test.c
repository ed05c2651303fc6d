#include "machine/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"
#include "quorumcall/state/v1/pool.pb-c.h"
#include "quorumcall/state/v1/timer.pb-c.h"

static struct qc_key any_key(void)
{
    struct qc_key key;

    qc_key_begin(&key, FIXTURE_TENANT, (enum qc_space)'!');
    return key;
}

static void a_row_is_read_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct qc_key key = any_key();
    Qc__State__Timer *timer =
        qc_row_new(&f->txn, &qc__state__timer__descriptor);
    const Qc__State__Timer *read;

    assert_non_null(timer);
    timer->kind = 3;
    timer->due_ms = INT64_MAX;
    timer->rearmed = true;
    qc_row_put(&f->txn, &key, timer);
    read = qc_row_get(&f->txn, &qc__state__timer__descriptor, &key);
    assert_non_null(read);
    assert_int_equal(read->kind, 3);
    assert_true(read->due_ms == INT64_MAX);
    assert_true(read->rearmed);
}

static void a_copy_does_not_change_with_the_row(void **state)
{
    struct fixture *f = *state;
    Qc__State__Timer *timer =
        qc_row_new(&f->txn, &qc__state__timer__descriptor);
    const Qc__State__Timer *copy;

    assert_non_null(timer);
    timer->kind = 3;
    copy = qc_row_copy(&f->txn, timer);
    assert_non_null(copy);
    timer->kind = 4;
    assert_int_equal(copy->kind, 3);
}

static void a_list_with_one_more_is_another_list(void **state)
{
    struct fixture *f = *state;
    const void *one = qc_row_new(&f->txn, &qc__state__timer__descriptor);
    const void *two = qc_row_new(&f->txn, &qc__state__timer__descriptor);
    const void *const *first = qc_row_append(&f->txn, NULL, 0, one);
    const void *const *second = qc_row_append(&f->txn, first, 1, two);
    const void *const *other = qc_row_append(&f->txn, first, 1, one);

    assert_non_null(second);
    assert_non_null(other);
    assert_ptr_equal(first[0], one);
    assert_ptr_equal(second[0], one);
    assert_ptr_equal(second[1], two);
    assert_ptr_equal(other[1], one);
    assert_null(qc_row_append(&f->txn, first, 1, NULL));
}

static void a_field_of_a_newer_release_survives(void **state)
{
    /* {1: 3, 99: "new"} */
    static const uint8_t newer[] = {0x82, 0x01, 0x03, 0x63,
                                    0xa3, 'n',  'e',  'w'};
    struct fixture *f = *state;
    struct qc_key key = any_key();
    Qc__State__Timer *timer;
    struct qc_bytes bytes;

    qc_put(&f->txn, &key, (struct qc_bytes){newer, sizeof(newer)});
    timer = qc_row_get(&f->txn, &qc__state__timer__descriptor, &key);
    assert_non_null(timer);
    qc_row_put(&f->txn, &key, timer);
    assert_true(qc_get(&f->txn, &key, &bytes));
    assert_int_equal(bytes.size, sizeof(newer));
    assert_memory_equal(bytes.data, newer, sizeof(newer));
}

static void a_broken_row_is_a_fault(void **state)
{
    static const uint8_t broken[] = {0x81, 0x01, 0xc0}; /* {1: nil} */
    struct fixture *f = *state;
    struct qc_key key = any_key();

    qc_put(&f->txn, &key, (struct qc_bytes){broken, sizeof(broken)});
    assert_null(qc_row_get(&f->txn, &qc__state__timer__descriptor, &key));
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
}

static void a_row_without_its_object_is_a_fault(void **state)
{
    static const uint8_t empty[] = {0x80}; /* {} */
    struct fixture *f = *state;
    struct qc_key key = any_key();

    qc_put(&f->txn, &key, (struct qc_bytes){empty, sizeof(empty)});
    assert_non_null(qc_row_get(&f->txn, &qc__state__timer__descriptor, &key));
    assert_null(qc_row_get(&f->txn, &qc__state__pool_row__descriptor, &key));
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
}

static void absence_is_no_fault(void **state)
{
    struct fixture *f = *state;
    struct qc_key key = any_key();

    assert_null(qc_row_get(&f->txn, &qc__state__timer__descriptor, &key));
    assert_int_equal(f->txn.fault, 0);
}

static void after_a_fault_nothing_is_read_or_written(void **state)
{
    struct fixture *f = *state;
    struct qc_key key = any_key();
    unsigned operations = qc_mem_store_operations(f->mem);
    struct qc_key next;
    struct qc_bytes bytes;

    qc_txn_fail(&f->txn, QC_E_IO);
    qc_put(&f->txn, &key, (struct qc_bytes){NULL, 0});
    qc_del(&f->txn, &key);
    assert_false(qc_get(&f->txn, &key, &bytes));
    assert_null(qc_open(&f->txn, &key, NULL));
    assert_false(qc_next(&f->txn, NULL, &next, &bytes));
    qc_close(&f->txn, NULL);
    assert_int_equal(qc_mem_store_operations(f->mem), operations);
    assert_int_equal(qc_txn_fail(&f->txn, QC_E_CORRUPT), QC_E_IO);
    assert_int_equal(qc_txn_answer(&f->txn, QC_REFUSED_QUOTA), QC_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                       \
    cmocka_unit_test_setup_teardown(name, fixture_setup, \
                                    fixture_teardown_broken)
        TEST(a_row_is_read_as_it_was_written),
        TEST(a_copy_does_not_change_with_the_row),
        TEST(a_list_with_one_more_is_another_list),
        TEST(a_field_of_a_newer_release_survives),
        TEST(a_broken_row_is_a_fault),
        TEST(a_row_without_its_object_is_a_fault),
        TEST(absence_is_no_fault),
        TEST(after_a_fault_nothing_is_read_or_written),
#undef TEST
    };

    return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
