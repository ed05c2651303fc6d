/* Members that come, vote and go; and leadership that is handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replica/replica.h"
#include "replica/test/cluster.h"

enum {
    N_MEMBERS = 3,
    N_NODES = 6,
};

static const int64_t SECOND = 1000; /* In ms. */

static int setup(void **state)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = N_MEMBERS,
        .n_joining = N_NODES - N_MEMBERS,
        .seed = 1,
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
    return node % N_MEMBERS + 1;
}

static unsigned third(unsigned a, unsigned b)
{
    return 6 - a - b;
}

static unsigned other_of_four(unsigned a, unsigned b)
{
    unsigned other = 1;

    while (other == a || other == b) {
        other++;
    }
    return other;
}

static bool is_acknowledged(const struct qc_cluster *cluster, unsigned number)
{
    return qc_cluster_outcome(cluster, number).acknowledged;
}

/* A leader that may append, after the cluster's first second. */
static unsigned any_leader(struct qc_cluster *cluster)
{
    (void)qc_cluster_run_until_leader(cluster, 0);
    qc_cluster_run(cluster, SECOND);
    return qc_cluster_run_until_leader(cluster, 0);
}

static void join(struct qc_cluster *cluster,
                 unsigned id,
                 enum qc_cluster_role role)
{
    qc_cluster_want(cluster, id, role);
    qc_cluster_restart(cluster, id);
}

/* Whether all that run have the same idea of |id|. */
static bool all_hold(struct qc_cluster *cluster,
                     unsigned id,
                     enum qc_cluster_role role)
{
    for (unsigned i = 1; i <= N_NODES; i++) {
        if (qc_cluster_is_up(cluster, i) &&
            qc_cluster_role(cluster, i, id) != role) {
            return false;
        }
    }
    return true;
}

/* --- members --- */

static void a_new_member_is_a_standby_before_it_votes(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    bool was_standby = false;
    int64_t until_ms;

    for (unsigned number = 1; number <= 100; number++) {
        assert_true(qc_cluster_propose(cluster, leader, number, SECOND));
        qc_cluster_run(cluster, 5);
    }
    join(cluster, 4, QC_CLUSTER_VOTER);
    until_ms = qc_cluster_now_ms(cluster) + 2 * SECOND;
    while (qc_cluster_step(cluster, until_ms)) {
        enum qc_cluster_role role = qc_cluster_role(cluster, leader, 4);

        was_standby = was_standby || role == QC_CLUSTER_STANDBY;
        assert_true(role != QC_CLUSTER_VOTER || was_standby);
    }
    assert_true(was_standby);
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
    qc_cluster_settle(cluster);
    assert_int_equal(qc_cluster_times_done(cluster, 4, 100), 1);
}

static void a_standby_stays_one_until_it_is_to_vote(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)any_leader(cluster);
    join(cluster, 4, QC_CLUSTER_STANDBY);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_true(all_hold(cluster, 4, QC_CLUSTER_STANDBY));

    qc_cluster_want(cluster, 4, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, SECOND);
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
}

/* A voter that cannot be reached would cost the cluster its next failure. */
static void a_standby_that_does_not_catch_up_never_votes(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    qc_cluster_want(cluster, 4, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_role(cluster, leader, 4), QC_CLUSTER_STANDBY);

    qc_cluster_restart(cluster, 4);
    qc_cluster_set_disk_ms(cluster, 4, 1000000);
    for (unsigned number = 1; number <= 100; number++) {
        (void)qc_cluster_propose(cluster, leader, number, SECOND);
        qc_cluster_run(cluster, 100);
        assert_int_equal(qc_cluster_role(cluster, leader, 4),
                         QC_CLUSTER_STANDBY);
    }
    qc_cluster_crash(cluster, 4);
    qc_cluster_set_disk_ms(cluster, 4, 2);
    qc_cluster_restart(cluster, 4);
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_role(cluster, leader, 4), QC_CLUSTER_VOTER);
}

/* It was up to date, and then it died: that is no reason to let it vote. */
static void a_standby_that_died_never_votes(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    join(cluster, 4, QC_CLUSTER_STANDBY);
    qc_cluster_run(cluster, 2 * SECOND);
    qc_cluster_crash(cluster, 4);
    qc_cluster_run(cluster, SECOND);
    qc_cluster_want(cluster, 4, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_role(cluster, leader, 4), QC_CLUSTER_STANDBY);
}

