#include "machine/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/agent.h"
#include "machine/branch.h"
#include "machine/index.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/skill.h"
#include "machine/subject.h"
#include "machine/test/fixture.h"

enum {
    ITEMS_MAX = 8,
};

/* A request in the making. */
struct request {
    Qc__V1__ConfigItem items[ITEMS_MAX];
    Qc__V1__ConfigItem *list[ITEMS_MAX];
    Qc__V1__Subject subjects[ITEMS_MAX];
    Qc__V1__Pool pools[ITEMS_MAX];
    Qc__V1__Number numbers[ITEMS_MAX];
    Qc__V1__Branch branches[ITEMS_MAX];
    Qc__V1__Skill skills[ITEMS_MAX];
    Qc__V1__Agent agents[ITEMS_MAX];
    Qc__V1__AgentSkill has[ITEMS_MAX];
    Qc__V1__AgentSkill *has_list[ITEMS_MAX];
    size_t n;
};

static Qc__V1__ConfigItem *add(struct request *request)
{
    Qc__V1__ConfigItem *item = &request->items[request->n];

    *item = (Qc__V1__ConfigItem)QC__V1__CONFIG_ITEM__INIT;
    request->list[request->n++] = item;
    return item;
}

static void subject(struct request *request, const char *key)
{
    Qc__V1__Subject *wanted = &request->subjects[request->n];
    Qc__V1__ConfigItem *item = add(request);

    *wanted = (Qc__V1__Subject)QC__V1__SUBJECT__INIT;
    wanted->key = key;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_SUBJECT;
    item->subject = wanted;
}

static void pool(struct request *request,
                 const char *key,
                 const char *of_subject,
                 Qc__V1__MatchMode mode)
{
    Qc__V1__Pool *wanted = &request->pools[request->n];
    Qc__V1__ConfigItem *item = add(request);

    *wanted = (Qc__V1__Pool)QC__V1__POOL__INIT;
    wanted->key = key;
    wanted->subject = of_subject;
    wanted->match_mode = mode;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_POOL;
    item->pool = wanted;
}

static void number(struct request *request,
                   const char *digits,
                   const char *of_pool)
{
    Qc__V1__Number *wanted = &request->numbers[request->n];
    Qc__V1__ConfigItem *item = add(request);

    *wanted = (Qc__V1__Number)QC__V1__NUMBER__INIT;
    wanted->number = digits;
    wanted->pool = of_pool;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_NUMBER;
    item->number = wanted;
}

static void branch(struct request *request, const char *key)
{
    Qc__V1__Branch *wanted = &request->branches[request->n];
    Qc__V1__ConfigItem *item = add(request);

    *wanted = (Qc__V1__Branch)QC__V1__BRANCH__INIT;
    wanted->key = key;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_BRANCH;
    item->branch = wanted;
}

static void skill(struct request *request, const char *key)
{
    Qc__V1__Skill *wanted = &request->skills[request->n];
    Qc__V1__ConfigItem *item = add(request);

    qc__v1__skill__init(wanted);
    wanted->key = key;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_SKILL;
    item->skill = wanted;
}

static void agent(struct request *request, const char *key, const char *can)
{
    size_t i = request->n;
    Qc__V1__Agent *wanted = &request->agents[i];
    Qc__V1__ConfigItem *item = add(request);

    qc__v1__agent__init(wanted);
    qc__v1__agent_skill__init(&request->has[i]);
    request->has[i].skill = can;
    request->has[i].level = 5;
    request->has_list[i] = &request->has[i];
    wanted->key = key;
    wanted->skills = &request->has_list[i];
    wanted->n_skills = 1;
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_AGENT;
    item->agent = wanted;
}

static int import(struct fixture *f,
                  struct request *request,
                  struct qc_import_counts *counts)
{
    return qc_import(&f->txn, request->list, request->n, counts);
}

/* Asserts that |request| is refused, and that nothing is left of it. */
static void refused(struct fixture *f,
                    struct request *request,
                    int refusal,
                    const char *field)
{
    size_t indexed = qc_index_count(f->machine.index);
    unsigned writes = qc_mem_store_writes(f->mem);
    struct qc_import_counts counts;

    fixture_refused(f, import(f, request, &counts), refusal, field);
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
    assert_int_equal(qc_index_count(f->machine.index), indexed);
}

