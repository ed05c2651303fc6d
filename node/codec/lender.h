/* An arena as the place where protobuf-c takes memory from. */
#ifndef QC_CODEC_LENDER_H
#define QC_CODEC_LENDER_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

struct qc_arena;

struct qc_lender {
    ProtobufCAllocator allocator;
    struct qc_arena *arena;
    bool full; /* The arena had no more: why protobuf-c answered NULL. */
};

/* The lender must stay where it is. */
void qc_lender_init(struct qc_lender *lender, struct qc_arena *arena);

#endif