static void three_become_five_and_three_again(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader;

    (void)any_leader(cluster);
    join(cluster, 4, QC_CLUSTER_VOTER);
    join(cluster, 5, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, 3 * SECOND);
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
    assert_true(all_hold(cluster, 5, QC_CLUSTER_VOTER));

    qc_cluster_want(cluster, 1, QC_CLUSTER_OUT);
    qc_cluster_want(cluster, 2, QC_CLUSTER_OUT);
    qc_cluster_run(cluster, 10 * SECOND);
    qc_cluster_crash(cluster, 1);
    qc_cluster_crash(cluster, 2);
    leader = qc_cluster_run_until_leader(cluster, 0);
    assert_true(all_hold(cluster, 1, QC_CLUSTER_OUT));
    assert_true(all_hold(cluster, 2, QC_CLUSTER_OUT));
    assert_true(leader >= 3);

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(is_acknowledged(cluster, 1));
}

static void a_dead_node_is_replaced(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned dead = other_than(leader);

    qc_cluster_crash(cluster, dead);
    qc_cluster_want(cluster, dead, QC_CLUSTER_OUT);
    join(cluster, 4, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, 5 * SECOND);

    assert_true(all_hold(cluster, dead, QC_CLUSTER_OUT));
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
}

/* Guard 3. */
/* Of the four that vote from now on, one is dead, and one does not know that it
 * votes: without its vote there would never be a leader again. */
static void a_voter_that_has_not_heard_of_its_promotion_votes(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    int64_t until_ms;

    qc_cluster_crash(cluster, other_than(leader));
    join(cluster, 4, QC_CLUSTER_STANDBY);
    qc_cluster_run(cluster, 5 * SECOND);
    qc_cluster_want(cluster, 4, QC_CLUSTER_VOTER);
    until_ms = qc_cluster_now_ms(cluster) + 5 * SECOND;
    while (qc_cluster_role(cluster, leader, 4) != QC_CLUSTER_VOTER) {
        assert_true(qc_cluster_step(cluster, until_ms));
    }
    qc_cluster_isolate(cluster, 4, true);
    qc_cluster_drop_messages(cluster);
    qc_cluster_run(cluster, 3 * SECOND);
    assert_int_equal(qc_cluster_role(cluster, 4, 4), QC_CLUSTER_STANDBY);
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, 0);

    qc_cluster_heal(cluster);
    leader = qc_cluster_run_until_leader(cluster, 0);
    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(is_acknowledged(cluster, 1));
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
}

static void there_are_never_fewer_than_three_voters(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    qc_cluster_want(cluster, other_than(leader), QC_CLUSTER_OUT);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_true(all_hold(cluster, other_than(leader), QC_CLUSTER_VOTER));
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
}

static void a_leader_that_is_removed_hands_over_first(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader;
    unsigned next;

    (void)any_leader(cluster);
    join(cluster, 4, QC_CLUSTER_VOTER);
    qc_cluster_run(cluster, 3 * SECOND);
    leader = qc_cluster_run_until_leader(cluster, 0);
    qc_cluster_want(cluster, leader, QC_CLUSTER_OUT);
    qc_cluster_run(cluster, 300);
    next = (unsigned)qc_cluster_status(cluster, leader).leader_id;
    assert_true(next != leader && next != 0);
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_role(cluster, next, leader), QC_CLUSTER_OUT);

    /* Whoever is gone unseats nobody. */
    qc_cluster_run(cluster, 20 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, next).leader_id, next);
    qc_cluster_crash(cluster, leader);
}

/* The change stands in the log of a leader that is cut off, and nowhere else.
 */
