#include "daemon/clocks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

enum {
    NS_PER_US = 1000,
    SCHEDSTAT_SIZE = 128,
};

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

/* --- the loop's ----------------------------------------------------------- */

static uint64_t loop_now_us(void *ctx)
{
    (void)ctx;
    return uv_hrtime() / NS_PER_US;
}

/* "<on a processor> <waiting for one> <times>", in ns. The first is not used:
 * the kernel counts it only now and then. */
static uint64_t queued_us(void)
{
    static int schedstat = -1;
    char text[SCHEDSTAT_SIZE];
    char *second;
    ssize_t n;

    if (schedstat < 0) {
        schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    }
    n = schedstat < 0 ? -1 : pread(schedstat, text, sizeof(text) - 1, 0);
    if (n <= 0) {
        return 0;
    }
    text[n] = '\0';
    (void)strtoull(text, &second, 10);
    return strtoull(second, NULL, 10) / NS_PER_US;
}

static void loop_usage(void *ctx, struct qc_stall_usage *usage_out)
{
    struct timespec cpu;

    (void)ctx;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    *usage_out = (struct qc_stall_usage){
        .cpu_us =
            (uint64_t)cpu.tv_sec * 1000000 + (uint64_t)cpu.tv_nsec / NS_PER_US,
        .queued_us = queued_us(),
    };
}

struct qc_stall_clocks qc_clocks_of_loop(void)
{
    return (struct qc_stall_clocks){
        .now_us = loop_now_us,
        .usage = loop_usage,
    };
}
