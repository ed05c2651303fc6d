#include "http2/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http2/connections.h"
#include "http2/listener.h"
#include "http2/session.h"

enum {
    DRAIN_AGE_MS = 1000,
};

struct qc_http2_server {
    struct qc_server_core core;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    struct qc_listener listener;
    bool listening;
    bool draining;
    bool closing;
    struct qc_connections connections;
    void (*closed)(void *ctx);
    void *closed_ctx;
    uint8_t input[QC_WIRE_INPUT_SIZE];
};

struct qc_http2_limits qc_http2_limits_default(void)
{
    return (struct qc_http2_limits){
        .message_size = 4 * 1024 * 1024,
        .header_size = 16 * 1024,
        .headers = 100,
        .concurrent_streams = 256,
        .connections = 10000,
        .connections_per_address = 256,
        .preface_ms = 5 * 1000,
        .headers_ms = 10 * 1000,
        .idle_ms = 10 * 60 * 1000,
        .age_ms = 30 * 60 * 1000,
        .age_grace_ms = 30 * 1000,
        .write_stall_ms = 30 * 1000,
        .output_size = 4 * 1024 * 1024,
        .output_total_size = UINT64_C(256) * 1024 * 1024,
        .stream_output_size = 256 * 1024,
        .input_size = 16 * 1024 * 1024,
        .noise_burst = 2000,
        .noise_per_s = 200,
        .noise_per_good_stream = 4,
        .reset_burst = 1000,
        .reset_per_s = 33,
        .acks = 1000,
        .continuations = 8,
    };
}

bool qc_http2_limits_exempt(struct qc_http2_limits *limits, const char *text)
{
    if (limits->n_exempt == QC_HTTP2_EXEMPT_MAX ||
        !qc_address_range_read(text, &limits->exempt[limits->n_exempt])) {
        return false;
    }
    limits->n_exempt++;
    return true;
}

static const struct {
    const char *name;
    const char *text;
} COUNTERS[] = {
#define QC_HTTP2_COUNTER(name, metric, text) {metric, text},
#include "http2/counter.def"
#undef QC_HTTP2_COUNTER
};

const char *qc_http2_counter_name(enum qc_http2_counter counter)
{
    assert(counter < QC_HTTP2_COUNTERS);

    return COUNTERS[counter].name;
}

const char *qc_http2_counter_text(enum qc_http2_counter counter)
{
    assert(counter < QC_HTTP2_COUNTERS);

    return COUNTERS[counter].text;
}

/* --- connections ---------------------------------------------------------- */

bool qc_http2_limits_are_exempt(const struct qc_http2_limits *limits,
                                const struct qc_peer_address *address)
{
    bool exempt = address->loopback;

    for (unsigned i = 0; i < limits->n_exempt && !exempt; i++) {
        exempt = qc_address_range_has(&limits->exempt[i], address);
    }
    return exempt;
}

/* Whether |connection|, which has been added, may stay. */
static bool admit(struct qc_http2_server *server,
                  struct qc_connection *connection)
{
    const struct qc_http2_limits *limits = &server->core.limits;

    if (server->connections.n > limits->connections) {
        qc_connection_count(connection, QC_HTTP2_CONNECTIONS_REFUSED);
        return false;
    }
    if (!qc_http2_limits_are_exempt(limits, &connection->address) &&
        qc_connections_of_address(&server->connections, &connection->address) >
            limits->connections_per_address) {
        qc_connection_count(connection, QC_HTTP2_ADDRESS_REFUSED);
        return false;
    }
    return true;
}

/* Ages differ by up to a tenth either way, lest all come back at once. */
static int64_t age_of_next(const struct qc_http2_server *server)
{
    int64_t age_ms =
        server->draining ? DRAIN_AGE_MS : server->core.limits.age_ms;
    uint64_t step = server->core.counts[QC_HTTP2_CONNECTIONS] * 37 % 101;

    return age_ms + age_ms / 10 * ((int64_t)step - 50) / 50;
}

static void incoming(void *ctx, uv_stream_t *socket, int error)
{
    struct qc_http2_server *server = ctx;
    struct qc_connection *connection =
        error == 0 ? qc_connection_accept(&server->core, socket) : NULL;

    if (connection == NULL) {
        server->core.counts[QC_HTTP2_ACCEPT_FAILED]++;
        qc_listener_pause(&server->listener);
        return;
    }
    qc_connections_add(&server->connections, connection);
    if (connection->closing) {
        return;
    }
    if (!admit(server, connection)) {
        qc_connection_close(connection);
        return;
    }
    qc_connection_count(connection, QC_HTTP2_CONNECTIONS);
    qc_connection_start(connection, age_of_next(server));
}

