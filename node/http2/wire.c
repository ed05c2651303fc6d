#include "http2/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    OUTPUT_SIZE = 64 * 1024,
    /* nghttp2 gives out a frame at a time, of 16 KiB and its header. */
    CHUNK_MAX = 17 * 1024,
};

int qc_wire_init(struct qc_wire *wire,
                 uv_loop_t *loop,
                 uint8_t *input,
                 const struct qc_wire_events *events,
                 void *owner)
{
    wire->input = input;
    wire->events = events;
    wire->owner = owner;
    wire->session = NULL;
    wire->leftover = NULL;
    wire->tcp.data = wire;
    wire->write.data = wire;
    return uv_tcp_init(loop, &wire->tcp);
}

static void give_input(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct qc_wire *wire = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)wire->input, QC_WIRE_INPUT_SIZE);
}

static void take_input(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct qc_wire *wire = stream->data;
    struct qc_bytes bytes = {.data = (const uint8_t *)buf->base};

    if (size > 0) {
        bytes.size = (size_t)size;
        wire->events->read(wire->owner, bytes, 0);
    } else if (size < 0) {
        wire->events->read(wire->owner, bytes, (int)size);
    }
}

int qc_wire_read_start(struct qc_wire *wire)
{
    int r = uv_read_start((uv_stream_t *)&wire->tcp, give_input, take_input);

    return r == UV_EALREADY ? 0 : r;
}

void qc_wire_read_stop(struct qc_wire *wire)
{
    uv_read_stop((uv_stream_t *)&wire->tcp);
}

bool qc_wire_full(const struct qc_wire *wire)
{
    return wire->leftover != NULL;
}

/* Collects what the session has to say; gives how much, or an error. */
static ssize_t gather(nghttp2_session *session, uint8_t output[OUTPUT_SIZE])
{
    size_t used = 0;

    while (used <= OUTPUT_SIZE - CHUNK_MAX) {
        const uint8_t *chunk;
        ssize_t size = nghttp2_session_mem_send(session, &chunk);

        if (size < 0) {
            return UV_ENOMEM;
        }
        if (size == 0) {
            break;
        }
        assert(size <= CHUNK_MAX);
        memcpy(output + used, chunk, (size_t)size);
        used += (size_t)size;
    }
    return (ssize_t)used;
}

static void write_done(uv_write_t *write, int status)
{
    struct qc_wire *wire = write->data;

    free(wire->leftover);
    wire->leftover = NULL;
    wire->events->written(wire->owner, status);
}

/* Lets the loop write what the socket did not take at once. */
static int write_later(struct qc_wire *wire, const uint8_t *output, size_t size)
{
    uv_buf_t buf;
    int r;

    wire->leftover = malloc(size);
    if (wire->leftover == NULL) {
        return UV_ENOMEM;
    }
    memcpy(wire->leftover, output, size);
    buf = uv_buf_init((char *)wire->leftover, (unsigned)size);
    r = uv_write(&wire->write, (uv_stream_t *)&wire->tcp, &buf, 1, write_done);
    if (r != 0) {
        free(wire->leftover);
        wire->leftover = NULL;
    }
    return r;
}

int qc_wire_flush(struct qc_wire *wire, bool *any_out)
{
    uint8_t output[OUTPUT_SIZE];

    *any_out = false;
    while (!qc_wire_full(wire)) {
        ssize_t size = gather(wire->session, output);
        uv_buf_t buf;
        int r;

        if (size <= 0) {
            return (int)size;
        }
        *any_out = true;
        buf = uv_buf_init((char *)output, (unsigned)size);
        r = uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);
        if (r < 0 && r != UV_EAGAIN) {
            return r;
        }
        if (r < 0) {
            r = 0;
        }
        if (r < size) {
            r = write_later(wire, output + r, (size_t)(size - r));
            if (r != 0) {
                return r;
            }
        }
    }
    return 0;
}
