/* Entries that are made for timers alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replica/test/cluster.h"

enum {
    N_NODES = 3,
    TICK_AGAIN_MS = 5, /* As decision 0063 has it. */
};

static const int64_t SECOND = 1000; /* In ms. */

static int setup(void **state)
{
    *state = qc_cluster_new(N_NODES, 1);
    return 0;
}

static int teardown(void **state)
{
    qc_cluster_free(*state);
    return 0;
}

static void a_timer_that_is_due_makes_one_entry(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    int64_t due_ms;
    uint64_t last;

    qc_cluster_run(cluster, SECOND);
    last = qc_cluster_status(cluster, leader).last_index;
    due_ms = QC_CLUSTER_WALL_MS + qc_cluster_now_ms(cluster) + 3 * SECOND;
    qc_cluster_set_timer_ms(cluster, due_ms);
    qc_cluster_run(cluster, 2 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last);
    qc_cluster_run(cluster, 2 * SECOND);

    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last + 1);
    assert_int_equal(qc_cluster_n_commands_at(cluster, last + 1), 0);
    assert_in_range(qc_cluster_at_ms(cluster, last + 1), due_ms, due_ms + 50);
}

/* Each leaves some, as when an outage has heaped them up. To commit one takes
 * longer here than they must be apart, but not always. */
static void timers_that_are_left_are_fired_5_ms_later(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t first;
    uint64_t last;

    qc_cluster_run(cluster, SECOND);
    first = qc_cluster_status(cluster, leader).last_index + 1;
    qc_cluster_set_timer_ms(cluster, 0);
    qc_cluster_run(cluster, SECOND);
    last = qc_cluster_status(cluster, leader).last_index - 1; /* It is done. */

    assert_in_range(last - first, 80, SECOND / TICK_AGAIN_MS);
    for (uint64_t i = first; i < last; i++) {
        int64_t apart_ms =
            qc_cluster_at_ms(cluster, i + 1) - qc_cluster_at_ms(cluster, i);

        assert_true(apart_ms >= TICK_AGAIN_MS);
    }
}

static void a_timer_makes_no_entry_while_one_is_under_way(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t last;

    qc_cluster_run(cluster, SECOND);
    last = qc_cluster_status(cluster, leader).last_index;
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_set_disk_ms(cluster, i, 1000000);
    }
    qc_cluster_set_timer_ms(cluster, 0);
    qc_cluster_run(cluster, SECOND);

    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_timer_that_is_due_makes_one_entry),
        TEST(timers_that_are_left_are_fired_5_ms_later),
        TEST(a_timer_makes_no_entry_while_one_is_under_way),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
