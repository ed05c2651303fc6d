#include "codec/sink.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

enum {
    /* The answers of a full entry of plain commands are within it. */
    BUFFER_SIZE = 64 * 1024,
};

void qc_sink_put(struct qc_sink *sink, const void *bytes, size_t size)
{
    if (size > 0 && sink->size + size <= sink->room) {
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
    uint8_t buffer[BUFFER_SIZE];
    struct qc_sink sink = {arena, buffer, sizeof(buffer), 0, false};
    struct qc_bytes bytes;
    uint8_t *memory;

    write(&sink, what);
    bytes.size = sink.size;
    /* One byte for an empty message, whose memory must not be NULL. */
    memory = qc_arena_take(arena, bytes.size > 0 ? bytes.size : 1);
    bytes.data = memory;
    if (sink.full || memory == NULL) {
        return false;
    }
    if (bytes.size <= sizeof(buffer)) {
        memcpy(memory, buffer, bytes.size);
    } else {
        sink = (struct qc_sink){arena, memory, bytes.size, 0, false};
        write(&sink, what);
        assert(sink.full || sink.size == bytes.size);
    }
    *bytes_out = bytes;
    return !sink.full;
}
