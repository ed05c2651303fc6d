/*
 * Bytes being written. Pure: see msgpack.h.
 *
 * A message is written to a small buffer, and when it proves longer, which few
 * do, a second time to memory of the size that was counted. So the arena, which
 * takes nothing back, never pays for a buffer that was outgrown.
 */
#ifndef QC_CODEC_SINK_H
#define QC_CODEC_SINK_H

#include <stdbool.h>

#include "base/bytes.h"

struct qc_arena;

struct qc_sink {
    struct qc_arena *arena;
    uint8_t *bytes;
    size_t room;
    size_t size; /* Of all that was put; what is beyond |room| is lost. */
    bool full;   /* The arena is: what was written is worth nothing. */
};

void qc_sink_put(struct qc_sink *sink, const void *bytes, size_t size);

/* The same of one byte, which most of what is put is. */
static inline void qc_sink_put_byte(struct qc_sink *sink, uint8_t byte)
{
    if (sink->size < sink->room) {
        sink->bytes[sink->size] = byte;
    }
    sink->size++;
}

void qc_sink_put_text(struct qc_sink *sink, const char *text);

/* Writes with |write|, called once or twice with |what|, into the arena. False
 * when it is full. */
bool qc_sink_fill(void (*write)(struct qc_sink *sink, const void *what),
                  const void *what,
                  struct qc_arena *arena,
                  struct qc_bytes *bytes_out);

#endif
