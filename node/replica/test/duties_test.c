/* What nodes propose by themselves, and what they do about room. */
#include "replica/duties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/refusal.h"
#include "replica/inside.h"
#include "replica/replica.h"
#include "replica/test/cluster.h"
#include "replica/test/fake_machine.h"

enum {
    N_NODES = 3,
    COMPARE_MS = 2000,
};

static const int64_t SECOND = 1000; /* In ms. */

static int setup(void **state)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = N_NODES,
        .seed = 1,
        .version = 2,
        .compare_ms = COMPARE_MS,
    };

    *state = qc_cluster_new_with(&settings);
    return 0;
}

static int teardown(void **state)
{
    qc_cluster_free(*state);
    return 0;
}

static unsigned other_than(unsigned node)
{
    return node % N_NODES + 1;
}

static unsigned any_leader(struct qc_cluster *cluster)
{
    (void)qc_cluster_run_until_leader(cluster, 0);
    qc_cluster_run(cluster, SECOND);
    return qc_cluster_run_until_leader(cluster, 0);
}

/* --- reports and hashes --- */

static void each_node_reports_once_in_its_life(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    qc_cluster_run(cluster, 20 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_reported, N_NODES * N_NODES);

    qc_cluster_crash(cluster, other_than(leader));
    qc_cluster_run(cluster, SECOND);
    qc_cluster_restart(cluster, other_than(leader));
    qc_cluster_run(cluster, 20 * SECOND);
    /* Its rows may have lost some of them, and counted them again. */
    assert_in_range(qc_cluster_ledger(cluster)->n_reported,
                    N_NODES * N_NODES + N_NODES,
                    N_NODES * N_NODES + 2 * N_NODES);
}

static void an_idle_cluster_compares_once_and_then_writes_nothing(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    uint64_t last;

    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_compared, N_NODES);
    last = qc_cluster_status(cluster, leader).last_index;
    qc_cluster_run(cluster, 600 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last);

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_compared, 2 * N_NODES);
}

static void before_the_cluster_version_allows_it_nothing_is_compared(
    void **state)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = N_NODES,
        .seed = 1,
        .version = 1,
        .compare_ms = COMPARE_MS,
    };
    struct qc_cluster *cluster = qc_cluster_new_with(&settings);
    unsigned leader = any_leader(cluster);

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_set_room(cluster, leader, QC_ROOM_LOW);
    qc_cluster_run(cluster, 20 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_reported, N_NODES * N_NODES);
    assert_int_equal(qc_cluster_ledger(cluster)->n_compared, 0);
    assert_int_equal(qc_cluster_ledger(cluster)->n_raised, 0);
    qc_cluster_free(cluster);
    (void)state;
}

static void dice(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    uint8_t *last = ctx;

    (*last)++;
    for (size_t i = 0; i < QC_ENTROPY_SIZE; i++) {
        bytes[i] = *last;
    }
}

/* A node may answer late, and the leader have died and come back meanwhile: to
 * take its hash for that of another index would stop it for good. */
static void comparisons_of_another_life_have_other_numbers(void **state)
{
    static struct qc_replica replica;
    uint8_t last = 0;
    uint64_t number;

    replica.options.clocks.ctx = &last;
    replica.options.clocks.entropy = dice;
    qc_duties_init(&replica);
    number = replica.duties.comparison.number;
    qc_duties_init(&replica);
    assert_int_not_equal(replica.duties.comparison.number, number);
    (void)state;
}

static void stops_alone(struct qc_cluster *cluster, unsigned bad)
{
    (void)qc_cluster_propose(cluster, other_than(bad), 1, 5 * SECOND);
    qc_cluster_spoil(cluster, bad);
    qc_cluster_run(cluster, 10 * SECOND);
    for (unsigned i = 1; i <= N_NODES; i++) {
        assert_int_equal(qc_cluster_is_up(cluster, i), i != bad);
        assert_int_equal(qc_cluster_fault(cluster, i),
                         i == bad ? QC_E_DIFFERS : 0);
    }
    assert_true(qc_cluster_outcome(cluster, 1).acknowledged);

    /* And it does not come back. */
    qc_cluster_restart(cluster, bad);
    assert_int_equal(qc_cluster_fault(cluster, bad), QC_E_DIFFERS);
}

static void a_node_whose_state_differs_stops(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    stops_alone(cluster, other_than(leader));
}

static void a_leader_whose_state_differs_stops(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    stops_alone(cluster, leader);
}

/* A node that does not answer holds nothing up, and a minority accuses nobody.
 */
static void hashes_are_compared_when_a_majority_answers(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned away = other_than(leader);

    qc_cluster_run(cluster, 10 * SECOND);
    qc_cluster_crash(cluster, away);
    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_compared,
                     N_NODES + N_NODES - 1);
}

/* --- room --- */

static void a_node_that_has_little_room_raises_its_alarm_once(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned node = other_than(leader);

    qc_cluster_set_room(cluster, node, QC_ROOM_LOW);
    qc_cluster_run(cluster, 10 * SECOND);
    qc_cluster_set_room(cluster, node, QC_ROOM_NONE);
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_raised, N_NODES);
    assert_int_equal(qc_cluster_ledger(cluster)->n_disarmed, 0);
    assert_true(qc_cluster_status(cluster, node).read_only);

    qc_cluster_set_room(cluster, node, QC_ROOM_ENOUGH);
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_raised, N_NODES);
    assert_int_equal(qc_cluster_ledger(cluster)->n_disarmed, N_NODES);
    assert_false(qc_cluster_status(cluster, node).read_only);
}

