/*
 * The machine's stories (node/command/test/stories) as seeds: whatever they do
 * to a world is written down while they are played.
 */
#ifndef QC_FUZZ_STORIES_H
#define QC_FUZZ_STORIES_H

#include "cluster-tests/fuzz/choices.h"

struct fuzz_seeds;

/* What an input of the target "requests" says to do next. */
enum stories_step {
    STORIES_PASS,      /* 4 bytes: the milliseconds that pass. */
    STORIES_LEAP,      /* The same, but no timer fires. */
    STORIES_CONFIGURE, /* How many; of each its id, above 127 of a standby. */
    STORIES_CALLER,    /* A size, so much text; whether it names a tenant. */
    STORIES_ASK,       /* A method, 2 bytes of size, so much protobuf. */
    STORIES_STEPS,
};

/* The entries of the log of all stories. */
void stories_seed_entries(const struct fuzz_seeds *seeds);

#endif
