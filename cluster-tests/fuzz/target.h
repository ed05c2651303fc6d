/*
 * A fuzz target: what must hold of any bytes at all.
 *
 * It is a function that reads its input, does with it what the node would, and
 * aborts when something does not hold. The same function is run by libFuzzer
 * (libfuzzer.c), which makes inputs up, and by replay.c, which plays those that
 * are kept beside it. It must do the same for the same input each time, leave
 * nothing behind, and never take bytes to be good.
 */
#ifndef QC_FUZZ_TARGET_H
#define QC_FUZZ_TARGET_H

#include "base/bytes.h"

/* What does not hold ends the process, as a crash does. */
#define FUZZ_MUST(holds) \
    ((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #holds))

_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* Takes a seed: an input that a target makes of what is known to be good. */
struct fuzz_seeds {
    void (*take)(void *ctx, struct qc_bytes seed);
    void *ctx;
};

struct fuzz_target {
    const char *name;
    size_t size_max;
    void (*run)(struct qc_bytes input);
    void (*seed)(const struct fuzz_seeds *seeds);
};

/* Of each target; they stand where their README says. */
#define FUZZ_TARGET(name, size_max)                \
    void fuzz_##name##_run(struct qc_bytes input); \
    void fuzz_##name##_seed(const struct fuzz_seeds *seeds);
#include "cluster-tests/fuzz/targets.def"
#undef FUZZ_TARGET

/* All of them, in the order of targets.def. */
const struct fuzz_target *fuzz_targets(size_t *n_out);

/* NULL when there is none. */
const struct fuzz_target *fuzz_target_called(const char *name);

/* Before the first target is run. */
void fuzz_begin(void);

/* Runs |target| once, with a copy of |input| whose end a sanitizer sees. */
void fuzz_run(const struct fuzz_target *target, struct qc_bytes input);

#endif
