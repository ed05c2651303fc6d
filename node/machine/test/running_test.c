#include "machine/running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/row.h"
#include "machine/test/fixture.h"
#include "quorumcall/state/v1/timer.pb-c.h"

enum {
    MANY = 1000, /* More than there are buckets. */
};

static struct qc_key key_of(uint32_t n)
{
    struct qc_key key;

    qc_key_begin(&key, FIXTURE_TENANT, (enum qc_space)'!');
    qc_key_put_u32(&key, n);
    return key;
}

static Qc__State__Timer *row_of(struct fixture *f, uint32_t n)
{
    struct qc_key key = key_of(n);

    return qc_running_row(&f->txn, &qc__state__timer__descriptor, &key);
}

static const Qc__State__Timer *look(struct qc_txn *txn, uint32_t n)
{
    struct qc_key key = key_of(n);

    return qc_running_look(txn, &qc__state__timer__descriptor, &key);
}

static const Qc__State__Timer *written(struct fixture *f, uint32_t n)
{
    struct qc_key key = key_of(n);

    return qc_row_get(&f->txn, &qc__state__timer__descriptor, &key);
}

static void what_commands_add_to_is_written_when_the_entry_ends(void **state)
{
    struct fixture *f = *state;

    assert_null(look(&f->txn, 1));
    row_of(f, 1)->due_ms += 500;
    row_of(f, 1)->due_ms += 500;
    assert_null(written(f, 1));
    assert_int_equal(look(&f->txn, 1)->due_ms, 1000);
    fixture_next(f, 1);
    assert_int_equal(written(f, 1)->due_ms, 1000);

    row_of(f, 1)->due_ms += 1;
    assert_int_equal(written(f, 1)->due_ms, 1000);
    fixture_next(f, 1);
    assert_int_equal(written(f, 1)->due_ms, 1001);
}

static void a_query_is_told_what_is_written(void **state)
{
    struct fixture *f = *state;
    struct qc_txn view;

    row_of(f, 1)->due_ms = 500;
    qc_machine_view(&f->machine, &f->arena, &view);
    assert_null(look(&view, 1));
    fixture_next(f, 1);
    qc_machine_view(&f->machine, &f->arena, &view);
    assert_int_equal(look(&view, 1)->due_ms, 500);
}

static void of_an_entry_that_came_to_nothing_nothing_is_left(void **state)
{
    static const uint8_t entropy[16] = {0};
    struct fixture *f = *state;

    row_of(f, 1)->due_ms = 500;
    qc_machine_begin(&f->machine, &f->arena, f->machine.applied_index + 1, 0,
                     entropy, &f->txn);
    f->txn.tenant = FIXTURE_TENANT;
    assert_null(look(&f->txn, 1));
    fixture_next(f, 1);
    assert_null(written(f, 1));
}

static void many_rows_are_told_apart(void **state)
{
    struct fixture *f = *state;

    for (uint32_t n = 0; n < MANY; n++) {
        row_of(f, n)->due_ms = n + 1;
    }
    fixture_next(f, 1);
    for (uint32_t n = 0; n < MANY; n++) {
        assert_int_equal(written(f, n)->due_ms, n + 1);
        assert_int_equal(look(&f->txn, n)->due_ms, n + 1);
    }
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_commands_add_to_is_written_when_the_entry_ends),
        TEST(a_query_is_told_what_is_written),
        TEST(of_an_entry_that_came_to_nothing_nothing_is_left),
        TEST(many_rows_are_told_apart),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
