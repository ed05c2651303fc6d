/*
 * Checkpoints of real replicas: what is cut from the log, how a node that was
 * away gets what is not there any more, and what happens on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replica/replica.h"
#include "replica/test/checkpoints.h"
#include "replica/test/cluster.h"

enum {
    N_NODES = 3,
    AWAY = 3, /* The node that is away. */
    EVERY = 16,
    TRAILING = 4,
    N_COMMANDS = 60,
};

static const int64_t SECOND = 1000; /* In ms. */

static struct qc_cluster *cluster_of(unsigned n_nodes, uint64_t seed)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = n_nodes,
        .seed = seed,
        .checkpoint_entries = EVERY,
        .trailing_entries = TRAILING,
    };

    return qc_cluster_new_with(&settings);
}

static int setup(void **state)
{
    *state = cluster_of(N_NODES, 1);
    return 0;
}

static int teardown(void **state)
{
    qc_cluster_free(*state);
    return 0;
}

/* So many commands, each in an entry of its own. */
static void commit(struct qc_cluster *cluster,
                   unsigned node,
                   unsigned first,
                   unsigned n)
{
    for (unsigned number = first; number < first + n; number++) {
        assert_true(qc_cluster_propose(cluster, node, number, 20 * SECOND));
        qc_cluster_run(cluster, 30);
    }
}

/* A leader that is not the node AWAY. */
static unsigned leader_that_stays(struct qc_cluster *cluster)
{
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);

    while (leader == AWAY) {
        qc_cluster_isolate(cluster, AWAY, true);
        qc_cluster_run(cluster, 5 * SECOND);
        qc_cluster_heal(cluster);
        qc_cluster_run(cluster, SECOND);
        leader = qc_cluster_run_until_leader(cluster, 0);
    }
    return leader;
}

static bool is_installing(const struct qc_cluster *cluster, unsigned node)
{
    return qc_cluster_is_up(cluster, node) &&
           qc_cluster_status(cluster, node).installing;
}

static void take_at_once(struct qc_cluster *cluster)
{
    for (unsigned node = 1; node <= N_NODES; node++) {
        qc_cluster_set_checkpoint_ms(cluster, node, 1);
    }
}

/* Steps until the node AWAY installs a checkpoint. */
static void run_until_installing(struct qc_cluster *cluster)
{
    int64_t until_ms = qc_cluster_now_ms(cluster) + 20 * SECOND;

    while (!is_installing(cluster, AWAY)) {
        assert_true(qc_cluster_step(cluster, until_ms));
    }
}

/* The node AWAY comes back when the others have cut what it needs. */
static unsigned fall_behind(struct qc_cluster *cluster)
{
    unsigned leader = leader_that_stays(cluster);

    qc_cluster_isolate(cluster, AWAY, true);
    commit(cluster, leader, 1, N_COMMANDS);
    for (unsigned node = 1; node <= N_NODES; node++) {
        if (node != AWAY) {
            assert_true(qc_cluster_status(cluster, node).first_index >
                        qc_cluster_status(cluster, AWAY).last_index + 1);
        }
    }
    qc_cluster_heal(cluster);
    return qc_cluster_run_until_leader(cluster, 0);
}

static void assert_all_have(struct qc_cluster *cluster, unsigned n)
{
    qc_cluster_settle(cluster);
    for (unsigned number = 1; number <= n; number++) {
        unsigned done = qc_cluster_times_done(cluster, 1, number);

        if (qc_cluster_outcome(cluster, number).acknowledged) {
            assert_int_equal(done, 1);
        }
        for (unsigned node = 2; node <= N_NODES; node++) {
            assert_int_equal(qc_cluster_times_done(cluster, node, number),
                             done);
        }
    }
}

static void the_log_is_cut_but_for_the_trailing_entries(void **state)
{
    struct qc_cluster *cluster = *state;
    struct qc_replica_status status;

    commit(cluster, leader_that_stays(cluster), 1, N_COMMANDS);
    qc_cluster_settle(cluster);
    for (unsigned node = 1; node <= N_NODES; node++) {
        status = qc_cluster_status(cluster, node);
        assert_true(status.checkpoint_index + EVERY >= status.applied_index);
        assert_int_equal(status.first_index,
                         status.checkpoint_index - TRAILING + 1);
    }
}

/* Whether the node still has the checkpoint |index|. */
static bool has_checkpoint(struct qc_cluster *cluster,
                           unsigned node,
                           uint64_t index)
{
    return qc_mem_checkpoints_has(qc_cluster_checkpoints(cluster, node), index);
}

