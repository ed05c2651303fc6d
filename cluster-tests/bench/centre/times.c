#include "cluster-tests/bench/centre/times.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

uint64_t centre_times_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void centre_times_add(struct centre_times *times,
                      uint64_t ns,
                      uint64_t n_commands)
{
    if (times->n == times->room) {
        times->room = 2 * times->room + 1024;
        times->ns = realloc(times->ns, times->room * sizeof(*times->ns));
        assert(times->ns != NULL);
    }
    times->ns[times->n++] = ns;
    times->sum_ns += ns;
    times->n_commands += n_commands;
}

void centre_times_clear(struct centre_times *times)
{
    times->n = 0;
    times->sum_ns = 0;
    times->n_commands = 0;
}

void centre_times_free(struct centre_times *times)
{
    free(times->ns);
    *times = (struct centre_times){.ns = NULL};
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

double centre_times_ms(struct centre_times *times, unsigned permille)
{
    size_t at = times->n * permille / 1000;

    if (times->n == 0) {
        return 0;
    }
    qsort(times->ns, times->n, sizeof(*times->ns), compare);
    return (double)times->ns[at < times->n ? at : times->n - 1] / 1e6;
}
