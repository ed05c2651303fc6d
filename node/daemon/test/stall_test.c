/* How long the loop is busy, by whose fault, and when that is worth a line. */
#include "daemon/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A machine whose time passes when it is told to. */
static struct machine {
    uint64_t now_us;
    struct qc_stall_usage usage;
    unsigned n_looks; /* At the usage. */
    /* That others take the processor for, once, when the usage is asked for, */
    uint64_t wait_before_us;
    uint64_t wait_after_us; /* and when it was told. */
} machine;

static uint64_t now_us(void *ctx)
{
    const struct machine *m = ctx;

    return m->now_us;
}

static void waits_for_a_processor(uint64_t us)
{
    machine.now_us += us;
    machine.usage.queued_us += us;
}

static void usage(void *ctx, struct qc_stall_usage *usage_out)
{
    struct machine *m = ctx;

    m->n_looks++;
    waits_for_a_processor(m->wait_before_us);
    *usage_out = m->usage;
    waits_for_a_processor(m->wait_after_us);
    m->wait_before_us = 0;
    m->wait_after_us = 0;
}

static void works(uint64_t us)
{
    machine.now_us += us;
    machine.usage.cpu_us += us;
}

static void waits_for_a_disk(uint64_t us)
{
    machine.now_us += us;
}

static struct qc_stall stall;

static int setup(void **state)
{
    const struct qc_stall_clocks clocks = {
        .now_us = now_us,
        .usage = usage,
        .ctx = &machine,
    };

    (void)state;
    machine = (struct machine){.now_us = 1000000};
    qc_stall_init(&stall, &clocks);
    return 0;
}

/* Between two turns. */
static void idles(uint64_t us)
{
    machine.now_us += us;
}

static struct qc_stall_turn end_turn(bool expect_long)
{
    struct qc_stall_turn turn;

    assert_int_equal(qc_stall_end_turn(&stall, &turn), expect_long);
    return turn;
}

static void turn_of(uint64_t us)
{
    qc_stall_begin_turn(&stall);
    works(us);
    (void)end_turn(us > QC_STALL_WARN_US);
}

/* --- tests ---------------------------------------------------------------- */

static void waiting_for_events_is_no_stall(void **state)
{
    (void)state;
    turn_of(500);
    idles(90000);
    turn_of(3000);
    assert_int_equal(stall.wall_max_us, 3000);
    assert_int_equal(stall.own_max_us, 3000);
}

static void the_longest_is_kept(void **state)
{
    (void)state;
    turn_of(7000);
    turn_of(2000);
    assert_int_equal(stall.wall_max_us, 7000);
    assert_int_equal(stall.own_max_us, 7000);
}

static void what_others_had_of_the_processor_is_not_the_loops_own(void **state)
{
    struct qc_stall_turn turn;

    (void)state;
    qc_stall_begin_turn(&stall);
    works(3000);
    waits_for_a_processor(50000);
    turn = end_turn(true);
    assert_int_equal(turn.wall_us, 53000);
    assert_int_equal(turn.own_us, 3000);
    assert_int_equal(turn.cpu_us, 3000);
    assert_int_equal(stall.wall_max_us, 53000);
    assert_int_equal(stall.own_max_us, 3000);
}

static void waiting_for_a_disk_is_the_loops_own(void **state)
{
    struct qc_stall_turn turn;

    (void)state;
    qc_stall_begin_turn(&stall);
    works(1000);
    waits_for_a_processor(9000);
    waits_for_a_disk(20000);
    turn = end_turn(true);
    assert_int_equal(turn.own_us, 21000);
    assert_int_equal(turn.cpu_us, 1000);
}

static void a_wait_that_may_have_been_before_the_turn_is_no_excuse(void **state)
{
    (void)state;
    turn_of(100);
    waits_for_a_processor(800); /* Too soon after it to look again. */
    qc_stall_begin_turn(&stall);
    waits_for_a_disk(20000);
    assert_int_equal(end_turn(true).own_us, 20000);
}

static void a_wait_long_before_the_turn_does_not_count(void **state)
{
    (void)state;
    turn_of(100);
    waits_for_a_processor(90000);
    qc_stall_begin_turn(&stall);
    waits_for_a_disk(20000);
    assert_int_equal(end_turn(true).own_us, 20000);
}

