#include "codec/sink.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

void qc_sink_put(struct qc_sink *sink, const void *bytes, size_t size)
{
    if (sink->bytes != NULL && size > 0) {
        memcpy(sink->bytes + sink->size, bytes, size);
    }
    sink->size += size;
}

void qc_sink_put_text(struct qc_sink *sink, const char *text)
{
    qc_sink_put(sink, text, strlen(text));
}

bool qc_sink_fill(void (*write)(struct qc_sink *sink, const void *what),
                  const void *what,
                  struct qc_arena *arena,
                  struct qc_bytes *bytes_out)
{
    struct qc_sink count = {.arena = arena};
    struct qc_sink sink = {.arena = arena};

    write(&count, what);
    if (count.full) {
        return false;
    }
    /* One byte for an empty message, whose memory must not be NULL. */
    sink.bytes = qc_arena_alloc(arena, count.size > 0 ? count.size : 1);
    if (sink.bytes == NULL) {
        return false;
    }
    write(&sink, what);
    if (sink.full) {
        return false;
    }
    assert(sink.size == count.size);
    *bytes_out = (struct qc_bytes){sink.bytes, sink.size};
    return true;
}
