#include "machine/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

enum {
    TRANSITIONS_MAX = 401,
};

/* A zone in the making. */
struct draft {
    Qc__V1__TimeZone zone;
    Qc__V1__ZoneTransition transitions[TRANSITIONS_MAX];
    Qc__V1__ZoneTransition *list[TRANSITIONS_MAX];
};

static void begin(struct draft *draft, const char *name)
{
    qc__v1__time_zone__init(&draft->zone);
    draft->zone.name = name;
    draft->zone.transitions = draft->list;
}

static void add(struct draft *draft, int64_t at_s, int32_t offset_s)
{
    size_t i = draft->zone.n_transitions++;

    qc__v1__zone_transition__init(&draft->transitions[i]);
    draft->list[i] = &draft->transitions[i];
    draft->transitions[i].at_s = at_s;
    draft->transitions[i].offset_s = offset_s;
}

static int install(struct fixture *f,
                   struct draft *draft,
                   struct qc_zone_counts *counts)
{
    Qc__V1__TimeZone *zones[] = {&draft->zone};
    int r;

    f->txn.tenant = 0;
    r = qc_zone_install(&f->txn, zones, 1, counts);
    f->txn.tenant = FIXTURE_TENANT;
    return r;
}

static void installs(struct fixture *f, struct draft *draft)
{
    struct qc_zone_counts counts;

    fixture_done(f, install(f, draft, &counts));
}

static void refused(struct fixture *f,
                    struct draft *draft,
                    int refusal,
                    const char *field)
{
    struct qc_zone_counts counts;

    fixture_refused(f, install(f, draft, &counts), refusal, field);
}

static void utc_is_always_there(void **state)
{
    struct fixture *f = *state;
    struct draft draft;
    struct qc_zone zone;
    int64_t until_s;

    assert_true(qc_zone_find(&f->txn, "UTC", &zone));
    assert_int_equal(qc_zone_offset_s(&zone, 1700000000, &until_s), 0);
    assert_true(until_s == INT64_MAX);
    begin(&draft, "UTC");
    add(&draft, 0, 3600);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].name");
}

static void an_offset_is_that_of_the_last_transition(void **state)
{
    struct fixture *f = *state;
    struct draft draft;
    struct qc_zone zone;
    int64_t until_s;

    assert_false(qc_zone_find(&f->txn, "Etc/Test", &zone));
    begin(&draft, "Etc/Test");
    add(&draft, 0, -3600);
    add(&draft, 1000, 7200);
    add(&draft, 2000, -1800);
    installs(f, &draft);
    fixture_reopen(f);
    assert_true(qc_zone_find(&f->txn, "Etc/Test", &zone));
    assert_int_equal(qc_zone_offset_s(&zone, -5, &until_s), -3600);
    assert_int_equal(until_s, 0);
    assert_int_equal(qc_zone_offset_s(&zone, 0, &until_s), -3600);
    assert_int_equal(until_s, 1000);
    assert_int_equal(qc_zone_offset_s(&zone, 999, &until_s), -3600);
    assert_int_equal(qc_zone_offset_s(&zone, 1000, &until_s), 7200);
    assert_int_equal(until_s, 2000);
    assert_int_equal(qc_zone_offset_s(&zone, 2000, &until_s), -1800);
    assert_true(until_s == INT64_MAX);
}

static void a_later_install_replaces_a_zone(void **state)
{
    struct fixture *f = *state;
    struct qc_zone_counts counts;
    struct draft draft;
    struct qc_zone zone;
    int64_t until_s;

    begin(&draft, "Etc/Test");
    add(&draft, 0, 3600);
    fixture_done(f, install(f, &draft, &counts));
    assert_int_equal(counts.created, 1);
    fixture_done(f, install(f, &draft, &counts));
    assert_int_equal(counts.unchanged, 1);
    add(&draft, 1000, 7200);
    fixture_done(f, install(f, &draft, &counts));
    assert_int_equal(counts.updated, 1);
    assert_int_equal(counts.created + counts.unchanged, 0);
    assert_true(qc_zone_find(&f->txn, "Etc/Test", &zone));
    assert_int_equal(qc_zone_offset_s(&zone, 1000, &until_s), 7200);
}

static void what_no_zone_may_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct draft draft;

    begin(&draft, "Etc/Te st");
    add(&draft, 0, 0);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].name");
    begin(&draft, "Etc/Test");
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
    add(&draft, 1, 0);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
    begin(&draft, "Etc/Test");
    add(&draft, 0, 86400);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
    begin(&draft, "Etc/Test");
    add(&draft, 0, 0);
    add(&draft, 0, 60);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
    begin(&draft, "Etc/Test");
    add(&draft, 0, 0);
    add(&draft, 4102444801, 60);
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
    begin(&draft, "Etc/Test");
    for (int i = 0; i < TRANSITIONS_MAX; i++) {
        add(&draft, i, 0);
    }
    refused(f, &draft, QC_REFUSED_INVALID, "zones[0].transitions");
}

static void there_are_no_more_zones_than_may_be(void **state)
{
    struct fixture *f = *state;
    struct draft draft;
    char name[32];

    for (int i = 0; i <= QC_ZONES_MAX; i++) {
        snprintf(name, sizeof(name), "Test/%d", i);
        begin(&draft, name);
        add(&draft, 0, 0);
        if (i < QC_ZONES_MAX) {
            installs(f, &draft);
        } else {
            refused(f, &draft, QC_REFUSED_QUOTA, "zones[0]");
        }
    }
    begin(&draft, "Test/0");
    add(&draft, 0, 60);
    installs(f, &draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(utc_is_always_there),
        TEST(an_offset_is_that_of_the_last_transition),
        TEST(a_later_install_replaces_a_zone),
        TEST(what_no_zone_may_be_is_refused),
        TEST(there_are_no_more_zones_than_may_be),
#undef TEST
    };

    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
