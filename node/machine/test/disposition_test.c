#include "machine/disposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

#define CATEGORY(name) QC__V1__DISPOSITION_CATEGORY__DISPOSITION_CATEGORY_##name

/* A set of two in the making. */
struct wanted {
    Qc__V1__DispositionSet set;
    Qc__V1__Disposition dispositions[2];
    Qc__V1__Disposition *list[2];
};

static struct wanted *of(struct wanted *wanted, const char *a, const char *b)
{
    const char *const codes[] = {a, b};

    qc__v1__disposition_set__init(&wanted->set);
    for (size_t i = 0; i < 2; i++) {
        qc__v1__disposition__init(&wanted->dispositions[i]);
        wanted->dispositions[i].code = codes[i];
        wanted->list[i] = &wanted->dispositions[i];
    }
    wanted->set.key = "sales";
    wanted->set.dispositions = wanted->list;
    wanted->set.n_dispositions = 2;
    return wanted;
}

static int put(struct fixture *f, const struct wanted *wanted)
{
    enum qc_change change;

    return qc_disposition_set_put(&f->txn, &wanted->set, 0, &change);
}

static void a_new_tenant_has_a_set_of_dispositions(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__DispositionSet *set =
        qc_disposition_set_get(&f->txn, "default")->disposition_set;

    assert_int_equal(set->n_dispositions, 6);
    assert_string_equal(set->dispositions[0]->code, "resolved");
    assert_int_equal(set->dispositions[0]->category, CATEGORY(SUCCESS));
}

static void an_outcome_is_other_unless_it_says_otherwise(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__DispositionSet *set;
    struct wanted wanted;

    of(&wanted, "sold", "hm")->dispositions[0].category = CATEGORY(SUCCESS);
    fixture_done(f, put(f, &wanted));
    assert_int_equal(wanted.dispositions[1].category, CATEGORY(UNSPECIFIED));
    set = qc_disposition_set_get(&f->txn, "sales")->disposition_set;
    assert_int_equal(set->dispositions[0]->category, CATEGORY(SUCCESS));
    assert_int_equal(set->dispositions[1]->category, CATEGORY(OTHER));
    assert_string_equal(set->dispositions[1]->code, "hm");
}

static void what_a_set_may_not_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct wanted wanted;

    of(&wanted, "a", "b")->set.key = "";
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "disposition_set.key");
    of(&wanted, "a", "b")->set.n_dispositions = 0;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "disposition_set.dispositions");
    fixture_refused(f, put(f, of(&wanted, "a", "")), QC_REFUSED_INVALID,
                    "disposition_set.dispositions.code");
    fixture_refused(f, put(f, of(&wanted, "a", "a")), QC_REFUSED_INVALID,
                    "disposition_set.dispositions[1].code");
    of(&wanted, "a", "b")->dispositions[1].category =
        (Qc__V1__DispositionCategory)11;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "disposition_set.dispositions.category");
    of(&wanted, "a", "b")->dispositions[1].record_action =
        (Qc__V1__RecordAction)5;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "disposition_set.dispositions.record_action");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_new_tenant_has_a_set_of_dispositions),
        TEST(an_outcome_is_other_unless_it_says_otherwise),
        TEST(what_a_set_may_not_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("disposition", tests, NULL, NULL);
}
