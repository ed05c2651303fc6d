/*
 * The HTTP/2 server: listens, and turns bytes into calls.
 *
 * gRPC and Connect on the same paths, and pages; by TLS or h2c. What is written
 * during a loop turn leaves at its end, one write per connection: whoever owns
 * the loop calls qc_http2_server_flush() last in each turn, which is in a
 * uv_prepare_t: timers run before it, and nothing runs between it and the wait
 * for events. libuv writes to sockets that a peer may have closed: the process
 * has to ignore SIGPIPE.
 */
#ifndef QC_HTTP2_SERVER_H
#define QC_HTTP2_SERVER_H

#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "http2/call.h"
#include "http2/peer_address.h"

struct qc_http2_server;

enum {
    QC_HTTP2_EXEMPT_MAX = 32,
};

/* All have defaults: start from qc_http2_limits_default(). */
struct qc_http2_limits {
    uint32_t message_size;            /* 4 MiB */
    uint32_t header_size;             /* 16 KiB: names, values, 32 each. */
    uint32_t headers;                 /* 100 */
    uint32_t concurrent_streams;      /* 256 */
    uint32_t connections;             /* 10 000 */
    uint32_t connections_per_address; /* 256; but see exempt. */
    uint32_t preface_ms;              /* 5 s */
    uint32_t headers_ms;              /* 10 s */
    uint32_t idle_ms;                 /* 10 min */
    uint32_t age_ms;                  /* 30 min, +-10 %, then GOAWAY */
    uint32_t age_grace_ms;            /* 30 s */
    uint32_t write_stall_ms;          /* 30 s without progress: closed */
    uint32_t output_size;             /* 4 MiB waiting on one connection */
    uint64_t output_total_size;       /* 256 MiB on all, requests included */
    uint32_t stream_output_size;      /* 256 KiB waiting on one stream */
    uint32_t input_size;              /* 16 MiB of requests on a connection */
    uint32_t noise_burst;             /* 2 000 frames that carry nothing */
    uint32_t noise_per_s;             /* 200 */
    uint32_t noise_per_good_stream;   /* 4 */
    uint32_t reset_burst;             /* 1 000 calls that are taken back */
    uint32_t reset_per_s;             /* 33 */
    uint32_t acks;                    /* 1 000 that wait to be read */
    uint32_t continuations;           /* 8 frames behind a block's first */
    /* Whom connections_per_address spares, proxies for instance; loopback
     * always. */
    struct qc_address_range exempt[QC_HTTP2_EXEMPT_MAX];
    unsigned n_exempt;
};

struct qc_http2_limits qc_http2_limits_default(void);

/* |text| is "192.0.2.1", "10.0.0.0/8" or the like of IPv6. False when it is
 * none of these, or there are QC_HTTP2_EXEMPT_MAX already. */
QC_MUST_CHECK bool qc_http2_limits_exempt(struct qc_http2_limits *limits,
                                          const char *text);

/* Whether limits of addresses do not bind |address|: loopback, and those. */
bool qc_http2_limits_are_exempt(const struct qc_http2_limits *limits,
                                const struct qc_peer_address *address);

enum qc_http2_counter {
#define QC_HTTP2_COUNTER(name, metric, text) QC_HTTP2_##name,
#include "http2/counter.def"
#undef QC_HTTP2_COUNTER
    QC_HTTP2_COUNTERS,
};

/* For metrics: "connections_refused", and a line of explanation. Static. */
const char *qc_http2_counter_name(enum qc_http2_counter counter);
const char *qc_http2_counter_text(enum qc_http2_counter counter);

/* What goes on at this moment. */
enum qc_http2_gauge {
    QC_HTTP2_OPEN_CONNECTIONS,
    QC_HTTP2_OPEN_CALLS,    /* Begun and not answered or ended. */
    QC_HTTP2_OPEN_STREAMS,  /* Those of them that stream, either way. */
    QC_HTTP2_WAITING_BYTES, /* Of requests and answers in memory. */
    QC_HTTP2_GAUGES,
};

struct qc_tls;

struct qc_http2_server_options {
    const char *host; /* An address or a name. */
    uint16_t port;    /* 0: any that is free. */
    struct qc_http2_limits limits;
    struct qc_call_handler handler;
    struct qc_tls *tls; /* NULL: cleartext. Must outlive the server. */
    /* Loops with a thread of their own, on which everything is done but the
     * handler's work. 0: all is done on the server's loop. */
    unsigned threads;
};

/* Listens. Gives the server; closed by qc_http2_server_close(). The options are
 * copied. On failure returns a negative libuv error. */
QC_MUST_CHECK int qc_http2_server_open(
    uv_loop_t *loop,
    const struct qc_http2_server_options *options,
    struct qc_http2_server **server_out);

/* The port it listens on. */
uint16_t qc_http2_server_port(const struct qc_http2_server *server);

/* Sends what has been written since the last time. */
void qc_http2_server_flush(struct qc_http2_server *server);

/* From now on; of connections that are there already those stay as they were
 * that were told to the client, and those of noise and resets. Returns a
 * negative libuv error, and nothing is changed, when memory is short. */
QC_MUST_CHECK int qc_http2_server_set_limits(
    struct qc_http2_server *server,
    const struct qc_http2_limits *limits);

/* Asks all clients to go elsewhere: calls under way go on, streams are told by
 * leaving(). Whoever connects from now on is served, and asked after a second;
 * so that probes and an operator still get in. */
void qc_http2_server_drain(struct qc_http2_server *server);

/* Whoever connects from now on may stay; who has been asked to go, goes. */
void qc_http2_server_undrain(struct qc_http2_server *server);

/* For good; connections go on. */
void qc_http2_server_stop_listening(struct qc_http2_server *server);

uint64_t qc_http2_server_gauge(const struct qc_http2_server *server,
                               enum qc_http2_gauge gauge);

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
