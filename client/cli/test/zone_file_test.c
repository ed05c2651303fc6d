#include "cli/zone_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- files ---------------------------------------------------------------
 */

struct change {
    int64_t at_s;
    int32_t offset_s;
};

struct file {
    uint8_t data[1024];
    size_t size;
};

static void put(struct file *file, int64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        file->data[file->size++] =
            (uint8_t)((uint64_t)value >> (8 * (size - 1 - i)));
    }
}

static void put_header(struct file *file, size_t n_times, size_t n_types)
{
    static const uint8_t unused[15] = {0};

    memcpy(&file->data[file->size], "TZif2", 5);
    memcpy(&file->data[file->size + 5], unused, sizeof(unused));
    file->size += 20;
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, (int64_t)n_times, 4);
    put(file, (int64_t)n_types, 4);
    put(file, 1, 4);
}

/* A file of version 2: its old part is empty. The first change is how it was
 * before all others, and its time does not count. */
static struct file written(const struct change *changes,
                           size_t n,
                           const char *footer)
{
    struct file file = {.size = 0};

    put_header(&file, 0, 1);
    put(&file, 0, 6 + 1);
    put_header(&file, n - 1, n);
    for (size_t i = 1; i < n; i++) {
        put(&file, changes[i].at_s, 8);
    }
    for (size_t i = 1; i < n; i++) {
        put(&file, (int64_t)i, 1);
    }
    for (size_t i = 0; i < n; i++) {
        put(&file, changes[i].offset_s, 4);
        put(&file, 0, 2);
    }
    put(&file, 0, 1);
    put(&file, '\n', 1);
    memcpy(&file.data[file.size], footer, strlen(footer));
    file.size += strlen(footer);
    put(&file, '\n', 1);
    return file;
}

static bool is_read(const struct file *file,
                    struct qc_zone_file *zone,
                    const char **wrong)
{
    return qc_zone_file_read((struct qc_bytes){file->data, file->size}, zone,
                             wrong);
}

/* Of a file that has nothing but |footer|, or begins with |offset_s|. */
static struct qc_zone_file by_rule(int32_t offset_s, const char *footer)
{
    const struct change first = {0, offset_s};
    struct file file = written(&first, 1, footer);
    struct qc_zone_file zone;
    const char *wrong;

    assert_true(is_read(&file, &zone, &wrong));
    return zone;
}

static int32_t at(const struct qc_zone_file *zone, int64_t at_s)
{
    size_t i = zone->n - 1;

    while (i > 0 && zone->changes[i].at_s > at_s) {
        i--;
    }
    return zone->changes[i].offset_s;
}

static void assert_changes(const struct qc_zone_file *zone,
                           int64_t at_s,
                           int32_t before_s,
                           int32_t after_s)
{
    assert_int_equal(at(zone, at_s - 1), before_s);
    assert_int_equal(at(zone, at_s), after_s);
}

/* --- zones ---------------------------------------------------------------
 */

static void berlin_has_summer_from_march_to_october(void **state)
{
    struct qc_zone_file zone = by_rule(3600, "CET-1CEST,M3.5.0,M10.5.0/3");

    (void)state;
    assert_int_equal(zone.changes[0].at_s, 0);
    assert_int_equal(zone.changes[0].offset_s, 3600);
    assert_changes(&zone, 1774746000, 3600, 7200); /* 2026-03-29 01:00 UTC */
    assert_changes(&zone, 1792890000, 7200, 3600); /* 2026-10-25 01:00 UTC */
    assert_changes(&zone, 4096573200, 7200, 3600); /* 2099-10-25 01:00 UTC */
    assert_int_equal(zone.n, 1 + 2 * 130);
}

static void new_york_has_summer_from_march_to_november(void **state)
{
    struct qc_zone_file zone = by_rule(-18000, "EST5EDT,M3.2.0,M11.1.0");

    (void)state;
    assert_changes(&zone, 1772953200, -18000, -14400); /* 2026-03-08 07:00 */
    assert_changes(&zone, 1793512800, -14400, -18000); /* 2026-11-01 06:00 */
}

