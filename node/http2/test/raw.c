#include "http2/test/raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    FRAME_HEAD_SIZE = 9,
    FIELDS_MAX = 1024,
};

struct sending {
    uv_write_t write;
    uint8_t bytes[];
};

static void keep(struct qc_buffer *buffer, const void *bytes, size_t size)
{
    assert_true(qc_buffer_add(buffer, bytes, size));
}

static uint32_t number(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

/* --- what comes ----------------------------------------------------------- */

static void take_headers(struct raw *raw, const uint8_t *block, size_t size)
{
    int flags = 0;

    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
        nghttp2_nv field;
        ssize_t used = nghttp2_hd_inflate_hd2(raw->inflater, &field, &flags,
                                              block, size, 1);

        assert_true(used >= 0);
        block += used;
        size -= (size_t)used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            keep(&raw->headers, field.name, field.namelen);
            keep(&raw->headers, ": ", 2);
            keep(&raw->headers, field.value, field.valuelen);
            keep(&raw->headers, "\n", 1);
        }
    }
    nghttp2_hd_inflate_end_headers(raw->inflater);
}

static void take_frame(struct raw *raw,
                       const uint8_t *head,
                       const uint8_t *payload,
                       size_t size)
{
    uint8_t type = head[3];
    uint8_t flags = head[4];

    if (type == NGHTTP2_HEADERS) {
        take_headers(raw, payload, size);
    } else if (type == NGHTTP2_DATA) {
        keep(&raw->body, payload, size);
        raw->n_data++;
    } else if (type == NGHTTP2_SETTINGS && (flags & NGHTTP2_FLAG_ACK) != 0) {
        raw->n_settled++;
    } else if (type == NGHTTP2_PING && (flags & NGHTTP2_FLAG_ACK) != 0) {
        memcpy(raw->pong, payload, sizeof(raw->pong));
        raw->n_pongs++;
    } else if (type == NGHTTP2_RST_STREAM) {
        raw->reset = number(payload);
        raw->n_ended++;
    } else if (type == NGHTTP2_GOAWAY) {
        raw->goaway = number(payload + 4);
        raw->n_goaways++;
    }
    if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) &&
        (flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        raw->n_ended++;
    }
}

static void take_frames(struct raw *raw)
{
    struct qc_bytes bytes = qc_buffer_bytes(&raw->input);

    while (bytes.size >= FRAME_HEAD_SIZE) {
        size_t size = number(bytes.data) >> 8;

        if (bytes.size < FRAME_HEAD_SIZE + size) {
            break;
        }
        take_frame(raw, bytes.data, bytes.data + FRAME_HEAD_SIZE, size);
        raw->input.begin += FRAME_HEAD_SIZE + size;
        bytes = qc_buffer_bytes(&raw->input);
    }
}

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct raw *raw = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)raw->chunk, sizeof(raw->chunk));
}

static void take_chunk(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct raw *raw = stream->data;

    if (size < 0) {
        raw->closed = true;
        uv_read_stop(stream);
    } else if (raw->plain) {
        keep(&raw->body, buf->base, (size_t)size);
    } else {
        keep(&raw->input, buf->base, (size_t)size);
        take_frames(raw);
    }
}

void raw_read(struct raw *raw, bool reading)
{
    if (reading) {
        uv_read_start((uv_stream_t *)&raw->tcp, give_chunk, take_chunk);
    } else {
        uv_read_stop((uv_stream_t *)&raw->tcp);
    }
}

/* --- what goes ------------------------------------------------------------ */

static void sent(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
}

void raw_send(struct raw *raw, const void *bytes, size_t size)
{
    struct sending *sending = malloc(sizeof(*sending) + size);
    uv_buf_t buf;

    assert_non_null(sending);
    memcpy(sending->bytes, bytes, size);
    sending->write.data = sending;
    buf = uv_buf_init((char *)sending->bytes, (unsigned)size);
    if (uv_write(&sending->write, (uv_stream_t *)&raw->tcp, &buf, 1, sent) !=
        0) {
        free(sending);
    }
}

size_t raw_unsent(const struct raw *raw)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&raw->tcp);
}

void raw_frame(struct raw *raw,
               uint8_t type,
               uint8_t flags,
               int32_t stream_id,
               const void *payload,
               size_t size)
{
    struct qc_buffer frame = {.data = NULL};
    const uint8_t head[FRAME_HEAD_SIZE] = {
        (uint8_t)(size >> 16),
        (uint8_t)(size >> 8),
        (uint8_t)size,
        type,
        flags,
        (uint8_t)(stream_id >> 24),
        (uint8_t)(stream_id >> 16),
        (uint8_t)(stream_id >> 8),
        (uint8_t)stream_id,
    };

    keep(&frame, head, sizeof(head));
    keep(&frame, payload, size);
    raw_send(raw, frame.data, frame.end);
    qc_buffer_done(&frame);
}

