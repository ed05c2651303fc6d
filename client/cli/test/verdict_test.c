#include "cli/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* Three nodes that are well; the first leads. */
static struct qc_observer observer;

static int set_up(void **state)
{
    (void)state;
    observer = (struct qc_observer){.endpoints.n = 3};
    for (unsigned i = 0; i < 3; i++) {
        observer.views[i] = (struct qc_node_view){
            .answered = true,
            .node_id = i + 1,
            .role = i == 0 ? QC__V1__NODE_ROLE__NODE_ROLE_LEADER
                           : QC__V1__NODE_ROLE__NODE_ROLE_FOLLOWER,
            .leader_id = 1,
            .term = 2,
            .hash_index = 9,
            .state_hash = "abc",
        };
    }
    return 0;
}

static void all_is_well_when_all_follow_one(void **state)
{
    (void)state;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_HEALTHY);
    assert_string_equal(qc_verdict_text(QC_VERDICT_HEALTHY), "healthy");
}

static void silence_is_told_from_one_that_is_silent(void **state)
{
    (void)state;
    observer.views[2].answered = false;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NODE_DOWN);
    observer.views[0].answered = observer.views[1].answered = false;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NOBODY_ANSWERED);
}

static void who_follows_another_is_told(void **state)
{
    (void)state;
    observer.views[2].leader_id = 2;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NOT_FOLLOWED);
}

static void states_that_differ_outweigh_all_else(void **state)
{
    (void)state;
    observer.views[2].leader_id = 2;
    snprintf(observer.views[1].state_hash, QC_STATE_HASH_SIZE, "abd");
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_HASHES_DIFFER);
    observer.views[1].hash_index = 8; /* Of another index: says nothing. */
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NOT_FOLLOWED);
}

static void without_a_leader_there_is_none(void **state)
{
    (void)state;
    observer.views[0].role = QC__V1__NODE_ROLE__NODE_ROLE_FOLLOWER;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NO_LEADER);
}

static void a_leader_need_not_be_an_endpoint(void **state)
{
    (void)state;
    observer.views[0].role = QC__V1__NODE_ROLE__NODE_ROLE_FOLLOWER;
    for (unsigned i = 0; i < 3; i++) {
        observer.views[i].leader_id = 4;
    }
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_HEALTHY);
    observer.views[1].leader_id = 5;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NO_LEADER);
    observer.views[1].leader_id = 0;
    assert_int_equal(qc_verdict_of(&observer), QC_VERDICT_NO_LEADER);
}

static void a_member_is_in_place_when_it_follows(void **state)
{
    struct qc_node_view *leader = &observer.views[0];
    struct qc_node_view *other = &observer.views[2];

    (void)state;
    leader->n_members = 3;
    for (unsigned i = 0; i < 3; i++) {
        leader->members[i].node_id = i + 1;
        assert_true(qc_observer_in_place(&observer.views[i], leader));
    }
    other->leader_id = 0;
    assert_false(qc_observer_in_place(other, leader));
    leader->n_members = 2; /* It waits to be added. */
    assert_true(qc_observer_in_place(other, leader));
    other->answered = false;
    assert_false(qc_observer_in_place(other, leader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_is_well_when_all_follow_one, set_up),
        cmocka_unit_test_setup(silence_is_told_from_one_that_is_silent, set_up),
        cmocka_unit_test_setup(who_follows_another_is_told, set_up),
        cmocka_unit_test_setup(states_that_differ_outweigh_all_else, set_up),
        cmocka_unit_test_setup(without_a_leader_there_is_none, set_up),
        cmocka_unit_test_setup(a_leader_need_not_be_an_endpoint, set_up),
        cmocka_unit_test_setup(a_member_is_in_place_when_it_follows, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
