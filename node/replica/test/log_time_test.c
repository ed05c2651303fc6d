#include "replica/log_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    OWN = 1,
    N_VOTERS = 3,
    ROUND = 9,
    WALL_MS = 1700000000,
    LAST_MS = 1600000000,
};

static int setup(void **state)
{
    static struct qc_log_time time;

    time = (struct qc_log_time){.is_set = false};
    *state = &time;
    return 0;
}

static void an_answer_that_agrees_ends_the_round(void **state)
{
    struct qc_log_time *time = *state;
    enum qc_clock_verdict verdict;

    qc_log_time_ask(time, ROUND, OWN, 0);
    assert_false(qc_log_time_judge(time, N_VOTERS, 0, &verdict));
    qc_log_time_answer(time, 2, ROUND, 200);
    assert_true(qc_log_time_judge(time, N_VOTERS, 0, &verdict));

    assert_int_equal(verdict, QC_CLOCK_AGREES);
}

static void one_clock_that_is_far_waits_for_the_third(void **state)
{
    struct qc_log_time *time = *state;
    enum qc_clock_verdict verdict;

    qc_log_time_ask(time, ROUND, OWN, 0);
    qc_log_time_answer(time, 2, ROUND, -20000);
    assert_false(qc_log_time_judge(time, N_VOTERS, 999, &verdict));
    qc_log_time_answer(time, 3, ROUND, 100);
    assert_true(qc_log_time_judge(time, N_VOTERS, 999, &verdict));

    assert_int_equal(verdict, QC_CLOCK_AGREES);
}

static void a_majority_that_is_elsewhere_is_right(void **state)
{
    struct qc_log_time *time = *state;
    enum qc_clock_verdict verdict;

    qc_log_time_ask(time, ROUND, OWN, 0);
    qc_log_time_answer(time, 2, ROUND, 20000);
    qc_log_time_answer(time, 3, ROUND, 20100);
    assert_true(qc_log_time_judge(time, N_VOTERS, 10, &verdict));
    assert_int_equal(verdict, QC_CLOCK_IS_FAR);

    qc_log_time_begin(time, verdict, LAST_MS, 10, WALL_MS);
    assert_int_equal(qc_log_time_now_ms(time, 1010, WALL_MS + 1000),
                     LAST_MS + 1000);
}

static void a_new_log_begins_at_the_median(void **state)
{
    struct qc_log_time *time = *state;
    enum qc_clock_verdict verdict;

    qc_log_time_ask(time, ROUND, OWN, 0);
    qc_log_time_answer(time, 2, ROUND, 20000);
    qc_log_time_answer(time, 3, ROUND, 20100);
    assert_true(qc_log_time_judge(time, N_VOTERS, 10, &verdict));
    qc_log_time_begin(time, verdict, 0, 10, WALL_MS);

    assert_int_equal(qc_log_time_last_ms(time), WALL_MS + 20000);
}

static void without_answers_the_clock_is_alone_after_a_second(void **state)
{
    struct qc_log_time *time = *state;
    enum qc_clock_verdict verdict;

    qc_log_time_ask(time, ROUND, OWN, 0);
    qc_log_time_answer(time, 2, ROUND - 1, 0);   /* Of an old round. */
    qc_log_time_answer(time, OWN, ROUND, 20000); /* Its own counts once. */
    assert_false(qc_log_time_judge(time, N_VOTERS, 999, &verdict));
    assert_int_equal(qc_log_time_next_ms(time), 1000);
    assert_true(qc_log_time_judge(time, N_VOTERS, 1000, &verdict));

    assert_int_equal(verdict, QC_CLOCK_IS_ALONE);
    assert_int_equal(qc_log_time_next_ms(time), 10000);
}

static void time_goes_on_from_the_last_entry_if_that_is_later(void **state)
{
    struct qc_log_time *time = *state;

    qc_log_time_begin(time, QC_CLOCK_AGREES, WALL_MS + 5000, 0, WALL_MS);
    assert_int_equal(qc_log_time_last_ms(time), WALL_MS + 5000);
    qc_log_time_begin(time, QC_CLOCK_AGREES, LAST_MS, 0, WALL_MS);
    assert_int_equal(qc_log_time_last_ms(time), WALL_MS);
}

/* 0.05 %: half a second in 1,000. */
static void time_is_slewed_towards_the_wall_clock(void **state)
{
    struct qc_log_time *time = *state;
    int64_t now_ms;

    qc_log_time_begin(time, QC_CLOCK_AGREES, WALL_MS + 9000, 0, WALL_MS);
    for (now_ms = 1; now_ms <= 1000000; now_ms++) {
        (void)qc_log_time_now_ms(time, now_ms, WALL_MS + now_ms);
    }
    assert_int_equal(qc_log_time_last_ms(time), WALL_MS + 9000 + 999500);

    qc_log_time_begin(time, QC_CLOCK_AGREES, 0, 0, WALL_MS);
    for (now_ms = 1; now_ms <= 1000000; now_ms++) {
        (void)qc_log_time_now_ms(time, now_ms, WALL_MS + now_ms + 9000);
    }
    assert_int_equal(qc_log_time_last_ms(time), WALL_MS + 1000500);
}

static void time_meets_the_wall_clock_and_stays_with_it(void **state)
{
    struct qc_log_time *time = *state;

    qc_log_time_begin(time, QC_CLOCK_AGREES, WALL_MS + 5, 0, WALL_MS);
    assert_int_equal(qc_log_time_now_ms(time, 100000, WALL_MS + 100000),
                     WALL_MS + 100000);
    assert_int_equal(qc_log_time_now_ms(time, 100001, WALL_MS + 100001),
                     WALL_MS + 100001);
}

static void a_clock_that_jumps_is_not_followed_any_more(void **state)
{
    struct qc_log_time *time = *state;

    qc_log_time_begin(time, QC_CLOCK_AGREES, 0, 0, WALL_MS);
    assert_false(qc_log_time_review(time, QC_CLOCK_IS_ALONE, 1000,
                                    WALL_MS + 1000 + 9000));
    assert_true(qc_log_time_review(time, QC_CLOCK_AGREES, 2000,
                                   WALL_MS + 2000 + 11000));
    assert_false(
        qc_log_time_review(time, QC_CLOCK_AGREES, 3000, WALL_MS + 3000));
    assert_false(time->follows_wall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
        TEST(an_answer_that_agrees_ends_the_round),
        TEST(one_clock_that_is_far_waits_for_the_third),
        TEST(a_majority_that_is_elsewhere_is_right),
        TEST(a_new_log_begins_at_the_median),
        TEST(without_answers_the_clock_is_alone_after_a_second),
        TEST(time_goes_on_from_the_last_entry_if_that_is_later),
        TEST(time_is_slewed_towards_the_wall_clock),
        TEST(time_meets_the_wall_clock_and_stays_with_it),
        TEST(a_clock_that_jumps_is_not_followed_any_more),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
