/*
 * A client that may send anything: frames by hand, headers by nghttp2's HPACK.
 *
 * Of what comes back it keeps all headers as text, all bodies as one, and how
 * streams and the connection ended.
 */
#ifndef QC_HTTP2_TEST_RAW_H
#define QC_HTTP2_TEST_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>
#include <uv.h>

#include "http2/buffer.h"
#include "http2/test/echo.h"

enum {
    RAW_NONE = -1,
};

struct raw {
    struct echo *echo;
    uv_tcp_t tcp;
    uv_connect_t connecting;
    nghttp2_hd_deflater *deflater;
    nghttp2_hd_inflater *inflater;
    struct qc_buffer input; /* Of which no whole frame has been made yet. */
    bool plain;             /* What comes is no HTTP/2: all of it is body. */
    bool connected;
    bool closed;      /* The server has closed the connection. */
    unsigned n_ended; /* Streams that ended, well or not. */
    int64_t reset;    /* Error code of the last reset, RAW_NONE. */
    int64_t goaway;   /* Error code of the last GOAWAY, RAW_NONE. */
    unsigned n_goaways;
    unsigned n_settled; /* Our SETTINGS that were acknowledged. */
    unsigned n_pongs;
    uint8_t pong[8];          /* What the last of them said. */
    unsigned n_data;          /* Frames with a body. */
    struct qc_buffer headers; /* "name: value\n" */
    struct qc_buffer body;
    uint8_t chunk[64 * 1024];
};

/* Connects, and with |preface| says what a client says first. */
void raw_open(struct raw *raw, struct echo *echo, bool preface);
void raw_close(struct raw *raw);

void raw_send(struct raw *raw, const void *bytes, size_t size);
void raw_frame(struct raw *raw,
               uint8_t type,
               uint8_t flags,
               int32_t stream_id,
               const void *payload,
               size_t size);

/* |fields| are names and values in turn, NULL after the last. */
void raw_headers(struct raw *raw,
                 int32_t stream_id,
                 uint8_t flags,
                 const char *const *fields);

/* A POST of |path| with |type|, and one more field unless |name| is NULL. */
void raw_post(struct raw *raw,
              int32_t stream_id,
              const char *path,
              const char *type,
              const char *name,
              const char *value);

/* A message with its prefix, as the whole body. */
void raw_message(struct raw *raw, int32_t stream_id, const char *text);

/* Bytes that the socket has not taken yet. */
size_t raw_unsent(const struct raw *raw);

/* Stops or goes on to read. */
void raw_read(struct raw *raw, bool reading);

void raw_run_until_ended(struct raw *raw, unsigned n_ended);
void raw_run_until_closed(struct raw *raw);

/* Whether |line| ("grpc-status: 13") is among the headers. */
bool raw_has(struct raw *raw, const char *line);

#endif
