#include "http2/server.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http2/api_loop.h"
#include "http2/connections.h"
#include "http2/incoming.h"
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
    bool has_mailbox;
    struct qc_connections connections;
    struct qc_mailbox mailbox; /* With threads. */
    struct qc_api_loops loops;
    unsigned n_running; /* Of them. */
    unsigned n_doors;
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

/* --- the end ---------------------------------------------------------------
 */

static void server_free(struct qc_http2_server *server)
{
    qc_spare_calls_done(&server->core.spares);
    qc_slab_done(&server->core.slab);
    free(server->loops.all);
    nghttp2_session_callbacks_del(server->callbacks);
    nghttp2_option_del(server->option);
    free(server);
}

static void all_closed(void *ctx)
{
    struct qc_http2_server *server = ctx;

    server->closed(server->closed_ctx);
    server_free(server);
}

/* If nothing of it is left but, with threads, its mailbox. */
static void finish(struct qc_http2_server *server)
{
    if (!server->closing || server->listening || server->connections.n > 0 ||
        server->n_running > 0 || server->n_doors > 0) {
        return;
    }
    if (server->has_mailbox) {
        server->has_mailbox = false;
        qc_mailbox_close(&server->mailbox, all_closed, server);
    } else {
        all_closed(server);
    }
}

static void connection_gone(void *ctx, struct qc_connection *connection)
{
    struct qc_http2_server *server = ctx;

    qc_connections_remove(&server->connections, connection);
    free(connection);
    finish(server);
}

static void loop_ended(void *ctx, struct qc_api_loop *loop)
{
    struct qc_http2_server *server = ctx;

    qc_api_loop_join(loop);
    server->n_running--;
    finish(server);
}

/* --- connections ---------------------------------------------------------- */

static void count(struct qc_http2_server *server, enum qc_http2_counter counter)
{
    qc_tally_add(&server->core.counts[counter], 1);
}

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
                  const struct qc_connection *connection)
{
    const struct qc_http2_limits *limits = &server->core.limits;

    if (server->connections.n > limits->connections) {
        count(server, QC_HTTP2_CONNECTIONS_REFUSED);
        return false;
    }
    if (!qc_http2_limits_are_exempt(limits, &connection->address) &&
        qc_connections_of_address(&server->connections, &connection->address) >
            limits->connections_per_address) {
        count(server, QC_HTTP2_ADDRESS_REFUSED);
        return false;
    }
    return true;
}

/* Ages differ by up to a tenth either way, lest all come back at once. */
static int64_t age_of_next(const struct qc_http2_server *server)
{
    int64_t age_ms =
        server->draining ? DRAIN_AGE_MS : server->core.limits.age_ms;
    uint64_t n = qc_tally_get(&server->core.counts[QC_HTTP2_CONNECTIONS]);
    uint64_t step = n * 37 % 101;

    return age_ms + age_ms / 10 * ((int64_t)step - 50) / 50;
}

/* Accepts to serve here. False when there is nothing to do it with. */
static bool accept_here(struct qc_http2_server *server, uv_stream_t *socket)
{
    struct qc_connection *connection =
        qc_connection_accept(&server->core, socket);

    if (connection == NULL) {
        return false;
    }
    qc_connections_add(&server->connections, connection);
    if (connection->closing) {
        return true;
    }
    if (!admit(server, connection)) {
        qc_connection_close(connection);
        return true;
    }
    count(server, QC_HTTP2_CONNECTIONS);
    qc_connection_start(connection, age_of_next(server));
    return true;
}

/* --- connections of other loops ------------------------------------------- */

/* Through which a connection comes in that is served on another loop. */
struct door {
    uv_tcp_t tcp;
    struct qc_http2_server *server;
};

static void door_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;
    struct qc_http2_server *server = door->server;

    free(door);
    server->n_doors--;
    finish(server);
}

static struct door *door_open(struct qc_http2_server *server)
{
    struct door *door = malloc(sizeof(*door));

    if (door == NULL || uv_tcp_init(server->core.loop, &door->tcp) != 0) {
        free(door);
        return NULL;
    }
    door->tcp.data = door;
    door->server = server;
    server->n_doors++;
    return door;
}

