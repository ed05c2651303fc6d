/*
 * Bytes being written. Pure: see msgpack.h.
 *
 * Everything is written twice: the first time bytes are only counted, the
 * second time they go to memory of exactly that size. So nothing is ever
 * copied from a smaller buffer to a larger one, which an arena could not give
 * back.
 */
#ifndef QC_CODEC_SINK_H
#define QC_CODEC_SINK_H

#include <stdbool.h>

#include "base/bytes.h"

struct qc_arena;

struct qc_sink {
    struct qc_arena *arena;
    uint8_t *bytes; /* NULL while they are counted. */
    size_t size;
    bool full; /* The arena is: what was written is worth nothing. */
};

void qc_sink_put(struct qc_sink *sink, const void *bytes, size_t size);
void qc_sink_put_text(struct qc_sink *sink, const char *text);

/* Writes with |write|, called twice with |what|, into the arena. False when it
 * is full. */
bool qc_sink_fill(void (*write)(struct qc_sink *sink, const void *what),
                  const void *what,
                  struct qc_arena *arena,
                  struct qc_bytes *bytes_out);

#endif
