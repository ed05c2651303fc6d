#include "machine/planted.h"

#ifdef QC_PLANTED

#include <stdlib.h>
#include <time.h>

int64_t qc_planted_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)time(NULL) * 1000 + now.tv_nsec;
}

uint64_t qc_planted_random(void)
{
    return (uint64_t)rand();
}

bool qc_planted_coin(const void *address, uint64_t turn)
{
    uint64_t mixed = ((uint64_t)(uintptr_t)address >> 4) + turn;

    mixed *= UINT64_C(0x9e3779b97f4a7c15);
    return (mixed >> 63) != 0;
}

#endif