static struct qc_api_loop *least_loaded(const struct qc_http2_server *server)
{
    struct qc_api_loop *least = &server->loops.all[0];

    for (unsigned i = 1; i < server->loops.n; i++) {
        struct qc_api_loop *loop = &server->loops.all[i];

        least = loop->n_connections < least->n_connections ? loop : least;
    }
    return least;
}

/* Takes what came in out of |door|, as a descriptor of its own: a handle cannot
 * change its loop. False when there is none left. */
static bool take_out(struct door *door,
                     uv_stream_t *socket,
                     struct qc_connection *connection)
{
    uv_os_fd_t descriptor;

    if (uv_accept(socket, (uv_stream_t *)&door->tcp) != 0 ||
        uv_fileno((const uv_handle_t *)&door->tcp, &descriptor) != 0) {
        return false;
    }
    connection->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (connection->descriptor < 0) {
        return false;
    }
    /* Of one that has gone already it is "": so that loop finds, too. */
    (void)qc_peer_address_of(&door->tcp, &connection->address);
    return true;
}

/* Accepts to serve on the loop that has the fewest connections. */
static bool accept_elsewhere(struct qc_http2_server *server,
                             uv_stream_t *socket)
{
    struct qc_api_loop *loop = least_loaded(server);
    struct qc_connection *connection = qc_connection_new(&loop->core);
    struct door *door = connection != NULL ? door_open(server) : NULL;
    bool taken = door != NULL && take_out(door, socket, connection);

    if (door != NULL) {
        uv_close((uv_handle_t *)&door->tcp, door_closed);
    }
    if (!taken) {
        free(connection);
        return false;
    }
    qc_connections_add(&server->connections, connection);
    if (!admit(server, connection)) {
        close(connection->descriptor);
        connection_gone(server, connection);
        return true;
    }
    count(server, QC_HTTP2_CONNECTIONS);
    connection->age_ms = age_of_next(server);
    qc_api_loop_serve(loop, connection);
    return true;
}

static void incoming(void *ctx, uv_stream_t *socket, int error)
{
    struct qc_http2_server *server = ctx;
    bool accepted = false;

    if (error == 0) {
        accepted = server->loops.n > 0 ? accept_elsewhere(server, socket)
                                       : accept_here(server, socket);
    }
    if (!accepted) {
        count(server, QC_HTTP2_ACCEPT_FAILED);
        qc_listener_pause(&server->listener);
    }
}

/* --- life ----------------------------------------------------------------- */

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

/* Starts the threads; on failure, those that run are stopped again. */
static int loops_start(struct qc_http2_server *server, unsigned n)
{
    int r;

    if (n == 0) {
        return 0;
    }
    server->loops.all = calloc(n, sizeof(*server->loops.all));
    if (server->loops.all == NULL) {
        return UV_ENOMEM;
    }
    r = qc_mailbox_open(&server->mailbox, server->core.loop);
    if (r != 0) {
        return r;
    }
    server->has_mailbox = true;
    server->loops.n = n;
    server->core.loops = &server->loops;
    while (r == 0 && server->n_running < n) {
        r = qc_api_loop_start(&server->loops.all[server->n_running],
                              &server->core, &server->mailbox, loop_ended);
        server->n_running += r == 0 ? 1 : 0;
    }
    return r;
}

/* Of a server that has had no connection. */
static void loops_stop(struct qc_http2_server *server)
{
    for (unsigned i = 0; i < server->n_running; i++) {
        qc_api_loop_end(&server->loops.all[i]);
        qc_api_loop_join(&server->loops.all[i]);
    }
    server->n_running = 0;
    server->loops.n = 0;
}

static int server_begin(struct qc_http2_server *server,
                        const struct qc_http2_server_options *options)
{
    int r = uv_random(NULL, NULL, server->connections.hash_key,
                      sizeof(server->connections.hash_key), 0, NULL);

    if (r == 0) {
        r = loops_start(server, options->threads);
    }
    if (r == 0) {
        server->listening = true;
        r = qc_listener_open(&server->listener, server->core.loop,
                             options->host, options->port, &EVENTS, server);
    }
    return r;
}

