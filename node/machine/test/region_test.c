#include "machine/region.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

static const struct qc_place london = {515074000, -1278000};
static const struct qc_place leeds = {538008000, -15491000};

static void region(struct fixture *f,
                   const char *key,
                   struct qc_place middle,
                   uint32_t radius_m)
{
    Qc__V1__Region wanted = QC__V1__REGION__INIT;
    enum qc_change change;

    wanted.key = key;
    wanted.lat_e7 = middle.lat_e7;
    wanted.lon_e7 = middle.lon_e7;
    wanted.radius_m = radius_m;
    fixture_done(f, qc_region_put(&f->txn, &wanted, 0, &change));
}

static void a_place_is_in_the_smallest_region_that_holds_it(void **state)
{
    struct fixture *f = *state;

    region(f, "england", london, 200000);
    region(f, "city", london, 5000);
    region(f, "greater", london, 30000);
    assert_string_equal(qc_region_of(&f->txn, london), "city");
    assert_string_equal(
        qc_region_of(&f->txn, (struct qc_place){517074000, -1278000}),
        "greater");
    assert_string_equal(qc_region_of(&f->txn, leeds), "");
    fixture_reopen(f);
    assert_string_equal(qc_region_of(&f->txn, london), "city");
}

static void of_equally_small_regions_the_lowest_key_is_the_one(void **state)
{
    struct fixture *f = *state;

    region(f, "b", london, 5000);
    region(f, "a", london, 5000);
    region(f, "c", london, 5000);
    assert_string_equal(qc_region_of(&f->txn, london), "a");
}

static void a_region_that_changes_is_where_it_is_now(void **state)
{
    struct fixture *f = *state;

    region(f, "here", london, 5000);
    region(f, "here", leeds, 6000);
    assert_string_equal(qc_region_of(&f->txn, london), "");
    assert_string_equal(qc_region_of(&f->txn, leeds), "here");
}

/* A radius reaches as far as it says, and not a metre farther. */
static void the_edge_of_a_region_belongs_to_it(void **state)
{
    uint32_t far = (uint32_t)qc_place_distance_m(london, leeds);
    Qc__V1__Region wanted = QC__V1__REGION__INIT;

    (void)state;
    wanted.lat_e7 = london.lat_e7;
    wanted.lon_e7 = london.lon_e7;
    wanted.radius_m = far;
    assert_true(qc_region_holds(&wanted, leeds));
    wanted.radius_m = far - 1;
    assert_false(qc_region_holds(&wanted, leeds));
}

static void what_a_region_may_not_be_is_refused(void **state)
{
    Qc__V1__Region wanted = QC__V1__REGION__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    fixture_refused(f, qc_region_put(&f->txn, &wanted, 0, &change),
                    QC_REFUSED_INVALID, "region.key");
    wanted.key = "a";
    fixture_refused(f, qc_region_put(&f->txn, &wanted, 0, &change),
                    QC_REFUSED_INVALID, "region.radius_m");
    wanted.radius_m = 200001;
    fixture_refused(f, qc_region_put(&f->txn, &wanted, 0, &change),
                    QC_REFUSED_INVALID, "region.radius_m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_place_is_in_the_smallest_region_that_holds_it),
        TEST(of_equally_small_regions_the_lowest_key_is_the_one),
        TEST(a_region_that_changes_is_where_it_is_now),
        TEST(the_edge_of_a_region_belongs_to_it),
        TEST(what_a_region_may_not_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