/* --- life ----------------------------------------------------------------- */

static void server_free(struct qc_http2_server *server)
{
    nghttp2_session_callbacks_del(server->callbacks);
    nghttp2_option_del(server->option);
    free(server);
}

static void finish(struct qc_http2_server *server)
{
    if (server->closing && !server->listening && server->connections.n == 0) {
        server->closed(server->closed_ctx);
        server_free(server);
    }
}

static void connection_gone(void *ctx, struct qc_connection *connection)
{
    struct qc_http2_server *server = ctx;

    qc_connections_remove(&server->connections, connection);
    finish(server);
}

static void listener_closed(void *ctx)
{
    struct qc_http2_server *server = ctx;

    server->listening = false;
    finish(server);
}

static const struct qc_listener_events EVENTS = {incoming, listener_closed};

static void no_more(void *ctx)
{
    (void)ctx;
}

static struct qc_http2_server *server_new(
    uv_loop_t *loop,
    const struct qc_http2_server_options *options)
{
    struct qc_http2_server *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        return NULL;
    }
    server->callbacks = qc_session_callbacks();
    server->option = qc_session_option(&options->limits);
    if (server->callbacks == NULL || server->option == NULL) {
        server_free(server);
        return NULL;
    }
    server->core = (struct qc_server_core){
        .loop = loop,
        .limits = options->limits,
        .handler = options->handler,
        .callbacks = server->callbacks,
        .option = server->option,
        .tls = options->tls,
        .input = server->input,
        .gone = connection_gone,
        .ctx = server,
    };
    return server;
}

int qc_http2_server_open(uv_loop_t *loop,
                         const struct qc_http2_server_options *options,
                         struct qc_http2_server **server_out)
{
    struct qc_http2_server *server;
    int r;

    if (options->threads > 0) {
        return UV_ENOTSUP;
    }
    server = server_new(loop, options);
    if (server == NULL) {
        return UV_ENOMEM;
    }
    r = uv_random(NULL, NULL, server->connections.hash_key,
                  sizeof(server->connections.hash_key), 0, NULL);
    if (r != 0) {
        server_free(server);
        return r;
    }
    server->listening = true;
    r = qc_listener_open(&server->listener, loop, options->host, options->port,
                         &EVENTS, server);
    if (r != 0) {
        qc_http2_server_close(server, no_more, NULL);
        return r;
    }
    *server_out = server;
    return 0;
}

uint16_t qc_http2_server_port(const struct qc_http2_server *server)
{
    return qc_listener_port(&server->listener);
}

void qc_http2_server_flush(struct qc_http2_server *server)
{
    while (!LIST_EMPTY(&server->core.dirty)) {
        qc_connection_flush(LIST_FIRST(&server->core.dirty));
    }
}

void qc_http2_server_stop_listening(struct qc_http2_server *server)
{
    if (server->listening) {
        qc_listener_close(&server->listener);
    }
}

int qc_http2_server_set_limits(struct qc_http2_server *server,
                               const struct qc_http2_limits *limits)
{
    nghttp2_option *option = qc_session_option(limits);

    if (option == NULL) {
        return UV_ENOMEM;
    }
    nghttp2_option_del(server->option);
    server->option = option;
    server->core.option = option;
    server->core.limits = *limits;
    return 0;
}

void qc_http2_server_drain(struct qc_http2_server *server)
{
    server->draining = true;
    qc_connections_each(&server->connections, qc_connection_leave);
}

void qc_http2_server_undrain(struct qc_http2_server *server)
{
    server->draining = false;
}

uint64_t qc_http2_server_gauge(const struct qc_http2_server *server,
                               enum qc_http2_gauge gauge)
{
    assert(gauge < QC_HTTP2_GAUGES);

    return gauge == QC_HTTP2_OPEN_CONNECTIONS ? server->connections.n
                                              : server->core.gauges[gauge];
}

uint64_t qc_http2_server_count(const struct qc_http2_server *server,
                               enum qc_http2_counter counter)
{
    assert(counter < QC_HTTP2_COUNTERS);

    return server->core.counts[counter];
}

void qc_http2_server_close(struct qc_http2_server *server,
                           void (*closed)(void *ctx),
                           void *ctx)
{
    server->closing = true;
    server->closed = closed;
    server->closed_ctx = ctx;
    qc_http2_server_stop_listening(server);
    qc_connections_each(&server->connections, qc_connection_close);
    finish(server);
}
