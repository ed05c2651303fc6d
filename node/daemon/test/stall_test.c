/* How long the loop is busy, and when that is worth a line. */
#include "daemon/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    START_US = 1000000,
};

static void waiting_is_no_stall(void **state)
{
    struct qc_stall stall = {.last_us = 0};

    (void)state;
    qc_stall_turn(&stall, START_US, 500);
    qc_stall_turn(&stall, START_US + 90000, 500 + 90000);
    assert_int_equal(stall.max_us, 0);
    qc_stall_turn(&stall, START_US + 100000, 500 + 97000);
    assert_int_equal(stall.max_us, 3000);
}

static void what_was_before_the_first_turn_does_not_count(void **state)
{
    struct qc_stall stall = {.last_us = 0};

    (void)state;
    qc_stall_turn(&stall, START_US, 0);
    assert_int_equal(stall.max_us, 0);
}

static void the_longest_is_kept(void **state)
{
    struct qc_stall stall = {.last_us = 0};

    (void)state;
    qc_stall_turn(&stall, START_US, 0);
    qc_stall_turn(&stall, START_US + 7000, 0);
    qc_stall_turn(&stall, START_US + 9000, 0);
    assert_int_equal(stall.max_us, 7000);
}

static void warnings_are_added_up_and_come_now_and_then(void **state)
{
    struct qc_stall stall = {.last_us = 0};
    struct qc_stall_warning warning;
    uint64_t now_us = START_US;

    (void)state;
    qc_stall_turn(&stall, now_us, 0);
    now_us += QC_STALL_WARN_US + 1;
    assert_int_equal(qc_stall_turn(&stall, now_us, 0).n, 0);
    now_us += QC_STALL_WARN_US + 500;
    assert_int_equal(qc_stall_turn(&stall, now_us, 0).n, 0);

    now_us += QC_STALL_QUIET_US;
    warning = qc_stall_turn(&stall, now_us, QC_STALL_QUIET_US);
    assert_int_equal(warning.n, 2);
    assert_int_equal(warning.max_us, QC_STALL_WARN_US + 500);

    now_us += QC_STALL_QUIET_US;
    warning = qc_stall_turn(&stall, now_us, 2 * (uint64_t)QC_STALL_QUIET_US);
    assert_int_equal(warning.n, 0);
}

static void ten_milliseconds_are_not_worth_a_warning(void **state)
{
    struct qc_stall stall = {.last_us = 0};
    uint64_t now_us = START_US;

    (void)state;
    qc_stall_turn(&stall, now_us, 0);
    now_us += QC_STALL_WARN_US;
    qc_stall_turn(&stall, now_us, 0);
    now_us += QC_STALL_QUIET_US;
    assert_int_equal(qc_stall_turn(&stall, now_us, QC_STALL_QUIET_US).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_is_no_stall),
        cmocka_unit_test(what_was_before_the_first_turn_does_not_count),
        cmocka_unit_test(the_longest_is_kept),
        cmocka_unit_test(warnings_are_added_up_and_come_now_and_then),
        cmocka_unit_test(ten_milliseconds_are_not_worth_a_warning),
    };

    return cmocka_run_group_tests_name("stall", tests, NULL, NULL);
}
