#include "machine/place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static double radians(int32_t e7)
{
    return e7 / 1e7 * 3.14159265358979323846 / 180;
}

/* As the crow flies over a sphere. */
static double haversine_m(struct qc_place a, struct qc_place b)
{
    double north = sin((radians(b.lat_e7) - radians(a.lat_e7)) / 2);
    double east = sin((radians(b.lon_e7) - radians(a.lon_e7)) / 2);
    double h = north * north +
               cos(radians(a.lat_e7)) * cos(radians(b.lat_e7)) * east * east;

    return 2 * 6371008.8 * asin(sqrt(h));
}

static void distances_are_right_within_a_percent(void **state)
{
    (void)state;
    /* About 200 km in 16 directions, from the equator to the far north. */
    for (int32_t lat = -70; lat <= 70; lat += 7) {
        for (unsigned direction = 0; direction < 16; direction++) {
            double angle = direction * 3.14159265358979323846 / 8;
            struct qc_place a = {lat * 10000000, 1799900000};
            double east = 1.7e7 * cos(angle) / cos(radians(a.lat_e7));
            struct qc_place b = {
                a.lat_e7 + (int32_t)(1.7e7 * sin(angle)),
                (int32_t)(fmod(a.lon_e7 + east + 1.8e9, 3.6e9) - 1.8e9),
            };
            double wanted = haversine_m(a, b);
            double found = (double)qc_place_distance_m(a, b);

            assert_true(fabs(found - wanted) < 0.01 * wanted + 1);
            assert_true(found == (double)qc_place_distance_m(b, a));
        }
    }
}

static void no_distance_overflows(void **state)
{
    static const struct qc_place corners[] = {
        {900000000, 1800000000},
        {900000000, -1800000000},
        {-900000000, 1800000000},
        {-900000000, -1800000000},
        {0, 0},
    };

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            assert_in_range(qc_place_distance_m(corners[i], corners[j]), 0,
                            30000000);
        }
        assert_int_equal(qc_place_distance_m(corners[i], corners[i]), 0);
    }
}

static void what_is_packed_is_the_same_place(void **state)
{
    static const struct qc_place places[] = {{900000000, 1800000000},
                                             {-900000000, -1800000000},
                                             {-1, 1},
                                             {0, 0}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct qc_place again = qc_place_unpack(qc_place_pack(places[i]));

        assert_int_equal(again.lat_e7, places[i].lat_e7);
        assert_int_equal(again.lon_e7, places[i].lon_e7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_right_within_a_percent),
        cmocka_unit_test(no_distance_overflows),
        cmocka_unit_test(what_is_packed_is_the_same_place),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
