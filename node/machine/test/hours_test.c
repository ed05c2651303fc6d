#include "machine/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"
#include "machine/zone.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

enum {
    SPANS_MAX = 57,
};

/* Hours in the making. */
struct draft {
    Qc__V1__Hours hours;
    Qc__V1__WeeklySpan spans[SPANS_MAX];
    Qc__V1__WeeklySpan *weekly[SPANS_MAX];
    Qc__V1__SpecialDay days[2];
    Qc__V1__SpecialDay *special[2];
};

static void begin(struct draft *draft, const char *zone)
{
    qc__v1__hours__init(&draft->hours);
    draft->hours.key = "office";
    draft->hours.time_zone = zone;
    draft->hours.weekly = draft->weekly;
    draft->hours.special_days = draft->special;
}

static void on(struct draft *draft, uint32_t day, uint32_t from, uint32_t to)
{
    size_t i = draft->hours.n_weekly++;

    qc__v1__weekly_span__init(&draft->spans[i]);
    draft->weekly[i] = &draft->spans[i];
    draft->spans[i].day = day;
    draft->spans[i].from_min = from;
    draft->spans[i].to_min = to;
}

static void daily(struct draft *draft, uint32_t from, uint32_t to)
{
    for (uint32_t day = 1; day <= 7; day++) {
        on(draft, day, from, to);
    }
}

static void special(struct draft *draft,
                    uint32_t date,
                    uint32_t from,
                    uint32_t to)
{
    size_t i = draft->hours.n_special_days++;

    qc__v1__special_day__init(&draft->days[i]);
    draft->special[i] = &draft->days[i];
    draft->days[i].date = date;
    draft->days[i].from_min = from;
    draft->days[i].to_min = to;
}

static int put(struct fixture *f, struct draft *draft)
{
    enum qc_change change;

    return qc_hours_put(&f->txn, &draft->hours, 0, &change);
}

static void refused(struct fixture *f, struct draft *draft, const char *field)
{
    fixture_refused(f, put(f, draft), QC_REFUSED_INVALID, field);
}

struct change {
    int64_t at_s;
    int32_t offset_s;
};

static void zone(struct fixture *f,
                 const char *name,
                 const struct change *changes,
                 size_t n)
{
    Qc__V1__TimeZone wanted = QC__V1__TIME_ZONE__INIT;
    Qc__V1__TimeZone *zones[] = {&wanted};
    Qc__V1__ZoneTransition transitions[4];
    Qc__V1__ZoneTransition *list[4];
    struct qc_zone_counts counts;

    for (size_t i = 0; i < n; i++) {
        qc__v1__zone_transition__init(&transitions[i]);
        list[i] = &transitions[i];
        transitions[i].at_s = changes[i].at_s;
        transitions[i].offset_s = changes[i].offset_s;
    }
    wanted.name = name;
    wanted.transitions = list;
    wanted.n_transitions = n;
    f->txn.tenant = 0;
    fixture_done(f, qc_zone_install(&f->txn, zones, 1, &counts));
    f->txn.tenant = FIXTURE_TENANT;
}

static void is(struct fixture *f, bool open, int64_t at_ms, int64_t until_ms)
{
    int64_t until;

    assert_int_equal(qc_hours_open(&f->txn, "office", at_ms, &until), open);
    assert_int_equal(f->txn.fault, 0);
    assert_int_equal(until, until_ms);
}

/* 2025-03-24, a Monday, 00:00 UTC. */
#define MONDAY_MS INT64_C(1742774400000)

static void a_week_repeats(void **state)
{
    struct fixture *f = *state;
    struct draft draft;

    begin(&draft, "");
    on(&draft, 1, 540, 720);
    on(&draft, 1, 720, 1020);
    on(&draft, 3, 0, 1440);
    on(&draft, 4, 0, 60);
    fixture_done(f, put(f, &draft));
    assert_string_equal(qc_hours_get(&f->txn, "office")->hours->time_zone,
                        "UTC");
    is(f, false, MONDAY_MS, MONDAY_MS + 9 * HOUR_MS);
    is(f, false, MONDAY_MS + 9 * HOUR_MS - 1, MONDAY_MS + 9 * HOUR_MS);
    is(f, true, MONDAY_MS + 9 * HOUR_MS, MONDAY_MS + 17 * HOUR_MS);
    is(f, false, MONDAY_MS + 17 * HOUR_MS, MONDAY_MS + 2 * DAY_MS);
    is(f, true, MONDAY_MS + 2 * DAY_MS, MONDAY_MS + 3 * DAY_MS + HOUR_MS);
    is(f, false, MONDAY_MS + 4 * DAY_MS, MONDAY_MS + 7 * DAY_MS + 9 * HOUR_MS);
}

static void what_never_changes_is_said_for_eight_days(void **state)
{
    struct fixture *f = *state;
    struct draft draft;

    begin(&draft, "UTC");
    fixture_done(f, put(f, &draft));
    is(f, false, MONDAY_MS + 7, MONDAY_MS + 7 + 8 * DAY_MS);
    daily(&draft, 0, 1440);
    fixture_done(f, put(f, &draft));
    is(f, true, MONDAY_MS + 7, MONDAY_MS + 7 + 8 * DAY_MS);
}

