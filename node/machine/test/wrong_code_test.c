#include "machine/wrong_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/test/visits.h"
#include "machine/timer.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 60 * MINUTE_MS,
};

static void count(struct fixture *f, const char *ani, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        qc_wrong_code_count(&f->txn, ACCESS, ani);
    }
    fixture_done(f, 0);
}

static void more_than_thirty_in_a_minute_put_a_number_on_guard(void **state)
{
    struct fixture *f = *state;

    count(f, "", 30);
    assert_false(qc_wrong_code_is_guarded(&f->txn, ACCESS));
    count(f, "", 1);
    assert_true(qc_wrong_code_is_guarded(&f->txn, ACCESS));
    f->txn.now_ms += MINUTE_MS;
    assert_false(qc_wrong_code_is_guarded(&f->txn, ACCESS));
}

/* Five in each span of 10 s are thirty in a minute; what is older leaves. */
static void old_spans_leave_one_by_one(void **state)
{
    struct fixture *f = *state;

    f->txn.now_ms += 10000 - f->txn.now_ms % 10000;
    for (unsigned i = 0; i < 50; i++) {
        count(f, "", 5);
        assert_false(qc_wrong_code_is_guarded(&f->txn, ACCESS));
        f->txn.now_ms += 10000;
    }
    count(f, "", 6);
    assert_true(qc_wrong_code_is_guarded(&f->txn, ACCESS));
    f->txn.now_ms += 10000;
    assert_false(qc_wrong_code_is_guarded(&f->txn, ACCESS));
}

static void ten_from_a_caller_block_him_for_an_hour(void **state)
{
    struct fixture *f = *state;

    count(f, BEN, 9);
    f->txn.now_ms += HOUR_MS - 1;
    assert_false(qc_wrong_code_is_blocked(&f->txn, ACCESS, BEN));
    count(f, BEN, 1);
    assert_true(qc_wrong_code_is_blocked(&f->txn, ACCESS, BEN));
    assert_false(qc_wrong_code_is_blocked(&f->txn, ACCESS, ANN));
    f->txn.now_ms += HOUR_MS - 1;
    assert_true(qc_wrong_code_is_blocked(&f->txn, ACCESS, BEN));
    f->txn.now_ms += 1;
    assert_false(qc_wrong_code_is_blocked(&f->txn, ACCESS, BEN));
}

static void those_of_an_hour_ago_do_not_count(void **state)
{
    struct fixture *f = *state;

    count(f, BEN, 9);
    f->txn.now_ms += HOUR_MS;
    count(f, BEN, 9);
    assert_false(qc_wrong_code_is_blocked(&f->txn, ACCESS, BEN));
}

static void callers_are_forgotten_after_an_hour(void **state)
{
    struct fixture *f = *state;
    size_t n_rows = qc_mem_store_rows(f->mem);

    count(f, BEN, 3);
    fixture_next(f, HOUR_MS);
    qc_timer_fire_due(&f->txn, 0);
    fixture_done(f, 0);
    /* The number's own row stays. */
    assert_int_equal(qc_mem_store_rows(f->mem), n_rows + 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, visits_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(more_than_thirty_in_a_minute_put_a_number_on_guard),
        TEST(old_spans_leave_one_by_one),
        TEST(ten_from_a_caller_block_him_for_an_hour),
        TEST(those_of_an_hour_ago_do_not_count),
        TEST(callers_are_forgotten_after_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
