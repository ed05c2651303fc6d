#include "machine/context_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine/rosters.h"
#include "machine/test/fixture.h"

static Qc__State__RouteRequirement wanted = QC__STATE__ROUTE_REQUIREMENT__INIT;
static Qc__State__RouteRequirement *wanted_list[] = {&wanted};
static Qc__State__RulesHeld rules = QC__STATE__RULES_HELD__INIT;
static Qc__V1__Interaction interaction = QC__V1__INTERACTION__INIT;
static Qc__State__InteractionRow row = QC__STATE__INTERACTION_ROW__INIT;

/* Something that waits for whom its rules ask for as well. */
static void begin(void)
{
    wanted.min_level = 5;
    rules.requirements = wanted_list;
    rules.n_requirements = 1;
    interaction.interaction_id = "ix_0000000000001";
    interaction.media = QC__V1__MEDIA__MEDIA_CHAT;
    interaction.queue = "sales";
    interaction.step = 1;
    row.interaction = &interaction;
    row.rules = &rules;
    row.route = NULL;
}

/* So many kinds of waits that there may be no more. */
static void fill(struct qc_roster *roster)
{
    static Qc__State__RouteStep anybody = QC__STATE__ROUTE_STEP__INIT;
    static Qc__State__RouteStep *steps[] = {&anybody};
    static Qc__State__Route route = QC__STATE__ROUTE__INIT;
    struct qc_waiting waiting = {
        .media = QC__V1__MEDIA__MEDIA_CHAT,
        .route = &route,
        .step = 1,
    };
    char queue[16];

    route.steps = steps;
    route.n_steps = 1;
    waiting.queue = queue;
    for (unsigned i = 0; i < QC_CLASSES_MAX; i++) {
        snprintf(queue, sizeof(queue), "queue%u", i);
        waiting.rank.id = i + 1;
        assert_true(qc_roster_wait(roster, &waiting));
    }
}

static void what_rules_ask_for_is_asked_for_where_nothing_else_is(void **state)
{
    struct fixture *f = *state;

    begin();
    qc_context_rules_narrow(&f->txn, &row);
    assert_non_null(row.route);
    assert_int_equal(row.route->n_steps, 1);
    assert_int_equal(row.route->steps[0]->n_requirements, 1);
    assert_int_equal(row.route->steps[0]->requirements[0]->min_level, 5);
    assert_ptr_equal(row.rules, &rules);
}

static void nobody_is_turned_away_for_what_rules_ask_for(void **state)
{
    struct fixture *f = *state;

    begin();
    fill(qc_roster_of(&f->txn));
    qc_context_rules_narrow(&f->txn, &row);
    assert_null(row.route);
    assert_int_equal(row.rules->n_requirements, 0);
    assert_true(row.rules->left_out);
    assert_int_equal(rules.n_requirements, 1); /* A row, and not changed. */
    assert_false(rules.left_out);
}

static void what_was_added_is_taken_back_once(void **state)
{
    struct fixture *f = *state;
    const Qc__State__RulesHeld *lifted;

    begin();
    qc_context_rules_lift(&f->txn, &row);
    lifted = row.rules;
    assert_ptr_not_equal(lifted, &rules);
    assert_int_equal(lifted->n_requirements, 0);
    qc_context_rules_lift(&f->txn, &row);
    assert_ptr_equal(row.rules, lifted);
    qc_context_rules_narrow(&f->txn, &row);
    assert_null(row.route);
}

/* A row of a newer release may say more than is known here. */
static void a_rule_that_is_not_understood_does_not_hold(void **state)
{
    Qc__V1__PredicateNode node = QC__V1__PREDICATE_NODE__INIT;
    Qc__V1__PredicateNode *nodes[] = {&node};
    Qc__V1__ContextRule rule = QC__V1__CONTEXT_RULE__INIT;
    Qc__V1__ContextRule *list[] = {&rule};
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;
    Qc__State__SubjectRow of = QC__STATE__SUBJECT_ROW__INIT;
    struct qc_contact contact = {.language = "", .region = ""};
    Qc__State__RulesHeld *held;
    struct fixture *f = *state;

    node.op = (Qc__V1__PredicateOp)99;
    node.field = "language";
    rule.predicate = nodes;
    rule.n_predicate = 1;
    rule.priority_delta = 5;
    subject.key = "sales";
    subject.context_rules = list;
    subject.n_context_rules = 1;
    of.subject = &subject;
    assert_ptr_equal(qc_context_rules_look(&f->txn, &of, &contact, &held), &of);
    assert_int_equal(held->held, 0);
    assert_int_equal(held->n_rules, 1);
    assert_int_equal(held->priority_delta, 0);

    node.op = QC__V1__PREDICATE_OP__PREDICATE_OP_EXISTS;
    contact.language = "en";
    assert_ptr_equal(qc_context_rules_look(&f->txn, &of, &contact, &held), &of);
    assert_int_equal(held->held, 1);
    assert_int_equal(held->priority_delta, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(what_rules_ask_for_is_asked_for_where_nothing_else_is),
        cmocka_unit_test_setup_teardown(
            nobody_is_turned_away_for_what_rules_ask_for, fixture_setup,
            fixture_teardown_broken),
        TEST(what_was_added_is_taken_back_once),
        TEST(a_rule_that_is_not_understood_does_not_hold),
#undef TEST
    };

    return cmocka_run_group_tests_name("context rule", tests, NULL, NULL);
}
