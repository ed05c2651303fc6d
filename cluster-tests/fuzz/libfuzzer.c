/* How libFuzzer calls a target: the one that QC_FUZZ_TARGET names. */
#include <stdio.h>
#include <stdlib.h>

#include "cluster-tests/fuzz/target.h"

/* NOLINTBEGIN(readability-identifier-naming, readability-non-const-parameter):
 * libFuzzer's names and signatures. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target;

/* By the environment, for libFuzzer starts itself again with other arguments
 * (-merge, -fork). */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("QC_FUZZ_TARGET");

    (void)argc;
    (void)argv;
    target = name != NULL ? fuzz_target_called(name) : NULL;
    if (target == NULL) {
        fprintf(stderr, "QC_FUZZ_TARGET names no target\n");
        exit(2);
    }
    fuzz_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(target, (struct qc_bytes){data, size});
    return 0;
}
/* NOLINTEND(readability-identifier-naming, readability-non-const-parameter) */