static void a_special_day_is_unlike_its_weekday(void **state)
{
    struct fixture *f = *state;
    struct draft draft;

    begin(&draft, "UTC");
    daily(&draft, 540, 1020);
    special(&draft, 20250324, 0, 0);
    special(&draft, 20250325, 600, 660);
    fixture_done(f, put(f, &draft));
    is(f, false, MONDAY_MS + 12 * HOUR_MS, MONDAY_MS + 34 * HOUR_MS);
    is(f, true, MONDAY_MS + 34 * HOUR_MS, MONDAY_MS + 35 * HOUR_MS);
    is(f, false, MONDAY_MS + 36 * HOUR_MS, MONDAY_MS + 57 * HOUR_MS);
    begin(&draft, "UTC");
    special(&draft, 20240229, 0, 1440);
    fixture_done(f, put(f, &draft));
    is(f, true, 1709164800000, 1709164800000 + DAY_MS);
    is(f, false, 1709164800000 - 1, 1709164800000);
}

static void a_day_that_summer_time_makes_shorter_or_longer_is_right(
    void **state)
{
    static const struct change berlin[] = {
        {0, 3600},
        {1743296400, 7200}, /* 2025-03-30 01:00 UTC */
        {1761440400, 3600}, /* 2025-10-26 01:00 UTC */
    };
    struct fixture *f = *state;
    struct draft draft;

    zone(f, "Europe/Berlin", berlin, 3);
    begin(&draft, "Europe/Berlin");
    daily(&draft, 0, 540);
    fixture_done(f, put(f, &draft));
    /* From midnight to nine are eight hours, or ten. */
    is(f, true, 1743289200000, 1743289200000 + 8 * HOUR_MS);
    is(f, true, 1761429600000, 1761429600000 + 10 * HOUR_MS);
    begin(&draft, "Europe/Berlin");
    daily(&draft, 150, 180); /* There is no half past two in March. */
    fixture_done(f, put(f, &draft));
    is(f, false, 1743289200000, 1743289200000 + 25 * HOUR_MS + 30 * MINUTE_MS);
    /* There are two in October. */
    is(f, true, 1761438600000, 1761440400000);
    is(f, false, 1761440400000, 1761442200000);
    is(f, true, 1761442200000, 1761444000000);
}

static void a_day_that_a_zone_has_skipped_never_was(void **state)
{
    static const struct change apia[] = {
        {0, -39600},
        {1285498800, -36000}, /* 2010-09-26 11:00 UTC */
        {1325239200, 50400},  /* 2011-12-30 10:00 UTC */
    };
    struct fixture *f = *state;
    struct draft draft;

    zone(f, "Pacific/Apia", apia, 3);
    begin(&draft, "Pacific/Apia");
    on(&draft, 5, 0, 1440); /* The day was a Friday. */
    fixture_done(f, put(f, &draft));
    is(f, false, 1325239200000 - HOUR_MS, 1325239200000 + 6 * DAY_MS);
    begin(&draft, "Pacific/Apia");
    on(&draft, 6, 0, 1440);
    fixture_done(f, put(f, &draft));
    is(f, false, 1325239200000 - HOUR_MS, 1325239200000);
    is(f, true, 1325239200000, 1325239200000 + DAY_MS);
}

static void what_no_hours_may_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct draft draft;

    begin(&draft, "Europe/Nowhere");
    fixture_refused(f, put(f, &draft), QC_REFUSED_ZONE_UNKNOWN,
                    "hours.time_zone");
    begin(&draft, "UTC");
    on(&draft, 8, 0, 60);
    refused(f, &draft, "hours.weekly[0].day");
    begin(&draft, "UTC");
    on(&draft, 1, 60, 60);
    refused(f, &draft, "hours.weekly[0].to_min");
    begin(&draft, "UTC");
    on(&draft, 1, 60, 120);
    on(&draft, 2, 60, 120);
    on(&draft, 1, 119, 130);
    refused(f, &draft, "hours.weekly[2]");
    begin(&draft, "UTC");
    for (uint32_t i = 0; i < 9; i++) {
        on(&draft, 1, 10 * i, 10 * i + 10);
    }
    refused(f, &draft, "hours.weekly[8]");
    begin(&draft, "UTC");
    special(&draft, 20250229, 0, 0);
    refused(f, &draft, "hours.special_days[0].date");
    begin(&draft, "UTC");
    special(&draft, 20250228, 0, 0);
    special(&draft, 20250228, 0, 60);
    refused(f, &draft, "hours.special_days[1].date");
    begin(&draft, "UTC");
    special(&draft, 20250228, 60, 0);
    refused(f, &draft, "hours.special_days[0].to_min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_week_repeats),
        TEST(what_never_changes_is_said_for_eight_days),
        TEST(a_special_day_is_unlike_its_weekday),
        TEST(a_day_that_summer_time_makes_shorter_or_longer_is_right),
        TEST(a_day_that_a_zone_has_skipped_never_was),
        TEST(what_no_hours_may_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