static void items_may_refer_to_those_before_them(void **state)
{
    struct request request = {.n = 0};
    struct qc_import_counts counts;
    struct fixture *f = *state;

    subject(&request, "subject1");
    pool(&request, "sales", "subject1", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    number(&request, "+442079460001", "sales");
    branch(&request, "soho");
    fixture_done(f, import(f, &request, &counts));
    assert_int_equal(counts.created, 3);
    assert_int_equal(counts.updated, 1);
    assert_int_equal(counts.unchanged, 0);
    assert_string_equal(qc_number_first_free(&f->txn, "sales"),
                        "+442079460001");
    assert_non_null(qc_branch_get(&f->txn, "soho"));

    fixture_next(f, 1000);
    fixture_done(f, import(f, &request, &counts));
    assert_int_equal(counts.created, 0);
    assert_int_equal(counts.updated, 0);
    assert_int_equal(counts.unchanged, 4);
}

static void a_refused_item_undoes_those_before_it(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    fixture_pool(f, "old", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    fixture_number(f, "+442079460001", "old");
    pool(&request, "sales", "subject1", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    number(&request, "+442079460001", "sales");
    branch(&request, "soho");
    pool(&request, "more", "nobody", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    refused(f, &request, QC_REFUSED_SUBJECT_UNKNOWN, "items[3].pool.subject");
    assert_null(qc_pool_get(&f->txn, "sales"));
    assert_null(qc_branch_get(&f->txn, "soho"));
    assert_string_equal(qc_number_first_free(&f->txn, "old"), "+442079460001");
}

static void items_that_come_too_late_are_not_seen(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    number(&request, "+442079460001", "sales");
    pool(&request, "sales", "subject1", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    refused(f, &request, QC_REFUSED_POOL_UNKNOWN, "items[0].number.pool");
}

static void quotas_count_the_items_before(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    subject(&request, "subject4");
    subject(&request, "subject5");
    refused(f, &request, QC_REFUSED_QUOTA, "items[1].subject.key");
}

static void the_mode_of_a_pool_is_fixed_by_an_item_before(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    pool(&request, "sales", "subject1", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    number(&request, "+442079460001", "sales");
    pool(&request, "sales", "subject1",
         QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI);
    refused(f, &request, QC_REFUSED_IN_USE, "items[2].pool.match_mode");
}

static void an_item_that_is_none_is_refused(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    branch(&request, "soho");
    add(&request);
    refused(f, &request, QC_REFUSED_INVALID, "items[1]");
}

static void of_two_items_for_one_object_the_last_one_counts(void **state)
{
    struct request request = {.n = 0};
    struct qc_import_counts counts;
    struct fixture *f = *state;

    branch(&request, "soho");
    branch(&request, "soho");
    request.branches[0].name = "first";
    request.branches[1].name = "last";
    fixture_done(f, import(f, &request, &counts));
    assert_int_equal(counts.created, 1);
    assert_int_equal(counts.updated, 1);
    assert_string_equal(qc_branch_get(&f->txn, "soho")->branch->name, "last");
}

static void agents_are_imported_with_what_they_can_do(void **state)
{
    struct request request = {.n = 0};
    Qc__V1__Reason reason = QC__V1__REASON__INIT;
    Qc__V1__DispositionSet set = QC__V1__DISPOSITION_SET__INIT;
    Qc__V1__Disposition sold = QC__V1__DISPOSITION__INIT;
    Qc__V1__Disposition *list[] = {&sold};
    struct qc_import_counts counts;
    struct fixture *f = *state;
    Qc__V1__ConfigItem *item;

    skill(&request, "sales");
    skill(&request, "cats");
    agent(&request, "ann", "cats");
    agent(&request, "bob", "sales");
    reason.key = "dentist";
    item = add(&request);
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_REASON;
    item->reason = &reason;
    sold.code = "sold";
    set.key = "sales";
    set.dispositions = list;
    set.n_dispositions = 1;
    item = add(&request);
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_DISPOSITION_SET;
    item->disposition_set = &set;
    fixture_done(f, import(f, &request, &counts));
    assert_int_equal(counts.created, 6);
    assert_int_equal(qc_skill_get(&f->txn, "cats")->index, 1);
    assert_int_equal(qc_agent_get(&f->txn, "bob")->index, 1);

    fixture_next(f, 1000);
    fixture_done(f, import(f, &request, &counts));
    assert_int_equal(counts.unchanged, 6);

    agent(&request, "eve", "dogs");
    refused(f, &request, QC_REFUSED_SKILL_UNKNOWN,
            "items[6].agent.skills[0].skill");
}

/* What was written before the refusal was never so, for the roster neither. */
static void the_roster_knows_of_agents_that_are_kept(void **state)
{
    struct request request = {.n = 0};
    struct qc_import_counts counts;
    struct fixture *f = *state;

    skill(&request, "sales");
    agent(&request, "ann", "sales");
    fixture_done(f, import(f, &request, &counts));
    assert_true(fixture_takes(f, 0, "any", 0, 5));

    request.n = 0;
    skill(&request, "cats");
    agent(&request, "ann", "cats");
    agent(&request, "eve", "sales");
    agent(&request, "bob", "dogs");
    refused(f, &request, QC_REFUSED_SKILL_UNKNOWN,
            "items[3].agent.skills[0].skill");
    assert_true(fixture_takes(f, 0, "any", 0, 5));
    assert_false(fixture_takes(f, 1, "any", 0, 5));
}

/* As nodes of an older release refuse it. */
static void before_its_version_an_item_is_none(void **state)
{
    struct request request = {.n = 0};
    struct fixture *f = *state;

    branch(&request, "soho");
    skill(&request, "sales");
    refused(f, &request, QC_REFUSED_INVALID, "items[1]");
}

/*
 * Whatever fails: the fault is the answer, and the store is not touched again.
 * (In production the batch is dropped then, and the node stops.)
 */

static int whole(struct fixture *f)
{
    struct request request = {.n = 0};
    struct qc_import_counts counts;

    subject(&request, "subject1");
    pool(&request, "sales", "subject1", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    number(&request, "+442079460001", "sales");
    branch(&request, "soho");
    skill(&request, "sales");
    agent(&request, "ann", "sales");
    return qc_txn_answer(&f->txn, import(f, &request, &counts));
}

static void every_storage_fault_is_the_answer(void **state)
{
    int r = QC_E_IO;

    for (unsigned nth = 1; r != 0; nth++) {
        struct fixture *f;
        unsigned before;

        assert_true(nth < 1000);
        assert_int_equal(fixture_teardown_broken(state), 0);
        assert_int_equal(fixture_setup(state), 0);
        f = *state;
        before = qc_mem_store_operations(f->mem);
        qc_mem_store_fail_at(f->mem, nth);
        r = whole(f);
        qc_mem_store_fail_at(f->mem, 0);
        assert_true(r == 0 || r == QC_E_IO);
        if (r != 0) {
            assert_int_equal(qc_mem_store_operations(f->mem) - before, nth);
        }
    }
}

static void every_lack_of_memory_is_the_answer(void **state)
{
    int r = QC_E_NOMEM;

    for (size_t spare = 0; r != 0; spare += 64) {
        struct fixture *f;

        assert_true(spare < FIXTURE_ARENA_SIZE);
        assert_int_equal(fixture_teardown_broken(state), 0);
        assert_int_equal(fixture_setup(state), 0);
        f = *state;
        f->arena.limit = f->arena.used + spare;
        r = whole(f);
        f->arena.limit = FIXTURE_ARENA_SIZE;
        assert_true(r == 0 || r == QC_E_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(items_may_refer_to_those_before_them),
        TEST(a_refused_item_undoes_those_before_it),
        TEST(items_that_come_too_late_are_not_seen),
        TEST(quotas_count_the_items_before),
        TEST(the_mode_of_a_pool_is_fixed_by_an_item_before),
        TEST(an_item_that_is_none_is_refused),
        TEST(of_two_items_for_one_object_the_last_one_counts),
        TEST(agents_are_imported_with_what_they_can_do),
        TEST(the_roster_knows_of_agents_that_are_kept),
        cmocka_unit_test_setup_teardown(before_its_version_an_item_is_none,
                                        fixture_setup_old, fixture_teardown),
        TEST(every_storage_fault_is_the_answer),
        TEST(every_lack_of_memory_is_the_answer),
#undef TEST
    };

    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
