/* Places on the earth, and how far they are apart (domain model B.32). */
#ifndef QC_MACHINE_PLACE_H
#define QC_MACHINE_PLACE_H

#include <stdint.h>

/* In units of 1e-7 degrees, north and east above 0. */
struct qc_place {
    int32_t lat_e7;
    int32_t lon_e7;
};

enum {
    /* Of what is around a place: farther, distances are not exact enough. */
    QC_RADIUS_MAX_M = 200000,
};

/* How far two places are apart, in metres: on a plane that is right in the
 * middle between them, so less than 1 % wrong below 200 km, short of the
 * poles. */
uint64_t qc_place_distance_m(struct qc_place a, struct qc_place b);

/* As the value of an index, and back. */
uint64_t qc_place_pack(struct qc_place place);
struct qc_place qc_place_unpack(uint64_t value);

#endif
