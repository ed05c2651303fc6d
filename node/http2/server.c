#include "http2/server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http2/connections.h"
#include "http2/session.h"

enum {
    BACKLOG = 511, /* Connections the kernel keeps for us to accept. */
    DRAIN_AGE_MS = 1000,
};

struct qc_http2_server {
    struct qc_server_core core;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    uv_tcp_t listener;
    uint16_t port;
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
        .noise_burst = 2000,
        .noise_per_s = 200,
        .noise_per_good_stream = 4,
    };
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

/* Whether |connection|, which has been added, may stay. */
static bool admit(struct qc_http2_server *server,
                  struct qc_connection *connection)
{
    const struct qc_http2_limits *limits = &server->core.limits;

    if (server->connections.n > limits->connections) {
        qc_connection_count(connection, QC_HTTP2_CONNECTIONS_REFUSED);
        return false;
    }
    if (!connection->address.loopback &&
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

static void accept_one(uv_stream_t *listener, int status)
{
    struct qc_http2_server *server = listener->data;
    struct qc_connection *connection;

    if (status != 0) {
        return;
    }
    connection = qc_connection_accept(&server->core, listener);
    if (connection == NULL) {
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

static void listener_closed(uv_handle_t *handle)
{
    struct qc_http2_server *server = handle->data;

    server->listening = false;
    finish(server);
}

static void open_failed(uv_handle_t *handle)
{
    server_free(handle->data);
}

/* Resolves before it returns: nothing else goes on when a server opens. */
static int resolve(uv_loop_t *loop,
                   const char *host,
                   uint16_t port,
                   struct sockaddr_storage *address_out)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    uv_getaddrinfo_t request;
    char service[8];
    int r;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    r = uv_getaddrinfo(loop, &request, NULL, host, service, &hints);
    if (r == 0) {
        memcpy(address_out, request.addrinfo->ai_addr,
               request.addrinfo->ai_addrlen);
        uv_freeaddrinfo(request.addrinfo);
    }
    return r;
}

static int port_of(const uv_tcp_t *tcp, uint16_t *port_out)
{
    struct sockaddr_storage address;
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    int size = sizeof(address);
    int r = uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &size);

    if (r != 0) {
        return r;
    }
    memcpy(&v4, &address, sizeof(v4));
    memcpy(&v6, &address, sizeof(v6));
    *port_out =
        ntohs(address.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
    return 0;
}

static int listen_on(struct qc_http2_server *server,
                     const struct sockaddr_storage *address)
{
    int r = uv_tcp_bind(&server->listener, (const struct sockaddr *)address, 0);

    if (r == 0) {
        r = uv_listen((uv_stream_t *)&server->listener, BACKLOG, accept_one);
    }
    if (r == 0) {
        r = port_of(&server->listener, &server->port);
    }
    return r;
}

static struct qc_http2_server *server_new(
    uv_loop_t *loop,
    const struct qc_http2_server_options *options)
{
    struct qc_http2_server *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        return NULL;
    }
    if (!qc_session_prepare(&server->callbacks, &server->option)) {
        free(server);
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
    server->listener.data = server;
    return server;
}

int qc_http2_server_open(uv_loop_t *loop,
                         const struct qc_http2_server_options *options,
                         struct qc_http2_server **server_out)
{
    struct sockaddr_storage address;
    struct qc_http2_server *server;
    int r;

    if (options->threads > 0) {
        return UV_ENOTSUP;
    }
    r = resolve(loop, options->host, options->port, &address);
    if (r != 0) {
        return r;
    }
    server = server_new(loop, options);
    if (server == NULL) {
        return UV_ENOMEM;
    }
    r = uv_random(NULL, NULL, server->connections.hash_key,
                  sizeof(server->connections.hash_key), 0, NULL);
    if (r == 0) {
        r = uv_tcp_init(loop, &server->listener);
    }
    if (r != 0) {
        server_free(server);
        return r;
    }
    r = listen_on(server, &address);
    if (r != 0) {
        uv_close((uv_handle_t *)&server->listener, open_failed);
        return r;
    }
    server->listening = true;
    *server_out = server;
    return 0;
}

uint16_t qc_http2_server_port(const struct qc_http2_server *server)
{
    return server->port;
}

void qc_http2_server_flush(struct qc_http2_server *server)
{
    while (!LIST_EMPTY(&server->core.dirty)) {
        qc_connection_flush(LIST_FIRST(&server->core.dirty));
    }
}

void qc_http2_server_stop_listening(struct qc_http2_server *server)
{
    uv_handle_t *listener = (uv_handle_t *)&server->listener;

    if (server->listening && !uv_is_closing(listener)) {
        uv_close(listener, listener_closed);
    }
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
