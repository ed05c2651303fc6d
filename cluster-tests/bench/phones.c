#include "cluster-tests/bench/phones.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const FRENCH[] = {
    "+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998",
};

enum {
    N_FRENCH_RANGES = sizeof(FRENCH) / sizeof(FRENCH[0]),
    FRENCH_RANGE_COUNT = 10000,
    NANP_AREA_COUNT = 100,
    NANP_AREA_LAST = 999,
};

void qc_bench_phone(uint32_t i, char phone_out[QC_BENCH_PHONE_SIZE])
{
    uint32_t range = i / FRENCH_RANGE_COUNT;
    uint32_t rest = i - N_FRENCH_RANGES * FRENCH_RANGE_COUNT;

    assert(i < QC_BENCH_PHONES_MAX);
    if (range < N_FRENCH_RANGES) {
        snprintf(phone_out, QC_BENCH_PHONE_SIZE, "%s%04" PRIu32, FRENCH[range],
                 i % FRENCH_RANGE_COUNT);
    } else {
        snprintf(phone_out, QC_BENCH_PHONE_SIZE, "+1%" PRIu32 "5550%" PRIu32,
                 NANP_AREA_LAST - rest / NANP_AREA_COUNT,
                 NANP_AREA_COUNT + rest % NANP_AREA_COUNT);
    }
}