static void a_wait_while_a_turn_begins_is_not_the_loops_own(void **state)
{
    (void)state;
    idles(20000);
    machine.wait_before_us = 105000;
    turn_of(3000);
    assert_int_equal(stall.own_max_us, 3000);
    idles(20000);
    machine.wait_after_us = 105000;
    turn_of(4000);
    assert_int_equal(stall.own_max_us, 4000);
    assert_int_equal(stall.wall_max_us, 4000);
}

static void a_wait_after_the_turn_is_no_excuse(void **state)
{
    (void)state;
    idles(20000);
    qc_stall_begin_turn(&stall);
    waits_for_a_disk(12000);
    machine.wait_before_us = 105000;
    assert_int_equal(end_turn(true).own_us, 12000);
    qc_stall_begin_turn(&stall);
    waits_for_a_disk(12000);
    waits_for_a_processor(3000);
    machine.wait_after_us = 105000;
    assert_int_equal(end_turn(true).own_us, 15000);
}

static void the_kernel_is_not_asked_more_than_once_a_millisecond(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        turn_of(10);
        idles(10);
    }
    assert_in_range(machine.n_looks, 10, 20);
}

static void the_part_that_took_longest_is_named(void **state)
{
    enum qc_stall_part before;
    enum qc_stall_part inner;
    struct qc_stall_turn turn;

    (void)state;
    qc_stall_begin_turn(&stall);
    works(4000);
    before = qc_stall_enter(&stall, QC_STALL_LOG_READ);
    works(3000);
    inner = qc_stall_enter(&stall, QC_STALL_APPLY);
    works(6000);
    qc_stall_leave(&stall, inner);
    works(2500);
    qc_stall_leave(&stall, before);
    works(1000);
    turn = end_turn(true);
    assert_string_equal(qc_stall_part_name(turn.part), "apply");
    assert_int_equal(turn.part_us, 6000);

    /* And the next turn begins with none of it. */
    qc_stall_begin_turn(&stall);
    works(20);
    turn = end_turn(false);
    assert_string_equal(qc_stall_part_name(turn.part), "events");
    assert_int_equal(turn.part_us, 20);
}

static void nobody_needs_to_be_told_of_parts(void **state)
{
    (void)state;
    qc_stall_leave(NULL, qc_stall_enter(NULL, QC_STALL_APPLY));
}

static void warnings_are_added_up_and_come_now_and_then(void **state)
{
    struct qc_stall_turn longest;

    (void)state;
    turn_of(QC_STALL_WARN_US + 1);
    turn_of(QC_STALL_WARN_US + 500);
    turn_of(QC_STALL_WARN_US + 2);
    assert_int_equal(qc_stall_warning(&stall, &longest), 0);

    idles(QC_STALL_QUIET_US);
    turn_of(1);
    assert_int_equal(qc_stall_warning(&stall, &longest), 3);
    assert_int_equal(longest.wall_us, QC_STALL_WARN_US + 500);

    idles(QC_STALL_QUIET_US);
    turn_of(1);
    assert_int_equal(qc_stall_warning(&stall, &longest), 0);
}

static void ten_milliseconds_are_not_worth_a_warning(void **state)
{
    struct qc_stall_turn longest;

    (void)state;
    turn_of(QC_STALL_WARN_US);
    idles(QC_STALL_QUIET_US);
    turn_of(1);
    assert_int_equal(qc_stall_warning(&stall, &longest), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waiting_for_events_is_no_stall),
        TEST(the_longest_is_kept),
        TEST(what_others_had_of_the_processor_is_not_the_loops_own),
        TEST(waiting_for_a_disk_is_the_loops_own),
        TEST(a_wait_that_may_have_been_before_the_turn_is_no_excuse),
        TEST(a_wait_long_before_the_turn_does_not_count),
        TEST(a_wait_while_a_turn_begins_is_not_the_loops_own),
        TEST(a_wait_after_the_turn_is_no_excuse),
        TEST(the_kernel_is_not_asked_more_than_once_a_millisecond),
        TEST(the_part_that_took_longest_is_named),
        TEST(nobody_needs_to_be_told_of_parts),
        TEST(warnings_are_added_up_and_come_now_and_then),
        TEST(ten_milliseconds_are_not_worth_a_warning),
    };

    return cmocka_run_group_tests_name("stall", tests, NULL, NULL);
}
