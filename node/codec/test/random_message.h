/* Messages made up from a seed: the same seed, the same message. */
#ifndef QC_CODEC_TEST_RANDOM_MESSAGE_H
#define QC_CODEC_TEST_RANDOM_MESSAGE_H

#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct qc_arena;

struct qc_random {
    uint64_t state;
};

uint64_t qc_random_next(struct qc_random *random);

/* From 0 to |n| - 1. */
uint64_t qc_random_up_to(struct qc_random *random, uint64_t n);

/*
 * A message of |type|, in which fields may be unset, numbers extreme, texts of
 * any letters, enums unknown; maps are sorted, as those of decoded messages.
 * It knows nothing of limits. Aborts when the arena is full.
 */
ProtobufCMessage *qc_random_message(struct qc_random *random,
                                    const ProtobufCMessageDescriptor *type,
                                    struct qc_arena *arena);

#endif