static void a_change_that_was_not_committed_is_rolled_back(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned next;

    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, SECOND);
    qc_cluster_isolate(cluster, leader, true);
    qc_cluster_want(cluster, 5, QC_CLUSTER_STANDBY);
    qc_cluster_run(cluster, 100);
    assert_int_equal(qc_cluster_role(cluster, leader, 5), QC_CLUSTER_STANDBY);

    qc_cluster_want(cluster, 5, QC_CLUSTER_OUT);
    next = qc_cluster_run_until_leader(cluster, 0);
    while (next == leader) {
        qc_cluster_run(cluster, 100);
        next = qc_cluster_run_until_leader(cluster, 0);
    }
    qc_cluster_heal(cluster);
    assert_true(qc_cluster_propose(cluster, next, 2, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(is_acknowledged(cluster, 2));
    qc_cluster_settle(cluster);
    assert_true(all_hold(cluster, 5, QC_CLUSTER_OUT));
}

static void a_change_survives_the_leader_that_began_it(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    join(cluster, 4, QC_CLUSTER_VOTER);
    while (qc_cluster_role(cluster, leader, 4) == QC_CLUSTER_OUT) {
        assert_true(qc_cluster_step(cluster, INT64_MAX));
    }
    qc_cluster_crash(cluster, leader);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_true(all_hold(cluster, 4, QC_CLUSTER_VOTER));
}

/* Two leaders that each make a change of the same four voters: each would find
 * a majority of its own, if the second were not to commit an entry of its own
 * first. */
static void a_change_needs_an_entry_of_its_leader_first(void **state)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = 4,
        .n_joining = 1,
        .seed = 1,
    };
    struct qc_cluster *cluster = qc_cluster_new_with(&settings);
    unsigned first;
    unsigned second;
    unsigned lagging;

    join(cluster, 5, QC_CLUSTER_STANDBY);
    first = any_leader(cluster);
    assert_true(qc_cluster_propose(cluster, first, 1, SECOND));
    qc_cluster_run(cluster, SECOND);

    /* The first leader makes 5 a voter, and only 5 hears of it. */
    for (unsigned i = 1; i <= 4; i++) {
        for (unsigned j = 1; j <= 5; j++) {
            qc_cluster_cut(cluster, i, j, (i == first) != (j == first));
            qc_cluster_cut(cluster, j, i, (i == first) != (j == first));
        }
    }
    qc_cluster_cut(cluster, first, 5, false);
    qc_cluster_cut(cluster, 5, first, false);
    qc_cluster_want(cluster, 5, QC_CLUSTER_VOTER);
    while (qc_cluster_role(cluster, 5, 5) != QC_CLUSTER_VOTER) {
        assert_true(qc_cluster_step(cluster, INT64_MAX));
    }
    qc_cluster_want(cluster, 5, QC_CLUSTER_STANDBY);
    for (unsigned i = 1; i <= 4; i++) {
        qc_cluster_cut(cluster, i, 5, i != first);
        qc_cluster_cut(cluster, 5, i, i != first);
    }

    /* The second one removes the first, and of the other two one lags. */
    second = first;
    while (second == first) {
        assert_true(qc_cluster_step(cluster, INT64_MAX));
        second = qc_cluster_run_until_leader(cluster, 0);
    }
    lagging = other_of_four(first, second);
    qc_cluster_isolate(cluster, lagging, true);
    qc_cluster_want(cluster, first, QC_CLUSTER_OUT);
    assert_true(qc_cluster_propose(cluster, second, 2, SECOND));
    qc_cluster_run(cluster, 400);
    assert_false(is_acknowledged(cluster, 2));

    /* The first one comes back, with 5 and the one that lagged. */
    for (unsigned i = 1; i <= 5; i++) {
        qc_cluster_isolate(cluster, i, true);
    }
    for (unsigned i = 1; i <= 5; i++) {
        for (unsigned j = 1; j <= 5; j++) {
            qc_cluster_cut(cluster, i, j,
                           (i == first || i == 5 || i == lagging) !=
                               (j == first || j == 5 || j == lagging));
        }
    }
    qc_cluster_run(cluster, 5 * SECOND);
    qc_cluster_heal(cluster);
    qc_cluster_run(cluster, 20 * SECOND);
    qc_cluster_free(cluster);
    (void)state;
}

/* --- leadership --- */

