#include "machine/place.h"

uint64_t qc_place_pack(struct qc_place place)
{
    return (uint64_t)(uint32_t)place.lat_e7 << 32 | (uint32_t)place.lon_e7;
}

struct qc_place qc_place_unpack(uint64_t value)
{
    return (struct qc_place){.lat_e7 = (int32_t)(uint32_t)(value >> 32),
                             .lon_e7 = (int32_t)(uint32_t)value};
}

/*
 * Distances, in integers. On a plane that is right at the mean latitude, a
 * degree of longitude is as many degrees of latitude as its cosine says, and a
 * unit of 1e-7 degrees of latitude is 11.119508 mm (a mean radius of the earth
 * of 6 371 008.8 m).
 */

#define HALF_TURN_E7 INT64_C(1800000000)
#define DEGREE_E7    INT64_C(10000000)
#define UNIT_NM      UINT64_C(11119508)

enum {
    COSINE_BITS = 20,
};

/* cos(n degrees) * 2^20 */
static const int64_t cosines[] = {
    1048576, 1048416, 1047937, 1047139, 1046022, 1044586, 1042832, 1040760,
    1038371, 1035666, 1032646, 1029311, 1025662, 1021701, 1017429, 1012847,
    1007956, 1002758, 997255,  991448,  985339,  978930,  972223,  965219,
    957922,  950333,  942454,  934288,  925838,  917105,  908093,  898805,
    889243,  879410,  869309,  858943,  848316,  837430,  826289,  814897,
    803256,  791370,  779244,  766880,  754282,  741455,  728402,  715127,
    701634,  687928,  674012,  659890,  645568,  631049,  616338,  601438,
    586356,  571095,  555661,  540057,  524288,  508360,  492277,  476044,
    459665,  443147,  426494,  409711,  392803,  375776,  358634,  341383,
    324028,  306574,  289027,  271391,  253673,  235878,  218011,  200078,
    182083,  164033,  145934,  127789,  109606,  91389,   73145,   54878,
    36595,   18300,   0,
};

/* The cosine of a latitude, times 2^20: between whole degrees a straight line,
 * which is wrong by less than one in 25 000 of the radius. */
static int64_t cosine(int64_t lat_e7)
{
    int64_t above = lat_e7 < 0 ? -lat_e7 : lat_e7;
    int64_t degree = above / DEGREE_E7;
    int64_t rest = above % DEGREE_E7;

    if (degree >= 90) {
        return cosines[90];
    }
    return cosines[degree] +
           (cosines[degree + 1] - cosines[degree]) * rest / DEGREE_E7;
}

/* The whole part of the square root, bit by bit from above. */
static uint64_t square_root(uint64_t square)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1) {
        uint64_t larger = root | bit;

        if (larger * larger <= square) {
            root = larger;
        }
    }
    return root;
}

uint64_t qc_place_distance_m(struct qc_place a, struct qc_place b)
{
    int64_t north = (int64_t)a.lat_e7 - b.lat_e7;
    int64_t east = (int64_t)a.lon_e7 - b.lon_e7;

    /* The short way round. */
    if (east > HALF_TURN_E7) {
        east -= 2 * HALF_TURN_E7;
    } else if (east < -HALF_TURN_E7) {
        east += 2 * HALF_TURN_E7;
    }
    east = east * cosine(((int64_t)a.lat_e7 + b.lat_e7) / 2) /
           (INT64_C(1) << COSINE_BITS);
    return square_root((uint64_t)(north * north) + (uint64_t)(east * east)) *
           UNIT_NM / 1000000000;
}
