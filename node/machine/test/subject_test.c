#include "machine/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

enum {
    RULES_MAX = 4,
};

/* A subject with page rules. */
static int put(struct fixture *f,
               const char *key,
               bool disabled,
               const char *const patterns[RULES_MAX])
{
    Qc__V1__PageRule *list[RULES_MAX];
    Qc__V1__PageRule rules[RULES_MAX];
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;
    enum qc_change change;

    subject.key = key;
    subject.disabled = disabled;
    subject.page_rules = list;
    for (size_t i = 0; i < RULES_MAX && patterns[i] != NULL; i++) {
        rules[i] = (Qc__V1__PageRule)QC__V1__PAGE_RULE__INIT;
        rules[i].pattern = patterns[i];
        list[subject.n_page_rules++] = &rules[i];
    }
    return qc_subject_put(&f->txn, &subject, 0, &change);
}

static void rules(struct fixture *f, const char *key, const char *pattern)
{
    const char *const patterns[RULES_MAX] = {pattern};

    fixture_done(f, put(f, key, false, patterns));
}

static void assert_leads(struct fixture *f, const char *url, const char *key)
{
    assert_string_equal(qc_subject_of_page(&f->txn, url), key);
}

static void a_page_without_a_rule_leads_to_the_default(void **state)
{
    struct fixture *f = *state;

    assert_leads(f, "https://acme.example/any", "subject1");
    rules(f, "subject2", "/sales/*");
    assert_leads(f, "https://acme.example/any", "subject1");
}

static void the_longest_literal_prefix_wins(void **state)
{
    struct fixture *f = *state;

    rules(f, "subject2", "*");
    rules(f, "subject3", "/shop/*");
    rules(f, "subject4", "/shop/cars/*");
    assert_leads(f, "https://acme.example/help", "subject2");
    assert_leads(f, "https://acme.example/shop/bikes", "subject3");
    assert_leads(f, "https://acme.example/shop/cars/red", "subject4");
}

static void of_equal_rules_the_lowest_subject_wins(void **state)
{
    struct fixture *f = *state;

    rules(f, "subject4", "/shop/*");
    rules(f, "subject3", "/shop/*");
    assert_leads(f, "/shop/bikes", "subject3");
}

static void only_the_path_counts(void **state)
{
    struct fixture *f = *state;

    rules(f, "subject2", "/shop");
    assert_leads(f, "https://acme.example/shop", "subject2");
    assert_leads(f, "https://acme.example:8443/shop?x=/a#/b", "subject2");
    assert_leads(f, "/shop#top", "subject2");
    assert_leads(f, "https://shop/", "subject1");
    assert_leads(f, "https://acme.example/shop/", "subject1");
    assert_leads(f, "https://acme.example/?u=/shop", "subject1");
    rules(f, "subject3", "/");
    assert_leads(f, "https://acme.example", "subject3");
    assert_leads(f, "https://acme.example?x", "subject3");
    assert_leads(f, "", "subject3");
}

static void a_star_stands_for_any_characters(void **state)
{
    static const struct {
        const char *pattern;
        const char *path;
        bool matches;
    } cases[] = {
        {"/a*", "/a", true},           {"/a*", "/ab/c", true},
        {"/a*c", "/abc", true},        {"/a*c", "/abcd", false},
        {"/a*c", "/acbc", true},       {"/a*b*c", "/axbxbxc", true},
        {"/a*b*c", "/axcxb", false},   {"*.html", "/x/y.html", true},
        {"*.html", "/x/y.htm", false}, {"/**", "/", true},
        {"/a", "/ab", false},          {"/ab", "/a", false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rules(f, "subject2", cases[i].pattern);
        assert_leads(f, cases[i].path,
                     cases[i].matches ? "subject2" : "subject1");
    }
}

static void many_stars_cost_no_more_than_one(void **state)
{
    char pattern[257];
    char path[1025];
    struct fixture *f = *state;

    for (size_t i = 0; i < 254; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    memcpy(pattern + 254, "b", sizeof("b"));
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    rules(f, "subject2", pattern);
    assert_leads(f, path, "subject1"); /* And that before the test times out. */
}

static void a_disabled_subject_has_no_pages(void **state)
{
    const char *const patterns[RULES_MAX] = {"/shop/*"};
    struct fixture *f = *state;

    rules(f, "subject2", "/shop/*");
    fixture_done(f, put(f, "subject2", true, patterns));
    assert_leads(f, "/shop/x", "subject1");
    fixture_done(f, put(f, "subject2", false, patterns));
    assert_leads(f, "/shop/x", "subject2");
}

static void rules_that_are_taken_away_lead_nowhere(void **state)
{
    const char *const two[RULES_MAX] = {"/a/*", "/b/*"};
    const char *const one[RULES_MAX] = {"/b/*"};
    struct fixture *f = *state;

    fixture_done(f, put(f, "subject2", false, two));
    assert_leads(f, "/a/", "subject2");
    fixture_done(f, put(f, "subject2", false, one));
    assert_leads(f, "/a/", "subject1");
    assert_leads(f, "/b/", "subject2");
    fixture_reopen(f);
    assert_leads(f, "/b/", "subject2");
}

static void another_tenants_pages_are_not_seen(void **state)
{
    struct fixture *f = *state;

    fixture_tenant(f, "bcme");
    rules(f, "subject2", "/shop/*");
    f->txn.tenant = 2;
    assert_leads(f, "/shop/", "subject1");
}

static void a_fifth_subject_is_beyond_the_quota(void **state)
{
    const char *const none[RULES_MAX] = {NULL};
    struct fixture *f = *state;
    unsigned writes = qc_mem_store_writes(f->mem);

    fixture_refused(f, put(f, "subject5", false, none), QC_REFUSED_QUOTA,
                    "subject.key");
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
}

static void what_a_subject_may_not_be_is_refused(void **state)
{
    const char *const relative[RULES_MAX] = {"shop"};
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    fixture_refused(f, put(f, "subject1", false, relative), QC_REFUSED_INVALID,
                    "subject.page_rules.pattern");
    fixture_refused(f, qc_subject_put(&f->txn, &subject, 0, &change),
                    QC_REFUSED_INVALID, "subject.key");
    subject.key = "subject1";
    subject.queue = "a b";
    fixture_refused(f, qc_subject_put(&f->txn, &subject, 0, &change),
                    QC_REFUSED_INVALID, "subject.queue");
    subject.queue = "sales";
    subject.overflow_number = "112";
    fixture_refused(f, qc_subject_put(&f->txn, &subject, 0, &change),
                    QC_REFUSED_INVALID_PHONE, "subject.overflow_number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_page_without_a_rule_leads_to_the_default),
        TEST(the_longest_literal_prefix_wins),
        TEST(of_equal_rules_the_lowest_subject_wins),
        TEST(only_the_path_counts),
        TEST(a_star_stands_for_any_characters),
        TEST(many_stars_cost_no_more_than_one),
        TEST(a_disabled_subject_has_no_pages),
        TEST(rules_that_are_taken_away_lead_nowhere),
        TEST(another_tenants_pages_are_not_seen),
        TEST(a_fifth_subject_is_beyond_the_quota),
        TEST(what_a_subject_may_not_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
