/* A histogram of durations. */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_bound_holds_what_is_at_most_it_and_nothing_above(void **state)
{
    (void)state;
    for (unsigned bit = 2; bit < QC_HISTOGRAM_BITS - 1; bit++) {
        static struct qc_histogram h;
        uint64_t bound = UINT64_C(1) << bit;

        h = (struct qc_histogram){.sum_us = 0};
        qc_histogram_add(&h, 0);
        qc_histogram_add(&h, bound);
        qc_histogram_add(&h, bound + 1);
        assert_int_equal(qc_histogram_count_to(&h, bound), 2);
        assert_int_equal(qc_histogram_count_to(&h, 2 * bound), 3);
        assert_int_equal(qc_histogram_count(&h), 3);
        assert_int_equal(qc_histogram_sum_us(&h), 2 * bound + 1);
    }
}

static void counts_grow_from_bound_to_bound(void **state)
{
    static struct qc_histogram h;
    uint64_t last = 0;

    (void)state;
    for (uint64_t us = 0; us < 5000; us++) {
        qc_histogram_add(&h, us);
    }
    for (uint64_t bound = 4; bound <= 4096; bound *= 2) {
        /* 0 is among them. */
        assert_int_equal(qc_histogram_count_to(&h, bound), bound + 1);
        assert_true(qc_histogram_count_to(&h, bound) > last);
        last = qc_histogram_count_to(&h, bound);
    }
    assert_int_equal(qc_histogram_count_to(&h, 8192), 5000);
}

static void what_is_too_long_for_any_bound_is_counted(void **state)
{
    static struct qc_histogram h;

    (void)state;
    qc_histogram_add(&h, UINT64_MAX);
    qc_histogram_add(&h, UINT64_C(1) << 60);
    assert_int_equal(qc_histogram_count(&h), 2);
    assert_int_equal(qc_histogram_count_to(&h, UINT64_C(1) << 32), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_holds_what_is_at_most_it_and_nothing_above),
        cmocka_unit_test(counts_grow_from_bound_to_bound),
        cmocka_unit_test(what_is_too_long_for_any_bound_is_counted),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