static void a_checkpoint_that_a_backup_reads_is_kept(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = leader_that_stays(cluster);
    uint64_t index;

    commit(cluster, leader, 1, N_COMMANDS);
    index = qc_cluster_status(cluster, leader).checkpoint_index;
    qc_replica_note_backup(qc_cluster_replica(cluster, leader), index);
    commit(cluster, leader, N_COMMANDS + 1, N_COMMANDS);
    assert_true(has_checkpoint(cluster, leader, index));

    qc_cluster_run(cluster, 60 * SECOND);
    commit(cluster, leader, 2 * N_COMMANDS + 1, N_COMMANDS);
    assert_false(has_checkpoint(cluster, leader, index));
}

static void a_node_that_was_away_installs_a_checkpoint(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)fall_behind(cluster);
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
    assert_int_equal(qc_cluster_outcome(cluster, N_COMMANDS).acknowledged, 1);
}

static void what_was_installed_survives_a_restart_of_all(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)fall_behind(cluster);
    qc_cluster_settle(cluster);
    for (unsigned node = 1; node <= N_NODES; node++) {
        qc_cluster_crash(cluster, node);
    }
    for (unsigned node = 1; node <= N_NODES; node++) {
        qc_cluster_restart(cluster, node);
    }
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

/* After each step of fetching and installing the node dies once. */
static void a_crash_at_any_step_ends_in_the_old_or_the_new_state(void **state)
{
    unsigned n_resumed = 0;
    unsigned n_begun = 0;

    (void)state;
    for (unsigned n_steps = 0; n_steps < 60; n_steps++) {
        struct qc_cluster *cluster = cluster_of(N_NODES, 1 + n_steps);

        (void)fall_behind(cluster);
        run_until_installing(cluster);
        for (unsigned step = 0; step < n_steps; step++) {
            (void)qc_cluster_step(cluster, INT64_MAX);
        }
        n_begun += is_installing(cluster, AWAY) ? 1 : 0;
        qc_cluster_crash(cluster, AWAY);
        qc_cluster_restart(cluster, AWAY);
        assert_all_have(cluster, N_COMMANDS);
        assert_true(qc_cluster_n_installed(cluster, AWAY) >= 1);
        n_resumed +=
            qc_mem_checkpoints_n_resumed(qc_cluster_checkpoints(cluster, AWAY));
        qc_cluster_free(cluster);
    }
    assert_true(n_begun > 20);
    assert_true(n_resumed > 5);
}

/* Nobody has the checkpoint that was begun: it is given up, and what the next
 * leader has instead is taken. */
static void a_leader_that_dies_meanwhile_is_followed_by_another_offer(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = fall_behind(cluster);
    unsigned third = 6 - AWAY - leader;

    run_until_installing(cluster);
    qc_cluster_crash(cluster, leader);
    qc_mem_checkpoints_lose(qc_cluster_checkpoints(cluster, third));
    qc_cluster_run(cluster, 20 * SECOND);
    assert_false(is_installing(cluster, AWAY));
    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
    commit(cluster, AWAY, N_COMMANDS + 1, 1);
    qc_cluster_run(cluster, SECOND);

    assert_true(qc_cluster_outcome(cluster, N_COMMANDS + 1).acknowledged);
    qc_cluster_restart(cluster, leader);
    assert_all_have(cluster, N_COMMANDS + 1);
}

static void what_the_leader_cannot_send_any_member_can(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader;

    take_at_once(cluster); /* So that all take the same. */
    leader = fall_behind(cluster);
    run_until_installing(cluster);
    qc_mem_checkpoints_lose(qc_cluster_checkpoints(cluster, leader));
    qc_cluster_run(cluster, 500);

    assert_true(qc_cluster_n_installed(cluster, AWAY) > 0);
}

