#include "machine/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/skill.h"
#include "machine/test/fixture.h"

enum {
    SKILLS_MAX = 3,
};

/* An agent in the making. */
struct wanted {
    Qc__V1__Agent agent;
    Qc__V1__AgentSkill skills[SKILLS_MAX];
    Qc__V1__AgentSkill *list[SKILLS_MAX];
};

static struct wanted *called(struct wanted *wanted, const char *key)
{
    qc__v1__agent__init(&wanted->agent);
    wanted->agent.key = key;
    wanted->agent.skills = wanted->list;
    return wanted;
}

static void can(struct wanted *wanted, const char *skill, uint32_t level)
{
    size_t i = wanted->agent.n_skills++;

    qc__v1__agent_skill__init(&wanted->skills[i]);
    wanted->skills[i].skill = skill;
    wanted->skills[i].level = level;
    wanted->list[i] = &wanted->skills[i];
}

static int put(struct fixture *f, const struct wanted *wanted)
{
    enum qc_change change;

    return qc_agent_put(&f->txn, &wanted->agent, 0, &change);
}

static void skill(struct fixture *f, const char *key)
{
    Qc__V1__Skill wanted = QC__V1__SKILL__INIT;
    enum qc_change change;

    wanted.key = key;
    fixture_done(f, qc_skill_put(&f->txn, &wanted, 0, &change));
}

static void an_agent_has_every_default(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__Agent *agent;
    struct wanted wanted;

    fixture_done(f, put(f, called(&wanted, "ann")));
    agent = qc_agent_get(&f->txn, "ann")->agent;
    assert_int_equal(agent->units, 100);
    assert_int_equal(agent->media_caps->voice, 1);
    assert_int_equal(agent->media_caps->outbound_voice, 1);
    assert_int_equal(agent->media_caps->callback_voice, 1);
    assert_int_equal(agent->media_caps->chat, 4);
    assert_int_equal(agent->media_caps->message, 6);
    assert_int_equal(agent->media_caps->sms, 6);
    assert_int_equal(agent->media_caps->email, 5);
    assert_int_equal(agent->media_caps->workitem, 10);
}

static void what_an_agent_says_of_a_medium_stays(void **state)
{
    Qc__V1__PerMedia caps = QC__V1__PER_MEDIA__INIT;
    struct fixture *f = *state;
    const Qc__V1__Agent *agent;
    struct wanted wanted;

    caps.chat = 2;
    called(&wanted, "ann")->agent.media_caps = &caps;
    fixture_done(f, put(f, &wanted));
    agent = qc_agent_get(&f->txn, "ann")->agent;
    assert_int_equal(agent->media_caps->chat, 2);
    assert_int_equal(agent->media_caps->email, 5);
}

static void agents_are_numbered_in_the_order_of_their_creation(void **state)
{
    struct fixture *f = *state;
    struct wanted wanted;

    fixture_done(f, put(f, called(&wanted, "eve")));
    fixture_done(f, put(f, called(&wanted, "ann")));
    fixture_reopen(f);
    called(&wanted, "eve")->agent.disabled = true;
    fixture_done(f, put(f, &wanted));
    fixture_done(f, put(f, called(&wanted, "bob")));
    assert_int_equal(qc_agent_get(&f->txn, "eve")->index, 0);
    assert_int_equal(qc_agent_get(&f->txn, "ann")->index, 1);
    assert_int_equal(qc_agent_get(&f->txn, "bob")->index, 2);
}

static void an_agent_has_skills_that_there_are(void **state)
{
    struct fixture *f = *state;
    struct wanted wanted;

    skill(f, "sales");
    skill(f, "cats");
    can(called(&wanted, "ann"), "sales", 10);
    can(&wanted, "cats", 0);
    fixture_done(f, put(f, &wanted));
    can(&wanted, "dogs", 1);
    fixture_refused(f, put(f, &wanted), QC_REFUSED_SKILL_UNKNOWN,
                    "agent.skills[2].skill");
    can(called(&wanted, "ann"), "cats", 1);
    can(&wanted, "sales", 11);
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "agent.skills[1].level");
    assert_int_equal(qc_agent_get(&f->txn, "ann")->agent->n_skills, 2);
}

/* The order in which an agent's skills are written is for people. */
static void skills_stand_beside_an_agent_by_their_numbers(void **state)
{
    struct fixture *f = *state;
    const Qc__State__AgentRow *row;
    struct wanted wanted;

    skill(f, "sales");
    skill(f, "cats");
    skill(f, "dogs");
    can(called(&wanted, "ann"), "dogs", 4);
    can(&wanted, "sales", 7);
    can(&wanted, "cats", 3);
    fixture_done(f, put(f, &wanted));
    row = qc_agent_get(&f->txn, "ann");
    assert_string_equal(row->agent->skills[0]->skill, "dogs");
    assert_int_equal(row->n_levels, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(row->levels[i]->skill, i);
    }
    assert_int_equal(row->levels[0]->level, 7);
    assert_int_equal(row->levels[2]->level, 4);
}

