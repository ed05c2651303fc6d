#include "cluster-tests/fuzz/target.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/limits.h"

static const struct fuzz_target TARGETS[] = {
#define FUZZ_TARGET(name, size_max) \
    {#name, size_max, fuzz_##name##_run, fuzz_##name##_seed},
#include "cluster-tests/fuzz/targets.def"
#undef FUZZ_TARGET
};

void fuzz_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

const struct fuzz_target *fuzz_targets(size_t *n_out)
{
    *n_out = sizeof(TARGETS) / sizeof(TARGETS[0]);
    return TARGETS;
}

const struct fuzz_target *fuzz_target_called(const char *name)
{
    for (size_t i = 0; i < sizeof(TARGETS) / sizeof(TARGETS[0]); i++) {
        if (strcmp(TARGETS[i].name, name) == 0) {
            return &TARGETS[i];
        }
    }
    return NULL;
}

void fuzz_begin(void)
{
    bool loaded = qc_limits_load();
    /* Some targets stand on what tests stand on, and there what does not hold
     * ends a test; here it is to end the process. */
    int r = setenv("CMOCKA_TEST_ABORT", "1", 1);

    FUZZ_MUST(loaded && r == 0);
    signal(SIGPIPE, SIG_IGN);
}

void fuzz_run(const struct fuzz_target *target, struct qc_bytes input)
{
    size_t size = input.size < target->size_max ? input.size : target->size_max;
    uint8_t *copy = malloc(size > 0 ? size : 1);

    FUZZ_MUST(copy != NULL);
    if (size > 0) {
        memcpy(copy, input.data, size);
    }
    target->run((struct qc_bytes){copy, size});
    free(copy);
}
