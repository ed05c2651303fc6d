#include "machine/skill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/agent.h"
#include "machine/test/fixture.h"

static int put(struct fixture *f, const char *key, uint32_t level_max)
{
    Qc__V1__Skill skill = QC__V1__SKILL__INIT;
    enum qc_change change;

    skill.key = key;
    skill.level_max = level_max;
    return qc_skill_put(&f->txn, &skill, 0, &change);
}

/* An agent who has one skill at |level|. */
static void agent(struct fixture *f, const char *skill, uint32_t level)
{
    Qc__V1__AgentSkill has = QC__V1__AGENT_SKILL__INIT;
    Qc__V1__AgentSkill *list[] = {&has};
    Qc__V1__Agent wanted = QC__V1__AGENT__INIT;
    enum qc_change change;

    has.skill = skill;
    has.level = level;
    wanted.key = "ann";
    wanted.skills = list;
    wanted.n_skills = 1;
    fixture_done(f, qc_agent_put(&f->txn, &wanted, 0, &change));
}

static void a_skill_has_ten_levels_unless_it_says_otherwise(void **state)
{
    struct fixture *f = *state;

    fixture_done(f, put(f, "sales", 0));
    fixture_done(f, put(f, "spanish", 100));
    assert_int_equal(qc_skill_get(&f->txn, "sales")->skill->level_max, 10);
    assert_int_equal(qc_skill_get(&f->txn, "spanish")->skill->level_max, 100);
    assert_null(qc_skill_get(&f->txn, "french"));
    assert_null(qc_skill_get(&f->txn, "no key"));
}

static void skills_are_numbered_in_the_order_of_their_creation(void **state)
{
    struct fixture *f = *state;

    fixture_done(f, put(f, "sales", 0));
    fixture_done(f, put(f, "billing", 0));
    fixture_done(f, put(f, "sales", 5));
    fixture_reopen(f);
    fixture_done(f, put(f, "cats", 0));
    assert_int_equal(qc_skill_get(&f->txn, "sales")->index, 0);
    assert_int_equal(qc_skill_get(&f->txn, "billing")->index, 1);
    assert_int_equal(qc_skill_get(&f->txn, "cats")->index, 2);
}

static void no_level_of_an_agent_is_above_the_highest(void **state)
{
    struct fixture *f = *state;

    fixture_done(f, put(f, "sales", 10));
    fixture_done(f, put(f, "sale", 10));
    agent(f, "sales", 7);
    fixture_refused(f, put(f, "sales", 6), QC_REFUSED_IN_USE,
                    "skill.level_max");
    fixture_done(f, put(f, "sales", 7));
    fixture_done(f, put(f, "sale", 1));
    agent(f, "sales", 2);
    fixture_reopen(f);
    fixture_refused(f, put(f, "sales", 1), QC_REFUSED_IN_USE,
                    "skill.level_max");
    fixture_done(f, put(f, "sales", 2));
}

static void what_a_skill_may_not_be_is_refused(void **state)
{
    struct fixture *f = *state;

    fixture_refused(f, put(f, "", 0), QC_REFUSED_INVALID, "skill.key");
    fixture_refused(f, put(f, "sales", 101), QC_REFUSED_INVALID,
                    "skill.level_max");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_skill_has_ten_levels_unless_it_says_otherwise),
        TEST(skills_are_numbered_in_the_order_of_their_creation),
        TEST(no_level_of_an_agent_is_above_the_highest),
        TEST(what_a_skill_may_not_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("skill", tests, NULL, NULL);
}
