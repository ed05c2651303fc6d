#include "cli/quorum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    N_MAX = 5,
    LAST = 5000,
};

/* A cluster of voters 1, 2, ... that all are well; the first leads. */
struct cluster {
    struct qc_node_view views[N_MAX];
    struct qc_roster roster;
};

static void cluster_init(struct cluster *cluster, unsigned n)
{
    *cluster = (struct cluster){.roster.n_members = n};
    for (unsigned i = 0; i < n; i++) {
        cluster->views[i] = (struct qc_node_view){
            .answered = true,
            .node_id = i + 1,
            .leader_id = 1,
            .last_index = LAST,
        };
        cluster->roster.members[i] = (struct qc_roster_member){
            .node_id = i + 1,
            .voter = true,
            .match_index = LAST,
            .view = &cluster->views[i],
        };
    }
    cluster->roster.teller = cluster->roster.leader = &cluster->views[0];
}

static bool is_critical(const struct cluster *cluster, uint64_t node_id)
{
    struct qc_quorum quorum = qc_quorum_without(&cluster->roster, node_id);

    return quorum.is_voter && quorum.n_left < quorum.majority;
}

static struct cluster three;

static int set_up(void **state)
{
    (void)state;
    cluster_init(&three, 3);
    return 0;
}

static void any_one_of_three_may_stop(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3; id++) {
        assert_false(is_critical(&three, id));
    }
    assert_int_equal(qc_quorum_without(&three.roster, 1).majority, 2);
}

static void nobody_may_stop_while_one_is_down(void **state)
{
    (void)state;
    three.roster.members[2].view = NULL;
    assert_true(is_critical(&three, 1));
    assert_true(is_critical(&three, 2));
    assert_false(is_critical(&three, 3));
}

static void one_that_has_to_catch_up_does_not_count(void **state)
{
    (void)state;
    three.roster.members[1].match_index = LAST - QC_QUORUM_LAG_MAX;
    three.views[1].last_index = LAST - QC_QUORUM_LAG_MAX;
    assert_false(is_critical(&three, 3));
    three.roster.members[1].match_index--;
    three.views[1].last_index--;
    assert_true(is_critical(&three, 3));
}

static void one_that_installs_or_follows_another_does_not_count(void **state)
{
    (void)state;
    three.views[1].installing = true;
    assert_true(is_critical(&three, 3));
    three.views[1].installing = false;
    three.views[1].leader_id = 2;
    assert_true(is_critical(&three, 3));
}

static void without_a_leader_nobody_counts(void **state)
{
    (void)state;
    three.roster.leader = NULL;
    assert_true(is_critical(&three, 3));
    assert_string_equal(
        qc_quorum_unfit(&three.roster, &three.roster.members[1]),
        "follows nobody, for no node leads");
}

static void a_standby_is_never_critical_and_never_counts(void **state)
{
    (void)state;
    three.roster.members[2].voter = false;
    assert_false(is_critical(&three, 3));
    assert_true(is_critical(&three, 2));
    assert_int_equal(qc_quorum_without(&three.roster, 3).n_voters, 2);
}

static void two_of_five_may_be_gone(void **state)
{
    struct cluster five;

    (void)state;
    cluster_init(&five, 5);
    five.roster.members[4].view = NULL;
    assert_false(is_critical(&five, 2));
    five.roster.members[3].view = NULL;
    assert_true(is_critical(&five, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(any_one_of_three_may_stop, set_up),
        cmocka_unit_test_setup(nobody_may_stop_while_one_is_down, set_up),
        cmocka_unit_test_setup(one_that_has_to_catch_up_does_not_count, set_up),
        cmocka_unit_test_setup(
            one_that_installs_or_follows_another_does_not_count, set_up),
        cmocka_unit_test_setup(without_a_leader_nobody_counts, set_up),
        cmocka_unit_test_setup(a_standby_is_never_critical_and_never_counts,
                               set_up),
        cmocka_unit_test(two_of_five_may_be_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