/* The rows do not know the node yet, perhaps. */
static void an_alarm_that_was_refused_is_raised_again(void **state)
{
    struct qc_cluster *cluster = *state;
    const struct qc_ledger *ledger = qc_cluster_ledger(cluster);
    unsigned node = other_than(any_leader(cluster));
    unsigned n_refused;

    qc_cluster_refuse_alarms(cluster, QC_REFUSED_MEMBER_UNKNOWN);
    qc_cluster_set_room(cluster, node, QC_ROOM_LOW);
    qc_cluster_run(cluster, 10 * SECOND);
    n_refused = ledger->n_raised;
    assert_in_range(n_refused, 3 * N_NODES, 6 * N_NODES); /* Not in haste. */
    qc_cluster_refuse_alarms(cluster, 0);
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(ledger->n_raised, n_refused + N_NODES);
}

/* Its disk was full when it died, and was cleared. */
static void an_alarm_of_an_earlier_life_is_disarmed(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned node = other_than(leader);

    qc_cluster_set_room(cluster, node, QC_ROOM_LOW);
    qc_cluster_run(cluster, 5 * SECOND);
    qc_cluster_crash(cluster, node);
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_disarmed, 0);
    qc_cluster_restart(cluster, node);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_disarmed, 0);
    qc_cluster_set_room(cluster, node, QC_ROOM_ENOUGH);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_ledger(cluster)->n_disarmed, N_NODES);
}

/* The others have room: nobody is turned away. */
static void a_full_follower_stops_nobody(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    qc_cluster_set_room(cluster, other_than(leader), QC_ROOM_NONE);
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    assert_true(qc_cluster_propose(cluster, other_than(leader), 2, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_outcome(cluster, 1).acknowledged);
    assert_true(qc_cluster_outcome(cluster, 2).acknowledged);
}

static void a_full_leader_hands_over_to_one_that_has_room(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned full = other_than(leader);
    unsigned next = other_than(full);

    qc_cluster_set_room(cluster, full, QC_ROOM_NONE);
    qc_cluster_run(cluster, SECOND);
    qc_cluster_set_room(cluster, leader, QC_ROOM_LOW);
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    qc_cluster_set_room(cluster, leader, QC_ROOM_NONE);
    qc_cluster_run(cluster, 100);
    assert_int_equal(qc_cluster_status(cluster, next).leader_id, next);
}

static void when_most_are_full_writes_are_refused_at_once(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned follower = other_than(leader);
    uint64_t last;

    qc_cluster_run(cluster, 10 * SECOND);
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_set_room(cluster, i, QC_ROOM_NONE);
    }
    qc_cluster_run(cluster, SECOND);
    last = qc_cluster_status(cluster, leader).last_index;
    assert_true(qc_cluster_propose(cluster, leader, 1, 10 * SECOND));
    assert_true(qc_cluster_propose(cluster, follower, 2, 10 * SECOND));
    qc_cluster_run(cluster, 100);
    assert_int_equal(qc_cluster_outcome(cluster, 1).last, QC_OUTCOME_NO_SPACE);
    assert_int_equal(qc_cluster_outcome(cluster, 2).last, QC_OUTCOME_NO_SPACE);
    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last);
    assert_true(qc_cluster_status(cluster, leader).read_only);

    /* Reads go on. */
    assert_true(qc_cluster_read(cluster, follower, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 1);

    /* One has room again: that makes two with a leader of three. */
    qc_cluster_set_room(cluster, leader, QC_ROOM_ENOUGH);
    qc_cluster_set_room(cluster, follower, QC_ROOM_ENOUGH);
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_propose(cluster, leader, 3, SECOND));
    assert_true(qc_cluster_propose(cluster, follower, 4, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_outcome(cluster, 3).acknowledged);
    assert_true(qc_cluster_outcome(cluster, 4).acknowledged);
}

/* They were taken before anybody was full. */
static void what_was_appended_before_is_answered(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    assert_true(qc_cluster_step(cluster, INT64_MAX));
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_set_room(cluster, i, QC_ROOM_NONE);
    }
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_outcome(cluster, 1).acknowledged);
}

/* Also when the voters say at the election that they are full. */
static void a_full_cluster_elects_a_leader(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, 3);
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_set_room(cluster, i, QC_ROOM_NONE);
    }
    qc_cluster_crash(cluster, leader);
    leader = qc_cluster_run_until_leader(cluster, 0);
    qc_cluster_run(cluster, SECOND);
    assert_true(qc_cluster_propose(cluster, leader, 2, SECOND));
    qc_cluster_run(cluster, SECOND / 2);
    assert_int_equal(qc_cluster_outcome(cluster, 2).last, QC_OUTCOME_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(each_node_reports_once_in_its_life),
        TEST(an_idle_cluster_compares_once_and_then_writes_nothing),
        TEST(a_node_whose_state_differs_stops),
        TEST(a_leader_whose_state_differs_stops),
        TEST(hashes_are_compared_when_a_majority_answers),
        TEST(a_node_that_has_little_room_raises_its_alarm_once),
        TEST(an_alarm_that_was_refused_is_raised_again),
        TEST(an_alarm_of_an_earlier_life_is_disarmed),
        TEST(a_full_follower_stops_nobody),
        TEST(a_full_leader_hands_over_to_one_that_has_room),
        TEST(when_most_are_full_writes_are_refused_at_once),
        TEST(what_was_appended_before_is_answered),
        TEST(a_full_cluster_elects_a_leader),
#undef TEST
        cmocka_unit_test(
            before_the_cluster_version_allows_it_nothing_is_compared),
        cmocka_unit_test(comparisons_of_another_life_have_other_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