static void leadership_is_handed_over_in_a_few_milliseconds(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned next = other_than(leader);
    int64_t began_ms;

    /* Commands are under way, and none is lost or refused. */
    for (unsigned number = 1; number <= 20; number++) {
        assert_true(qc_cluster_propose(cluster, leader, number, SECOND));
        qc_cluster_run(cluster, 1);
    }
    began_ms = qc_cluster_now_ms(cluster);
    assert_int_equal(qc_cluster_step_down(cluster, leader, next), 0);
    assert_true(qc_cluster_propose(cluster, leader, 21, SECOND));
    while (qc_cluster_status(cluster, next).leader_id != next) {
        assert_true(qc_cluster_step(cluster, began_ms + 5 * SECOND));
    }
    /* A round for the entries, one to tell it, one to vote: of 10 ms each way
     * at the most; and two writes. */
    assert_true(qc_cluster_now_ms(cluster) - began_ms <= 70);
    qc_cluster_run(cluster, SECOND / 2);
    for (unsigned number = 1; number <= 21; number++) {
        assert_true(is_acknowledged(cluster, number));
    }
}

static void only_another_voter_can_take_over(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);

    join(cluster, 4, QC_CLUSTER_STANDBY);
    qc_cluster_run(cluster, 2 * SECOND);
    assert_int_equal(qc_cluster_step_down(cluster, leader, leader), 1);
    assert_int_equal(qc_cluster_step_down(cluster, leader, 4), 1);
    assert_int_equal(qc_cluster_step_down(cluster, leader, 99), 1);
    assert_int_equal(qc_cluster_step_down(cluster, other_than(leader), 0), 1);
}

/* Its log is complete but not durable: it would not listen. */
static void a_successor_that_still_writes_is_waited_for(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned next = other_than(leader);

    qc_cluster_set_disk_ms(cluster, next, 200);
    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, 30);
    assert_int_equal(qc_cluster_step_down(cluster, leader, next), 0);
    qc_cluster_run(cluster, 300);
    assert_int_equal(qc_cluster_status(cluster, next).leader_id, next);
}

static void when_one_successor_fails_another_is_found(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned deaf = other_than(leader);
    unsigned next = third(leader, deaf);

    /* It answers, but whatever it hears of its vote it never passes on. */
    qc_cluster_cut(cluster, deaf, next, true);
    qc_cluster_set_disk_ms(cluster, deaf, 2000);
    assert_true(qc_cluster_propose(cluster, leader, 1, 5 * SECOND));
    qc_cluster_run(cluster, 40);
    assert_int_equal(qc_cluster_step_down(cluster, leader, 0), 0);
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_status(cluster, next).leader_id, next);
    qc_cluster_run(cluster, 2 * SECOND);
    assert_true(is_acknowledged(cluster, 1));
}

/* And the old one goes on. */
static void when_nobody_takes_over_the_leader_goes_on(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned next = other_than(leader);

    for (unsigned i = 1; i <= N_MEMBERS; i++) {
        qc_cluster_set_disk_ms(cluster, i, i == next ? 5000 : 2);
    }
    assert_true(qc_cluster_propose(cluster, leader, 1, 5 * SECOND));
    qc_cluster_run(cluster, 40);
    assert_int_equal(qc_cluster_step_down(cluster, leader, next), 0);
    qc_cluster_run(cluster, 50);
    assert_true(qc_cluster_propose(cluster, leader, 2, 5 * SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_true(is_acknowledged(cluster, 2));
}

static void a_node_that_drains_does_not_lead_for_long(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned next;

    qc_cluster_set_drain(cluster, leader, true);
    assert_true(qc_cluster_status(cluster, leader).draining);
    qc_cluster_run(cluster, 200);
    next = (unsigned)qc_cluster_status(cluster, leader).leader_id;
    assert_true(next != leader && next != 0);

    /* It comes to lead again, and hands over again. */
    assert_int_equal(qc_cluster_step_down(cluster, next, leader), 0);
    qc_cluster_run(cluster, 300);
    assert_int_not_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_true(qc_cluster_status(cluster, leader).term >=
                qc_cluster_status(cluster, next).term);
}

/* They do not pass it to and fro. */
static void when_all_drain_one_of_them_leads(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader;
    uint64_t term;

    (void)any_leader(cluster);
    for (unsigned i = 1; i <= N_MEMBERS; i++) {
        qc_cluster_set_drain(cluster, i, true);
    }
    qc_cluster_run(cluster, 3 * SECOND);
    leader = qc_cluster_run_until_leader(cluster, 0);
    term = qc_cluster_status(cluster, leader).term;
    qc_cluster_run(cluster, 20 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).term, term);

    qc_cluster_set_drain(cluster, other_than(leader), false);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id,
                     other_than(leader));
}