void raw_headers(struct raw *raw,
                 int32_t stream_id,
                 uint8_t flags,
                 const char *const *fields)
{
    static nghttp2_nv nvs[FIELDS_MAX];
    static uint8_t block[64 * 1024];
    size_t n = 0;
    ssize_t size;

    for (; fields[2 * n] != NULL; n++) {
        const char *name = fields[2 * n];
        const char *value = fields[2 * n + 1];

        assert_true(n < FIELDS_MAX);
        nvs[n] = (nghttp2_nv){
            .name = (uint8_t *)(uintptr_t)name,
            .value = (uint8_t *)(uintptr_t)value,
            .namelen = strlen(name),
            .valuelen = strlen(value),
        };
    }
    size = nghttp2_hd_deflate_hd(raw->deflater, block, sizeof(block), nvs, n);
    assert_true(size > 0);
    raw_frame(raw, NGHTTP2_HEADERS, flags, stream_id, block, (size_t)size);
}

void raw_post(struct raw *raw,
              int32_t stream_id,
              const char *path,
              const char *type,
              const char *name,
              const char *value)
{
    const char *const fields[] = {
        ":method", "POST",  ":scheme", "http",         ":authority",
        "test",    ":path", path,      "content-type", type,
        name,      value,   NULL,
    };

    raw_headers(raw, stream_id, NGHTTP2_FLAG_END_HEADERS, fields);
}

void raw_message(struct raw *raw, int32_t stream_id, const char *text)
{
    struct qc_buffer body = {.data = NULL};
    size_t size = strlen(text);
    const uint8_t prefix[] = {0, 0, 0, (uint8_t)(size >> 8), (uint8_t)size};

    keep(&body, prefix, sizeof(prefix));
    keep(&body, text, size);
    raw_frame(raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream_id, body.data,
              body.end);
    qc_buffer_done(&body);
}

/* --- life ----------------------------------------------------------------- */

static void connected(uv_connect_t *connecting, int status)
{
    struct raw *raw = connecting->data;

    assert_int_equal(status, 0);
    raw->connected = true;
}

void raw_open(struct raw *raw, struct echo *echo, bool preface)
{
    struct sockaddr_in address;

    memset(raw, 0, sizeof(*raw));
    raw->echo = echo;
    raw->reset = RAW_NONE;
    raw->goaway = RAW_NONE;
    raw->plain = !preface;
    raw->tcp.data = raw;
    raw->connecting.data = raw;
    assert_int_equal(nghttp2_hd_deflate_new(&raw->deflater, 4096), 0);
    assert_int_equal(nghttp2_hd_inflate_new(&raw->inflater), 0);
    uv_ip4_addr("127.0.0.1", qc_http2_server_port(echo->server), &address);
    uv_tcp_init(&echo->loop, &raw->tcp);
    assert_int_equal(uv_tcp_connect(&raw->connecting, &raw->tcp,
                                    (const struct sockaddr *)&address,
                                    connected),
                     0);
    echo_run_until_true(echo, &raw->connected);
    raw_read(raw, true);
    if (preface) {
        raw_send(raw, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
        raw_frame(raw, NGHTTP2_SETTINGS, 0, 0, "", 0);
    }
}

static void tcp_closed(uv_handle_t *handle)
{
    struct raw *raw = handle->data;

    raw->connected = false;
}

static bool is_disconnected(void *ctx)
{
    const struct raw *raw = ctx;

    return !raw->connected;
}

void raw_close(struct raw *raw)
{
    uv_close((uv_handle_t *)&raw->tcp, tcp_closed);
    echo_run_until(raw->echo, is_disconnected, raw);
    nghttp2_hd_deflate_del(raw->deflater);
    nghttp2_hd_inflate_del(raw->inflater);
    qc_buffer_done(&raw->input);
    qc_buffer_done(&raw->headers);
    qc_buffer_done(&raw->body);
}

struct wanted {
    const struct raw *raw;
    unsigned n_ended;
};

static bool has_ended(void *ctx)
{
    const struct wanted *wanted = ctx;

    return wanted->raw->n_ended >= wanted->n_ended || wanted->raw->closed;
}

void raw_run_until_ended(struct raw *raw, unsigned n_ended)
{
    struct wanted wanted = {raw, n_ended};

    echo_run_until(raw->echo, has_ended, &wanted);
    assert_true(raw->n_ended >= n_ended);
}

void raw_run_until_closed(struct raw *raw)
{
    echo_run_until_true(raw->echo, &raw->closed);
}

bool raw_has(struct raw *raw, const char *line)
{
    char *text;
    bool found;

    keep(&raw->headers, "", 1);
    raw->headers.end--;
    text = (char *)raw->headers.data;
    found = strstr(text, line) != NULL;
    if (!found) {
        print_message("not found: %s\nin:\n%s", line, text);
    }
    return found;
}
