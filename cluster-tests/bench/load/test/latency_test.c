#include "cluster-tests/bench/load/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    MEDIAN = 500000, /* Millionths. */
    P99 = 990000,
    ALL = 1000000,
};

static void without_any_it_is_zero(void **state)
{
    static struct qc_latency latency;

    (void)state;
    assert_int_equal(qc_latency_at(&latency, MEDIAN), 0);
    assert_int_equal(qc_latency_at(&latency, ALL), 0);
}

static void below_128_us_each_value_is_itself(void **state)
{
    (void)state;
    for (uint64_t us = 0; us < 128; us++) {
        struct qc_latency latency = {0};

        qc_latency_add(&latency, us);
        qc_latency_add(&latency, 1000000); /* So that it is not the greatest. */
        assert_int_equal(qc_latency_at(&latency, MEDIAN), us);
    }
}

static void no_value_is_told_less_or_more_than_a_64th_more(void **state)
{
    (void)state;
    for (uint64_t us = 128; us < UINT64_C(1) << 32; us += us / 97 + 1) {
        struct qc_latency latency = {0};
        uint64_t told;

        qc_latency_add(&latency, us);
        qc_latency_add(&latency, UINT64_C(1) << 40);
        told = qc_latency_at(&latency, MEDIAN);
        assert_in_range(told, us, us + us / 64);
    }
}

static void nothing_is_told_above_the_greatest(void **state)
{
    struct qc_latency latency = {0};

    (void)state;
    qc_latency_add(&latency, 1000);
    assert_int_equal(qc_latency_at(&latency, MEDIAN), 1000);
    assert_int_equal(qc_latency_at(&latency, ALL), 1000);
}

static void a_percentile_is_the_first_value_that_so_many_do_not_exceed(
    void **state)
{
    struct qc_latency latency = {0};

    (void)state;
    for (uint64_t us = 1; us <= 100; us++) {
        qc_latency_add(&latency, us);
    }
    assert_int_equal(qc_latency_at(&latency, MEDIAN), 50);
    assert_int_equal(qc_latency_at(&latency, P99), 99);
    assert_int_equal(qc_latency_at(&latency, P99 + 1), 100);
    assert_int_equal(qc_latency_at(&latency, ALL), 100);
}

static void what_takes_longer_than_71_minutes_is_one_bucket(void **state)
{
    struct qc_latency latency = {0};
    uint64_t longest = UINT64_C(1) << 40;

    (void)state;
    qc_latency_add(&latency, UINT64_C(1) << 32);
    qc_latency_add(&latency, longest);
    assert_int_equal(latency.counts[QC_LATENCY_BUCKETS - 1], 2);
    assert_int_equal(latency.max_us, longest);
}

static void it_is_written_with_its_buckets(void **state)
{
    struct qc_latency latency = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    qc_latency_add(&latency, 3);
    qc_latency_add(&latency, 3);
    qc_latency_add(&latency, 200);
    qc_latency_write(&latency, out);
    fclose(out);
    assert_string_equal(
        text, "{\"n\": 3, \"mean_us\": 68, \"p50_us\": 3, \"p90_us\": 200, "
              "\"p99_us\": 200, \"p999_us\": 200, \"max_us\": 200, "
              "\"buckets\": [[3, 2], [201, 1]]}");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_it_is_zero),
        cmocka_unit_test(below_128_us_each_value_is_itself),
        cmocka_unit_test(no_value_is_told_less_or_more_than_a_64th_more),
        cmocka_unit_test(nothing_is_told_above_the_greatest),
        cmocka_unit_test(
            a_percentile_is_the_first_value_that_so_many_do_not_exceed),
        cmocka_unit_test(what_takes_longer_than_71_minutes_is_one_bucket),
        cmocka_unit_test(it_is_written_with_its_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