static void lord_howe_has_summer_by_half_an_hour_over_new_year(void **state)
{
    struct qc_zone_file zone =
        by_rule(37800, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");

    (void)state;
    assert_int_equal(zone.changes[0].offset_s, 39600);
    assert_changes(&zone, 1775314800, 39600, 37800); /* 2026-04-04 15:00 */
    assert_changes(&zone, 1791041400, 37800, 39600); /* 2026-10-03 15:30 */
}

static void kathmandu_has_moved_by_a_quarter_of_an_hour(void **state)
{
    static const struct change changes[] = {{0, 20476},
                                            {-1577943676, 19800},
                                            {504901800, 20700}};
    struct file file = written(changes, 3, "<+0545>-5:45");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    assert_true(is_read(&file, &zone, &wrong));
    assert_int_equal(zone.n, 2);
    assert_int_equal(zone.changes[0].at_s, 0);
    assert_int_equal(zone.changes[0].offset_s, 19800);
    assert_changes(&zone, 504901800, 19800, 20700);
}

static void apia_skips_the_thirtieth_of_december_2011(void **state)
{
    static const struct change changes[] = {{0, -39600},
                                            {1316872800, -36000},
                                            {1325239200, 50400}};
    struct file file = written(changes, 3, "<+13>-13");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    assert_true(is_read(&file, &zone, &wrong));
    assert_changes(&zone, 1325239200, -36000, 50400);
}

/* --- rules ---------------------------------------------------------------
 */

static void a_rule_begins_behind_the_last_change_of_the_file(void **state)
{
    static const struct change changes[] = {{0, 0}, {1767225600, 3600}};
    struct file file = written(changes, 2, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    assert_true(is_read(&file, &zone, &wrong));
    assert_int_equal(zone.changes[1].at_s, 1767225600);
    assert_int_equal(zone.changes[2].at_s, 1774746000);
}

static void days_of_rules_may_be_counted_from_new_year(void **state)
{
    struct qc_zone_file zone = by_rule(0, "AAA0BBB,J60/0,300/0");

    (void)state;
    /* March 1st, in every year; the 301st day is a day earlier in leap years.
     */
    assert_changes(&zone, 1772323200, 0, 3600);
    assert_changes(&zone, 1835481600, 0, 3600);
    assert_changes(&zone, 1793142000, 3600, 0); /* 2026-10-27 23:00 */
    assert_changes(&zone, 1856214000, 3600, 0); /* 2028-10-26 23:00 */
}

static void summer_may_never_end(void **state)
{
    struct qc_zone_file zone = by_rule(-14400, "XXX3EDT4,0/0,J365/23");

    (void)state;
    assert_int_equal(zone.n, 1);
    assert_int_equal(zone.changes[0].offset_s, -14400);
}

static void a_rule_may_change_the_day_before(void **state)
{
    struct qc_zone_file zone =
        by_rule(-7200, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0");

    (void)state;
    assert_changes(&zone, 1774746000, -7200, -3600); /* 2026-03-29 01:00 UTC */
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const rules[] = {
        "CET",
        "-1",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,M13.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,J0,J366",
        "CET-25",
        "<+01-1",
        "CET-1CEST,M3.5.0,M10.5.0/3 ",
        "CET-99999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct change first = {0, 0};
        struct file file = written(&first, 1, rules[i]);
        struct qc_zone_file zone;
        const char *wrong;

        assert_false(is_read(&file, &zone, &wrong));
        assert_string_equal(wrong, "its rule for the time to come is none");
    }
}

/* --- what is none -------------------------------------------------------- */

static void a_file_that_ends_too_soon_is_none(void **state)
{
    static const struct change changes[] = {{0, 0}, {1000, 3600}};
    struct file file = written(changes, 2, "CET-1");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    for (size_t size = 0; size < file.size; size++) {
        uint8_t *heap = test_malloc(size + 1);

        /* Of its very size, so that a byte read behind it is found. */
        memcpy(heap + 1, file.data, size);
        assert_false(qc_zone_file_read((struct qc_bytes){heap + 1, size}, &zone,
                                       &wrong));
        test_free(heap);
    }
    file.data[0] = 'X';
    assert_false(is_read(&file, &zone, &wrong));
}

static void times_that_go_backwards_are_none(void **state)
{
    static const struct change changes[] = {{0, 0}, {2000, 3600}, {1000, 0}};
    struct file file = written(changes, 3, "");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    assert_false(is_read(&file, &zone, &wrong));
}

static void an_offset_of_a_day_is_none(void **state)
{
    static const struct change changes[] = {{0, 86400}};
    struct file file = written(changes, 1, "");
    struct qc_zone_file zone;
    const char *wrong;

    (void)state;
    assert_false(is_read(&file, &zone, &wrong));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(berlin_has_summer_from_march_to_october),
        cmocka_unit_test(new_york_has_summer_from_march_to_november),
        cmocka_unit_test(lord_howe_has_summer_by_half_an_hour_over_new_year),
        cmocka_unit_test(kathmandu_has_moved_by_a_quarter_of_an_hour),
        cmocka_unit_test(apia_skips_the_thirtieth_of_december_2011),
        cmocka_unit_test(a_rule_begins_behind_the_last_change_of_the_file),
        cmocka_unit_test(days_of_rules_may_be_counted_from_new_year),
        cmocka_unit_test(summer_may_never_end),
        cmocka_unit_test(a_rule_may_change_the_day_before),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(a_file_that_ends_too_soon_is_none),
        cmocka_unit_test(times_that_go_backwards_are_none),
        cmocka_unit_test(an_offset_of_a_day_is_none),
    };

    return cmocka_run_group_tests_name("zone_file", tests, NULL, NULL);
}
