#include "cluster-tests/sim/random.h"

#include <assert.h>

static uint64_t rotate(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

/* SplitMix64, which xoshiro's authors seed with. */
static uint64_t split(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void sim_random_seed(struct sim_random *random, uint64_t seed, uint64_t part)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15U + part;

    for (unsigned i = 0; i < 4; i++) {
        random->s[i] = split(&state);
    }
}

uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t *s = random->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t sim_random_below(struct sim_random *random, uint64_t n)
{
    return n == 0 ? 0 : sim_random_next(random) % n;
}

int64_t sim_random_between(struct sim_random *random, int64_t from, int64_t to)
{
    assert(from <= to);

    return from + (int64_t)sim_random_below(random, (uint64_t)(to - from) + 1);
}

/* Halves and doubles: exact on every machine, as floats are not. */
int64_t sim_random_log(struct sim_random *random, int64_t from, int64_t to)
{
    unsigned n_octaves = 0;
    int64_t low;
    int64_t high;

    assert(from > 0 && from <= to);

    while ((from << (n_octaves + 1)) <= to) {
        n_octaves++;
    }
    low = from << sim_random_below(random, n_octaves + 1);
    high = 2 * low - 1 < to ? 2 * low - 1 : to;
    return sim_random_between(random, low, high);
}

int64_t sim_random_about(struct sim_random *random, int64_t mean)
{
    return mean / 2 + (int64_t)sim_random_below(random, (uint64_t)mean + 1);
}

bool sim_random_chance(struct sim_random *random, int64_t ppm)
{
    return ppm > 0 && (int64_t)sim_random_below(random, 1000000) < ppm;
}