int qc_http2_server_open(uv_loop_t *loop,
                         const struct qc_http2_server_options *options,
                         struct qc_http2_server **server_out)
{
    struct qc_http2_server *server = server_new(loop, options);
    int r;

    if (server == NULL) {
        return UV_ENOMEM;
    }
    r = server_begin(server, options);
    if (r != 0) {
        loops_stop(server);
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
    server->core.spent_ns = 0;
    for (unsigned i = 0; i < server->loops.n; i++) {
        qc_api_loop_flush(&server->loops.all[i]);
    }
    if (server->has_mailbox) {
        qc_mailbox_rest(&server->mailbox);
    }
}

void qc_http2_server_stop_listening(struct qc_http2_server *server)
{
    if (server->listening) {
        qc_listener_close(&server->listener);
    }
}

static int set_limits_of_loops(struct qc_http2_server *server,
                               const struct qc_http2_limits *limits)
{
    unsigned n = server->loops.n;
    struct qc_api_limits **news = calloc(n + 1, sizeof(struct qc_api_limits *));
    bool good = news != NULL;

    for (unsigned i = 0; i < n && good; i++) {
        news[i] = qc_api_limits_new(limits);
        good = news[i] != NULL;
    }
    for (unsigned i = 0; i < n && news != NULL; i++) {
        if (good) {
            qc_api_loop_set_limits(&server->loops.all[i], news[i]);
        } else {
            qc_api_limits_free(news[i]);
        }
    }
    free(news);
    return good ? 0 : UV_ENOMEM;
}

int qc_http2_server_set_limits(struct qc_http2_server *server,
                               const struct qc_http2_limits *limits)
{
    nghttp2_option *option;

    if (server->closing) {
        return 0; /* Its threads may have ended. */
    }
    option = qc_session_option(limits);
    if (option == NULL || set_limits_of_loops(server, limits) != 0) {
        nghttp2_option_del(option);
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
    struct qc_connection *connection;

    server->draining = true;
    LIST_FOREACH(connection, &server->core.connections, of_core)
    {
        qc_connection_leave(connection);
    }
    for (unsigned i = 0; i < server->loops.n; i++) {
        qc_api_loop_leave(&server->loops.all[i]);
    }
}

void qc_http2_server_undrain(struct qc_http2_server *server)
{
    server->draining = false;
}

uint64_t qc_http2_server_gauge(const struct qc_http2_server *server,
                               enum qc_http2_gauge gauge)
{
    uint64_t sum = qc_tally_get(&server->core.gauges[gauge]);

    assert(gauge < QC_HTTP2_GAUGES);

    if (gauge == QC_HTTP2_OPEN_CONNECTIONS) {
        return server->connections.n;
    }
    if (gauge == QC_HTTP2_WAITING_BYTES) {
        return sum + qc_api_loops_waiting(&server->loops);
    }
    for (unsigned i = 0; i < server->loops.n; i++) {
        sum += qc_tally_get(&server->loops.all[i].core.gauges[gauge]);
    }
    return sum;
}

uint64_t qc_http2_server_count(const struct qc_http2_server *server,
                               enum qc_http2_counter counter)
{
    uint64_t sum = qc_tally_get(&server->core.counts[counter]);

    assert(counter < QC_HTTP2_COUNTERS);

    for (unsigned i = 0; i < server->loops.n; i++) {
        sum += qc_tally_get(&server->loops.all[i].core.counts[counter]);
    }
    return sum;
}

void qc_http2_server_close(struct qc_http2_server *server,
                           void (*closed)(void *ctx),
                           void *ctx)
{
    struct qc_connection *connection;

    server->closing = true;
    server->closed = closed;
    server->closed_ctx = ctx;
    qc_http2_server_stop_listening(server);
    LIST_FOREACH(connection, &server->core.connections, of_core)
    {
        qc_connection_close(connection);
    }
    for (unsigned i = 0; i < server->loops.n; i++) {
        qc_api_loop_end(&server->loops.all[i]);
    }
    finish(server);
}