/* --- failover --- */

typedef void (*tell_fn)(struct qc_cluster *cluster, unsigned id, unsigned peer);

static int64_t failover_ms(struct qc_cluster *cluster,
                           unsigned n_nodes,
                           tell_fn tell)
{
    unsigned leader = any_leader(cluster);
    int64_t began_ms;

    for (unsigned number = 1; number <= 20; number++) {
        (void)qc_cluster_propose(cluster, leader, number, SECOND);
        qc_cluster_run(cluster, 1);
    }
    qc_cluster_crash(cluster, leader);
    began_ms = qc_cluster_now_ms(cluster);
    for (unsigned i = 1; tell != NULL && i <= n_nodes; i++) {
        if (i != leader) {
            tell(cluster, i, leader);
        }
    }
    (void)qc_cluster_run_until_leader(cluster, 0);
    return qc_cluster_now_ms(cluster) - began_ms;
}

static void a_dead_leader_is_followed_soon(void **state)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct qc_cluster *cluster = qc_cluster_new(N_MEMBERS, seed);

        /* A heartbeat of silence, a timer or two, two rounds to elect, one to
         * commit. */
        assert_true(
            failover_ms(cluster, N_MEMBERS, qc_cluster_lose_connection) <= 300);
        qc_cluster_free(cluster);
    }
    (void)state;
}

/* Nobody waits for the silence of a leader whose process has gone; nor for the
 * turn of a node that cannot win. */
static void a_leader_that_refuses_is_followed_at_once(void **state)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct qc_cluster *cluster = qc_cluster_new(N_MEMBERS, seed);

        /* A timer or two, two rounds to elect, one to commit. */
        assert_true(failover_ms(cluster, N_MEMBERS,
                                qc_cluster_refuse_connection) <= 120);
        qc_cluster_free(cluster);
    }
    (void)state;
}

/* When all were down, the one that makes a majority is waited for, and nothing
 * else. */
static void nodes_that_start_elect_at_once(void **state)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct qc_cluster *cluster = qc_cluster_new(N_MEMBERS, seed);
        int64_t began_ms;

        (void)any_leader(cluster);
        for (unsigned id = 1; id <= N_MEMBERS; id++) {
            qc_cluster_crash(cluster, id);
        }
        qc_cluster_run(cluster, 10 * SECOND);
        qc_cluster_restart(cluster, 1 + (unsigned)seed % N_MEMBERS);
        qc_cluster_run(cluster, (int64_t)seed * 20);
        qc_cluster_restart(cluster, 1 + (unsigned)(seed + 1) % N_MEMBERS);
        began_ms = qc_cluster_now_ms(cluster);
        (void)qc_cluster_run_until_leader(cluster, 0);
        assert_true(qc_cluster_now_ms(cluster) - began_ms <
                    QC_CLUSTER_ELECTION_MS);
        qc_cluster_free(cluster);
    }
    (void)state;
}

/* At any time between two heartbeats: it hears the leader before it asks for
 * votes, or after. */
static void a_node_that_starts_unseats_no_living_leader(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    uint64_t term = qc_cluster_status(cluster, leader).term;

    for (unsigned time = 0; time < 20; time++) {
        unsigned id = 1 + time % N_MEMBERS;

        if (id != leader) {
            qc_cluster_crash(cluster, id);
            qc_cluster_run(cluster, 107 * (int64_t)time);
            qc_cluster_restart(cluster, id);
            qc_cluster_run(cluster, 2 * SECOND);
            assert_int_equal(qc_cluster_status(cluster, id).leader_id, leader);
        }
    }
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_int_equal(qc_cluster_status(cluster, leader).term, term);
}

