#include "cli/patience.h"

#include <time.h>

int64_t qc_patience_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool qc_patience_pause(int64_t deadline_ms, int64_t pause_ms)
{
    const struct timespec pause = {
        .tv_sec = (time_t)(pause_ms / 1000),
        .tv_nsec = (long)(pause_ms % 1000) * 1000000L,
    };

    if (qc_patience_now_ms() + pause_ms > deadline_ms) {
        return false;
    }
    nanosleep(&pause, NULL);
    return true;
}