static void the_roster_knows_what_an_agent_can_do_now(void **state)
{
    struct fixture *f = *state;
    struct wanted wanted;

    skill(f, "sales");
    skill(f, "cats");
    can(called(&wanted, "ann"), "cats", 3);
    can(&wanted, "sales", 7);
    fixture_done(f, put(f, &wanted));
    assert_true(fixture_takes(f, 0, "any", 0, 7));
    assert_true(fixture_takes(f, 0, "any", 1, 3));
    fixture_reopen(f);
    assert_true(fixture_takes(f, 0, "any", 1, 3));
    can(called(&wanted, "ann"), "cats", 2);
    fixture_done(f, put(f, &wanted));
    assert_false(fixture_takes(f, 0, "any", 1, 3));
    assert_true(fixture_takes(f, 0, "any", 1, 2));
    assert_false(fixture_takes(f, 0, "any", 0, 0));
}

static void the_roster_knows_which_queues_an_agent_serves(void **state)
{
    const char *queues[] = {"bills", "orders"};
    struct fixture *f = *state;
    struct wanted wanted;

    skill(f, "sales");
    can(called(&wanted, "ann"), "sales", 1);
    wanted.agent.queues = queues;
    wanted.agent.n_queues = 2;
    fixture_done(f, put(f, &wanted));
    assert_true(fixture_takes(f, 0, "orders", 0, 1));
    assert_false(fixture_takes(f, 0, "other", 0, 1));
}

static void the_roster_knows_how_much_an_agent_can_do(void **state)
{
    Qc__V1__PerMedia caps = QC__V1__PER_MEDIA__INIT;
    struct fixture *f = *state;
    struct wanted wanted;

    fixture_done(f, put(f, called(&wanted, "ann")));
    assert_int_equal(fixture_spoken_against(f, 0, 0), QC_PASSED_NOT);
    wanted.agent.units = 99;
    fixture_done(f, put(f, &wanted));
    assert_int_equal(fixture_spoken_against(f, 0, 0), QC_PASSED_NO_CAPACITY);
    wanted.agent.units = 100;
    wanted.agent.disabled = true;
    wanted.agent.media_caps = &caps;
    fixture_done(f, put(f, &wanted));
    assert_int_equal(fixture_spoken_against(f, 0, 0), QC_PASSED_NOT_READY);
}

/* More would not fit in what the roster is told. */
static void an_agent_has_no_more_than_a_roster_holds(void **state)
{
    const char *queues[QC_AGENT_QUEUES_MAX + 1];
    struct fixture *f = *state;
    struct wanted wanted;

    for (size_t i = 0; i <= QC_AGENT_QUEUES_MAX; i++) {
        queues[i] = "q";
    }
    called(&wanted, "ann")->agent.queues = queues;
    wanted.agent.n_queues = QC_AGENT_QUEUES_MAX + 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.queues");
    called(&wanted, "ann")->agent.n_skills = QC_AGENT_SKILLS_MAX + 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.skills");
}

static void nothing_is_named_twice(void **state)
{
    const char *twice[] = {"a", "b", "a"};
    struct fixture *f = *state;
    struct wanted wanted;

    skill(f, "sales");
    can(called(&wanted, "ann"), "sales", 1);
    can(&wanted, "sales", 2);
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "agent.skills[1].skill");
    called(&wanted, "ann")->agent.groups = twice;
    wanted.agent.n_groups = 3;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.groups[2]");
    called(&wanted, "ann")->agent.queues = twice;
    wanted.agent.n_queues = 3;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.queues[2]");
}

static void what_is_no_key_is_refused(void **state)
{
    const char *not_keys[] = {"a b"};
    struct fixture *f = *state;
    struct wanted wanted;

    fixture_refused(f, put(f, called(&wanted, "a b")), QC_REFUSED_INVALID,
                    "agent.key");
    can(called(&wanted, "ann"), "a b", 1);
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "agent.skills.skill");
    called(&wanted, "ann")->agent.groups = not_keys;
    wanted.agent.n_groups = 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.groups");
    called(&wanted, "ann")->agent.queues = not_keys;
    wanted.agent.n_queues = 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "agent.queues");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(an_agent_has_every_default),
        TEST(what_an_agent_says_of_a_medium_stays),
        TEST(agents_are_numbered_in_the_order_of_their_creation),
        TEST(an_agent_has_skills_that_there_are),
        TEST(skills_stand_beside_an_agent_by_their_numbers),
        TEST(the_roster_knows_what_an_agent_can_do_now),
        TEST(the_roster_knows_which_queues_an_agent_serves),
        TEST(the_roster_knows_how_much_an_agent_can_do),
        TEST(an_agent_has_no_more_than_a_roster_holds),
        TEST(nothing_is_named_twice),
        TEST(what_is_no_key_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