/* Timers that were brought forward are not so for ever. */
static void after_a_failover_followers_are_patient_again(void **state)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct qc_cluster *cluster = qc_cluster_new(5, seed);
        unsigned leader;
        int64_t until_ms;

        (void)failover_ms(cluster, 5, qc_cluster_lose_connection);
        qc_cluster_run(cluster, SECOND);
        leader = qc_cluster_run_until_leader(cluster, 0);
        until_ms = qc_cluster_now_ms(cluster) + 5 * SECOND;
        while (qc_cluster_step(cluster, until_ms)) {
            for (unsigned i = 1; i <= 5; i++) {
                assert_true(!qc_cluster_is_up(cluster, i) ||
                            qc_cluster_status(cluster, i).leader_id == leader);
            }
        }
        qc_cluster_free(cluster);
    }
    (void)state;
}

static void a_lost_connection_unseats_no_living_leader(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    uint64_t term = qc_cluster_status(cluster, leader).term;

    /* What was under way is lost, too. */
    for (unsigned second = 0; second < 20; second++) {
        qc_cluster_lose_connection(cluster, 1 + second % N_MEMBERS, leader);
        qc_cluster_run(cluster, SECOND);
    }
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_int_equal(qc_cluster_status(cluster, leader).term, term);

    for (unsigned second = 0; second < 20; second++) {
        qc_cluster_refuse_connection(cluster, 1 + second % N_MEMBERS, leader);
        qc_cluster_run(cluster, SECOND);
    }
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_int_equal(qc_cluster_status(cluster, leader).term, term);

    /* Nor does it when the leader is really cut off from one. */
    qc_cluster_cut(cluster, leader, other_than(leader), true);
    qc_cluster_lose_connection(cluster, other_than(leader), leader);
    qc_cluster_run(cluster, 400);
    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_int_equal(qc_cluster_status(cluster, leader).term, term);
}

static void a_leader_that_is_heard_again_in_time_is_not_given_up(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = any_leader(cluster);
    unsigned follower = other_than(leader);
    int64_t until_ms;

    while (qc_cluster_status(cluster, follower).leader_contact_ms > 0) {
        assert_true(qc_cluster_step(cluster, INT64_MAX));
    }
    qc_cluster_lose_connection(cluster, follower, leader);
    until_ms = qc_cluster_now_ms(cluster) + SECOND;
    while (qc_cluster_step(cluster, until_ms)) {
        assert_int_equal(qc_cluster_status(cluster, follower).leader_id,
                         leader);
    }

    /* And then the loss is forgotten. */
    qc_cluster_cut(cluster, leader, follower, true);
    qc_cluster_run(cluster, 200);
    assert_int_equal(qc_cluster_status(cluster, follower).leader_id, leader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_new_member_is_a_standby_before_it_votes),
        TEST(a_standby_stays_one_until_it_is_to_vote),
        TEST(a_standby_that_does_not_catch_up_never_votes),
        TEST(a_standby_that_died_never_votes),
        TEST(three_become_five_and_three_again),
        TEST(a_dead_node_is_replaced),
        TEST(a_voter_that_has_not_heard_of_its_promotion_votes),
        TEST(there_are_never_fewer_than_three_voters),
        TEST(a_leader_that_is_removed_hands_over_first),
        TEST(a_change_that_was_not_committed_is_rolled_back),
        TEST(a_change_survives_the_leader_that_began_it),
        TEST(leadership_is_handed_over_in_a_few_milliseconds),
        TEST(only_another_voter_can_take_over),
        TEST(a_successor_that_still_writes_is_waited_for),
        TEST(when_one_successor_fails_another_is_found),
        TEST(when_nobody_takes_over_the_leader_goes_on),
        TEST(a_node_that_drains_does_not_lead_for_long),
        TEST(when_all_drain_one_of_them_leads),
        TEST(a_lost_connection_unseats_no_living_leader),
        TEST(a_leader_that_is_heard_again_in_time_is_not_given_up),
        TEST(a_node_that_starts_unseats_no_living_leader),
#undef TEST
        cmocka_unit_test(a_dead_leader_is_followed_soon),
        cmocka_unit_test(a_leader_that_refuses_is_followed_at_once),
        cmocka_unit_test(nodes_that_start_elect_at_once),
        cmocka_unit_test(after_a_failover_followers_are_patient_again),
        cmocka_unit_test(a_change_needs_an_entry_of_its_leader_first),
    };

    cmocka_set_test_filter(getenv("F"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
