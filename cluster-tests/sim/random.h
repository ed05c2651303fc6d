/*
 * Dice: xoshiro256** (Blackman, Vigna), the only source of chance here.
 *
 * Each part of the simulator has dice of its own, made from the seed and the
 * part's name, so that fewer faults do not change what callers do.
 */
#ifndef QC_SIM_RANDOM_H
#define QC_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t s[4];
};

void sim_random_seed(struct sim_random *random, uint64_t seed, uint64_t part);
uint64_t sim_random_next(struct sim_random *random);

/* 0 to |n| - 1; 0 when |n| is 0. */
uint64_t sim_random_below(struct sim_random *random, uint64_t n);

/* |from| to |to|, both of them possible. */
int64_t sim_random_between(struct sim_random *random, int64_t from, int64_t to);

/* The same, but small ones as likely as large ones: uniform in the logarithm.
 * |from| > 0. */
int64_t sim_random_log(struct sim_random *random, int64_t from, int64_t to);

/* About |mean|, half of it to one and a half. */
int64_t sim_random_about(struct sim_random *random, int64_t mean);

/* True |ppm| times in a million. */
bool sim_random_chance(struct sim_random *random, int64_t ppm);

#endif
