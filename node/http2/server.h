/*
 * The HTTP/2 server: listens, and turns bytes into calls.
 *
 * gRPC and Connect unary on the same paths; h2c. What is written during a loop
 * turn leaves at its end, one write per connection: whoever owns the loop
 * calls qc_http2_server_flush() last in each turn, which is in a uv_prepare_t:
 * timers run before it, and nothing runs between it and the wait for events.
 * libuv writes to sockets that a peer may have closed: the process has to
 * ignore SIGPIPE.
 */
#ifndef QC_HTTP2_SERVER_H
#define QC_HTTP2_SERVER_H

#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "http2/call.h"

struct qc_http2_server;

/* All have defaults: start from qc_http2_limits_default(). */
struct qc_http2_limits {
    uint32_t message_size;            /* 4 MiB */
    uint32_t header_size;             /* 16 KiB: names, values, 32 each. */
    uint32_t headers;                 /* 100 */
    uint32_t concurrent_streams;      /* 256 */
    uint32_t connections;             /* 10 000 */
    uint32_t connections_per_address; /* 256; loopback is exempt. */
    uint32_t preface_ms;              /* 5 s */
    uint32_t headers_ms;              /* 10 s */
    uint32_t idle_ms;                 /* 10 min */
    uint32_t age_ms;                  /* 30 min, +-10 %, then GOAWAY */
    uint32_t age_grace_ms;            /* 30 s */
    uint32_t write_stall_ms;          /* 30 s without progress: closed */
    uint32_t output_size;             /* 4 MiB waiting on one connection */
    uint64_t output_total_size;       /* 256 MiB on all, requests included */
    uint32_t noise_burst;             /* 2 000: see http2.md, attacks. */
    uint32_t noise_per_s;             /* 200 */
    uint32_t noise_per_good_stream;   /* 4 */
};

struct qc_http2_limits qc_http2_limits_default(void);

enum qc_http2_counter {
#define QC_HTTP2_COUNTER(name, metric, text) QC_HTTP2_##name,
#include "http2/counter.def"
#undef QC_HTTP2_COUNTER
    QC_HTTP2_COUNTERS,
};

/* For metrics: "connections_refused", and a line of explanation. Static. */
const char *qc_http2_counter_name(enum qc_http2_counter counter);
const char *qc_http2_counter_text(enum qc_http2_counter counter);

/*
 * Listens on |host|, an address or a name, and |port| (0: any that is free).
 * Gives the server; closed by qc_http2_server_close(). |limits| and |handler|
 * are copied. On failure returns a negative libuv error.
 */
QC_MUST_CHECK int qc_http2_server_open(uv_loop_t *loop,
                                       const char *host,
                                       uint16_t port,
                                       const struct qc_http2_limits *limits,
                                       const struct qc_call_handler *handler,
                                       struct qc_http2_server **server_out);

/* The port it listens on. */
uint16_t qc_http2_server_port(const struct qc_http2_server *server);

/* Sends what has been written since the last time. */
void qc_http2_server_flush(struct qc_http2_server *server);

/* Stops listening and asks clients to go elsewhere; calls under way go on. */
void qc_http2_server_drain(struct qc_http2_server *server);

/* Calls that are not answered. */
uint32_t qc_http2_server_open_calls(const struct qc_http2_server *server);

/* How often it happened since the server was opened. */
uint64_t qc_http2_server_count(const struct qc_http2_server *server,
                               enum qc_http2_counter counter);

/* Ends every call and connection; may be called from anywhere, once. close() of
 * the handler is called for the calls, later, and then |closed| when nothing of
 * the server is left on the loop; the server is freed then. */
void qc_http2_server_close(struct qc_http2_server *server,
                           void (*closed)(void *ctx),
                           void *ctx);

#endif
