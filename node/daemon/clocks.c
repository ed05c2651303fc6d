#include "daemon/clocks.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <uv.h>

int64_t qc_monotonic_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static int64_t monotonic_ms(void *ctx)
{
    (void)ctx;
    return qc_monotonic_ms();
}

static int64_t wall_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    (void)ctx;
    /* Of so little the kernel gives all, or has none to give at all. */
    if (getrandom(bytes, QC_ENTROPY_SIZE, 0) != QC_ENTROPY_SIZE) {
        abort();
    }
}

struct qc_clocks qc_clocks_of_this_machine(void)
{
    return (struct qc_clocks){
        .monotonic_ms = monotonic_ms,
        .wall_ms = wall_ms,
        .entropy = entropy,
    };
}
