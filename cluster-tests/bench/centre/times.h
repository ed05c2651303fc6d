/*
 * Processor times of entries, one by one.
 */
#ifndef QC_BENCH_CENTRE_TIMES_H
#define QC_BENCH_CENTRE_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is empty. */
struct centre_times {
    uint64_t *ns;
    size_t n;
    size_t room;
    uint64_t sum_ns;
    uint64_t n_commands; /* In all of them. */
};

/* Of this thread so far. */
uint64_t centre_times_now_ns(void);

void centre_times_add(struct centre_times *times,
                      uint64_t ns,
                      uint64_t n_commands);

/* Forgets them, and keeps the room. */
void centre_times_clear(struct centre_times *times);
void centre_times_free(struct centre_times *times);

/* What |permille| of a thousand are not above, in milliseconds; 1000: the
 * greatest. Sorts. 0 when there are none. */
double centre_times_ms(struct centre_times *times, unsigned permille);

#endif