static void a_leader_that_has_lost_its_checkpoint_takes_another(void **state)
{
    struct qc_cluster *cluster = *state;

    take_at_once(cluster);
    (void)fall_behind(cluster);
    for (unsigned node = 1; node <= N_NODES; node++) {
        qc_mem_checkpoints_lose(qc_cluster_checkpoints(cluster, node));
    }
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

/* What its own loop is at work on ends first. */
static void an_installation_waits_for_a_checkpoint_that_is_taken(void **state)
{
    struct qc_cluster *cluster = *state;
    struct qc_mem_checkpoints *checkpoints =
        qc_cluster_checkpoints(cluster, AWAY);
    unsigned leader = leader_that_stays(cluster);
    bool were_both = false;

    qc_cluster_set_checkpoint_ms(cluster, AWAY, 20 * SECOND);
    commit(cluster, leader, 1, EVERY + 1);
    qc_cluster_run(cluster, 100);
    assert_true(qc_mem_checkpoints_is_taking(checkpoints));
    qc_cluster_isolate(cluster, AWAY, true);
    commit(cluster, leader, EVERY + 2, N_COMMANDS);
    qc_cluster_heal(cluster);
    for (int64_t until_ms = qc_cluster_now_ms(cluster) + 40 * SECOND;
         qc_cluster_step(cluster, until_ms);) {
        were_both = were_both || (is_installing(cluster, AWAY) &&
                                  qc_mem_checkpoints_is_taking(checkpoints));
        assert_false(qc_mem_checkpoints_is_taking(checkpoints) &&
                     qc_mem_checkpoints_is_installing(checkpoints));
    }
    assert_all_have(cluster, EVERY + 1 + N_COMMANDS);

    assert_true(were_both);
    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

static void what_does_not_verify_is_fetched_again(void **state)
{
    struct qc_cluster *cluster = *state;

    qc_mem_checkpoints_spoil(qc_cluster_checkpoints(cluster, AWAY), 2);
    (void)fall_behind(cluster);
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_fault(cluster, AWAY), 0);
    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

/* It is the others' copy that is damaged: nothing is wrong with this node. */
static void what_never_verifies_is_given_up_and_replaced(void **state)
{
    struct qc_cluster *cluster = *state;

    qc_mem_checkpoints_spoil(qc_cluster_checkpoints(cluster, AWAY), 4);
    (void)fall_behind(cluster);
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_fault(cluster, AWAY), 0);
    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

/* Nobody writes meanwhile, so the next one is of the same index. */
static void a_damaged_checkpoint_of_an_idle_cluster_is_replaced(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = leader_that_stays(cluster);

    qc_cluster_isolate(cluster, AWAY, true);
    commit(cluster, leader, 1, N_COMMANDS);
    qc_cluster_run(cluster, SECOND);
    for (unsigned node = 1; node <= N_NODES; node++) {
        if (node != AWAY) {
            assert_int_equal(
                qc_replica_take_checkpoint(qc_cluster_replica(cluster, node)),
                0);
        }
    }
    qc_cluster_run(cluster, SECOND);
    for (unsigned node = 1; node <= N_NODES; node++) {
        qc_mem_checkpoints_damage(qc_cluster_checkpoints(cluster, node));
    }
    assert_int_equal(qc_cluster_status(cluster, leader).checkpoint_index,
                     qc_cluster_status(cluster, leader).last_index);
    qc_cluster_heal(cluster);
    assert_all_have(cluster, N_COMMANDS);

    assert_int_equal(qc_cluster_fault(cluster, AWAY), 0);
    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

/* Its entry lies inside the checkpoint, so it is never seen applied. */
static void a_request_inside_the_checkpoint_is_answered_all_the_same(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = leader_that_stays(cluster);
    const unsigned number = N_COMMANDS + 1;

    assert_true(qc_cluster_propose(cluster, AWAY, number, 60 * SECOND));
    qc_cluster_cut(cluster, leader, AWAY, true); /* It is forwarded, */
    qc_cluster_run(cluster, 15);                 /* and nothing comes back. */
    qc_cluster_isolate(cluster, AWAY, true);
    commit(cluster, leader, 1, N_COMMANDS);
    assert_int_equal(qc_cluster_times_done(cluster, leader, number), 1);
    assert_false(qc_cluster_outcome(cluster, number).acknowledged);
    qc_cluster_heal(cluster);
    qc_cluster_settle(cluster);
    qc_cluster_run(cluster, SECOND);

    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
    assert_true(qc_cluster_outcome(cluster, number).acknowledged);
    assert_int_equal(qc_cluster_times_done(cluster, AWAY, number), 1);
}

static void a_read_waits_for_the_rows_of_the_checkpoint(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)fall_behind(cluster);
    run_until_installing(cluster);
    assert_true(qc_cluster_read(cluster, AWAY, 20 * SECOND));
    qc_cluster_settle(cluster);
    qc_cluster_run(cluster, SECOND);

    /* The cluster checks that its rows hold all that was acknowledged. */
    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 1);
}

/* While somebody fetches, so much of the log stays that it can go on. */
static void a_fetch_that_takes_long_is_followed_by_the_log(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = fall_behind(cluster);
    uint64_t index;

    qc_cluster_set_checkpoint_ms(cluster, AWAY, 6 * SECOND);
    run_until_installing(cluster);
    index = qc_cluster_status(cluster, leader).checkpoint_index;
    qc_cluster_run(cluster, 200);
    for (unsigned number = 1; number <= 5 * EVERY; number++) {
        (void)qc_cluster_propose(cluster, leader, N_COMMANDS + number,
                                 20 * SECOND);
        qc_cluster_run(cluster, 30);
    }
    assert_true(qc_cluster_status(cluster, leader).checkpoint_index >
                index + EVERY);
    assert_true(qc_cluster_status(cluster, leader).first_index <= index + 1);
    assert_all_have(cluster, N_COMMANDS + 5 * EVERY);

    assert_int_equal(qc_cluster_n_installed(cluster, AWAY), 1);
}

static void every_fault_of_the_disk_in_a_checkpoint_stops_the_node(void **state)
{
    unsigned n_faults = 0;

    (void)state;
    for (unsigned nth = 1; nth <= 40; nth++) {
        struct qc_cluster *cluster = cluster_of(N_NODES, nth);
        unsigned leader = leader_that_stays(cluster);

        commit(cluster, leader, 1, EVERY - 4);
        qc_cluster_fail_disk_at(cluster, leader, nth);
        for (unsigned number = EVERY; number < 2 * EVERY; number++) {
            (void)qc_cluster_propose(cluster, AWAY, number, 20 * SECOND);
            qc_cluster_run(cluster, 30);
        }
        qc_cluster_run(cluster, SECOND);
        if (qc_cluster_fault(cluster, leader) != 0) {
            assert_int_equal(qc_cluster_fault(cluster, leader), QC_E_IO);
            n_faults++;
            qc_cluster_restart(cluster, leader);
        }
        assert_all_have(cluster, 2 * EVERY);
        qc_cluster_free(cluster);
    }
    assert_true(n_faults > 30);
}

/* Of five, two are away, and one of them comes back to each of two leaders. */
static void five_nodes_follow_two_leaders_checkpoints(void **state)
{
    struct qc_cluster *cluster = cluster_of(5, 7);
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned first = leader % 5 + 1;
    unsigned second = first % 5 + 1;

    (void)state;
    qc_cluster_isolate(cluster, first, true);
    qc_cluster_isolate(cluster, second, true);
    commit(cluster, leader, 1, N_COMMANDS);
    qc_cluster_isolate(cluster, first, false);
    qc_cluster_isolate(cluster, second, true);
    qc_cluster_run(cluster, 5 * SECOND);
    qc_cluster_crash(cluster, qc_cluster_run_until_leader(cluster, 0));
    qc_cluster_heal(cluster);
    qc_cluster_settle(cluster);

    assert_int_equal(qc_cluster_n_installed(cluster, first), 1);
    assert_int_equal(qc_cluster_n_installed(cluster, second), 1);
    for (unsigned number = 1; number <= N_COMMANDS; number++) {
        assert_int_equal(qc_cluster_times_done(cluster, first, number), 1);
        assert_int_equal(qc_cluster_times_done(cluster, second, number), 1);
    }
    qc_cluster_free(cluster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_log_is_cut_but_for_the_trailing_entries),
        TEST(a_checkpoint_that_a_backup_reads_is_kept),
        TEST(a_node_that_was_away_installs_a_checkpoint),
        TEST(what_was_installed_survives_a_restart_of_all),
        TEST(a_leader_that_dies_meanwhile_is_followed_by_another_offer),
        TEST(what_the_leader_cannot_send_any_member_can),
        TEST(a_leader_that_has_lost_its_checkpoint_takes_another),
        TEST(an_installation_waits_for_a_checkpoint_that_is_taken),
        TEST(what_does_not_verify_is_fetched_again),
        TEST(what_never_verifies_is_given_up_and_replaced),
        TEST(a_damaged_checkpoint_of_an_idle_cluster_is_replaced),
        TEST(a_request_inside_the_checkpoint_is_answered_all_the_same),
        TEST(a_read_waits_for_the_rows_of_the_checkpoint),
        TEST(a_fetch_that_takes_long_is_followed_by_the_log),
#undef TEST
        cmocka_unit_test(a_crash_at_any_step_ends_in_the_old_or_the_new_state),
        cmocka_unit_test(
            every_fault_of_the_disk_in_a_checkpoint_stops_the_node),
        cmocka_unit_test(five_nodes_follow_two_leaders_checkpoints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
