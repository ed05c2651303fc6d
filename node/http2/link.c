#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http2/grpc.h"
#include "http2/outgoing.h"
#include "http2/tls_cipher.h"

enum {
    DIAL_MS = 3000, /* For a name and all its addresses. */
    /* What a peer has not acknowledged for so long will not arrive: without
     * this a cut network is noticed after a quarter of an hour. */
    UNACKNOWLEDGED_MS = 10000,
    STREAM_WINDOW_SIZE = 1024 * 1024,
    CONNECTION_WINDOW_SIZE = 4 * 1024 * 1024,
    NS_PER_US = 1000,
};

struct qc_link {
    struct qc_http2_client *client;
    LIST_ENTRY(qc_link) of_client;
    TAILQ_HEAD(requests, qc_http2_request) requests;
    struct qc_wire wire;
    uv_timer_t timer;
    uv_getaddrinfo_t resolving;
    uv_connect_t connecting;
    struct addrinfo *addresses;
    const struct addrinfo *next_address;
    unsigned n_pending; /* Handles and requests of the loop. */
    bool tcp_open;
    bool up; /* The server's first SETTINGS have come. */
    bool ending;
    int dial_error; /* Of the last address that was tried. */
    int64_t timer_ms;
    int64_t dial_due_ms; /* INT64_MAX once connected. */
    uint64_t pinged_ns;  /* When the PING was asked for that is under way, or 0;
                          */
    uint64_t rtt_us;     /* how long the last took; 0: none has come back. */
};

nghttp2_session *qc_link_session(const struct qc_link *link)
{
    return link->wire.session;
}

const struct qc_http2_client *qc_link_client(const struct qc_link *link)
{
    return link->client;
}

struct qc_link *qc_link_next(const struct qc_link *link)
{
    return LIST_NEXT(link, of_client);
}

bool qc_link_is_up(const struct qc_link *link)
{
    return link->up;
}

void qc_link_ping(struct qc_link *link)
{
    if (link->up && link->pinged_ns == 0 &&
        nghttp2_submit_ping(link->wire.session, NGHTTP2_FLAG_NONE, NULL) == 0) {
        link->pinged_ns = uv_hrtime();
    }
}

uint64_t qc_link_rtt_us(const struct qc_link *link)
{
    return link->rtt_us;
}

static void ping_returned(struct qc_link *link)
{
    if (link->pinged_ns != 0) {
        link->rtt_us = (uv_hrtime() - link->pinged_ns) / NS_PER_US + 1;
        link->pinged_ns = 0;
    }
}

static int64_t now_ms(const struct qc_link *link)
{
    return (int64_t)uv_now(link->client->loop);
}

/* --- end ------------------------------------------------------------------ */

static void release(struct qc_link *link)
{
    struct qc_http2_client *client = link->client;

    if (--link->n_pending > 0 || !link->ending) {
        return;
    }
    nghttp2_session_del(link->wire.session);
    qc_wire_done(&link->wire);
    uv_freeaddrinfo(link->addresses);
    LIST_REMOVE(link, of_client);
    free(link);
    qc_client_link_gone(client);
}

static void timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void tcp_closed(uv_handle_t *handle);

static void close_tcp(struct qc_link *link)
{
    if (link->tcp_open) {
        link->tcp_open = false;
        qc_wire_close(&link->wire, tcp_closed);
    }
}

void qc_link_retire(struct qc_link *link)
{
    if (link->client->link == link) {
        link->client->link = NULL;
    }
}

void qc_link_break(struct qc_link *link,
                   enum qc_status status,
                   const char *message)
{
    if (link->ending) {
        return;
    }
    link->ending = true;
    qc_link_retire(link);
    close_tcp(link);
    uv_cancel((uv_req_t *)&link->resolving);
    uv_close((uv_handle_t *)&link->timer, timer_closed);
    while (!TAILQ_EMPTY(&link->requests)) {
        qc_outgoing_end(TAILQ_FIRST(&link->requests), status, message);
    }
}

static void break_unavailable(struct qc_link *link, int error)
{
    qc_link_break(link, QC_STATUS_UNAVAILABLE, uv_strerror(error));
}

/* --- what becomes due ----------------------------------------------------- */

static void watch(struct qc_link *link, int64_t due_ms);

/* The first request that is due at |now|; NULL when none is. Tells in
 * |next_out| when the next will be. */
static struct qc_http2_request *find_due(struct qc_link *link,
                                         int64_t now,
                                         int64_t *next_out)
{
    struct qc_http2_request *request;

    *next_out = INT64_MAX;
    TAILQ_FOREACH(request, &link->requests, of_link)
    {
        if (request->deadline_ms <= now) {
            return request;
        }
        if (request->deadline_ms < *next_out) {
            *next_out = request->deadline_ms;
        }
    }
    return NULL;
}

static void look(uv_timer_t *timer)
{
    struct qc_link *link = timer->data;
    struct qc_http2_request *late;
    int64_t now = now_ms(link);
    int64_t next_ms;

    link->timer_ms = INT64_MAX;
    if (link->dial_due_ms <= now) {
        break_unavailable(link, link->dial_error != 0 ? link->dial_error
                                                      : UV_ETIMEDOUT);
        return;
    }
    /* From the front each time: whoever is told may do anything. */
    while ((late = find_due(link, now, &next_ms)) != NULL) {
        qc_outgoing_end(late, QC_STATUS_DEADLINE_EXCEEDED,
                        "the deadline has passed");
    }
    if (!link->ending) {
        watch(link, next_ms);
        watch(link, link->dial_due_ms);
    }
}

static void watch(struct qc_link *link, int64_t due_ms)
{
    int64_t now = now_ms(link);

    if (due_ms >= link->timer_ms) {
        return;
    }
    link->timer_ms = due_ms;
    uv_timer_start(&link->timer, look,
                   due_ms > now ? (uint64_t)(due_ms - now) : 0, 0);
}

/* --- what the session tells ----------------------------------------------- */

static struct qc_http2_request *request_of(nghttp2_session *session,
                                           int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

/* NOLINTNEXTLINE(readability-function-size): nghttp2's signature. */
static int on_header(nghttp2_session *session,
                     const nghttp2_frame *frame,
                     const uint8_t *name,
                     size_t name_size,
                     const uint8_t *value,
                     size_t value_size,
                     uint8_t flags,
                     void *user_data)
{
    struct qc_http2_request *request = request_of(session, frame->hd.stream_id);

    (void)flags;
    (void)user_data;
    if (request == NULL ||
        qc_outgoing_header(request, (struct qc_bytes){name, name_size},
                           (struct qc_bytes){value, value_size})) {
        return 0;
    }
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_data_chunk(nghttp2_session *session,
                         uint8_t flags,
                         int32_t stream_id,
                         const uint8_t *data,
                         size_t size,
                         void *user_data)
{
    struct qc_http2_request *request = request_of(session, stream_id);

    (void)flags;
    (void)user_data;
    if (request != NULL) {
        qc_outgoing_body(request, (struct qc_bytes){data, size});
    }
    return 0;
}

static int on_frame_recv(nghttp2_session *session,
                         const nghttp2_frame *frame,
                         void *user_data)
{
    struct qc_http2_request *request = request_of(session, frame->hd.stream_id);
    struct qc_link *link = user_data;

    if (frame->hd.type == NGHTTP2_SETTINGS) {
        link->up = true;
    } else if (frame->hd.type == NGHTTP2_PING) {
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
            ping_returned(link);
        }
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
        qc_link_retire(link);
    } else if (request != NULL &&
               (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
               (frame->hd.type == NGHTTP2_HEADERS ||
                frame->hd.type == NGHTTP2_DATA)) {
        qc_outgoing_finish(request);
    }
    return 0;
}

static int on_frame_send(nghttp2_session *session,
                         const nghttp2_frame *frame,
                         void *user_data)
{
    struct qc_http2_request *request = request_of(session, frame->hd.stream_id);

    (void)user_data;
    if (request != NULL && frame->hd.type == NGHTTP2_HEADERS) {
        request->sent = true;
    }
    return 0;
}

/* A request that GOAWAY has overtaken has no stream to find it by. */
static int on_frame_not_send(nghttp2_session *session,
                             const nghttp2_frame *frame,
                             int error,
                             void *user_data)
{
    struct qc_link *link = user_data;
    struct qc_http2_request *request;

    (void)session;
    if (frame->hd.type != NGHTTP2_HEADERS) {
        return 0;
    }
    TAILQ_FOREACH(request, &link->requests, of_link)
    {
        if (request->stream_id == frame->hd.stream_id) {
            qc_outgoing_end(request, QC_STATUS_UNAVAILABLE,
                            nghttp2_strerror(error));
            break;
        }
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session,
                           int32_t stream_id,
                           uint32_t error_code,
                           void *user_data)
{
    struct qc_http2_request *request = request_of(session, stream_id);

    (void)user_data;
    if (request == NULL) {
        return 0;
    }
    if (error_code == NGHTTP2_REFUSED_STREAM) {
        request->sent = false; /* The server says that it did nothing. */
    }
    qc_outgoing_end(request, qc_grpc_status_of_reset(error_code),
                    nghttp2_http2_strerror(error_code));
    return 0;
}

nghttp2_session_callbacks *qc_link_callbacks_new(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         on_frame_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
                                                         on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks,
                                                             on_frame_not_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           on_stream_close);
    return callbacks;
}

/* --- reading and writing -------------------------------------------------- */

static void on_read(void *owner, struct qc_bytes bytes, int error)
{
    struct qc_link *link = owner;

    if (qc_wire_failure(&link->wire)[0] != '\0') {
        qc_link_break(link, QC_STATUS_UNAVAILABLE,
                      qc_wire_failure(&link->wire));
    } else if (error != 0) {
        break_unavailable(link, error);
    } else if (nghttp2_session_mem_recv(link->wire.session, bytes.data,
                                        bytes.size) < 0) {
        break_unavailable(link, UV_EPROTO);
    }
}

/* A server that has closed, as one does that stops, may have answered before:
 * that can still be read, and then the end, which breaks the link. */
static void write_failed(struct qc_link *link, int error)
{
    if (error == UV_EPIPE || error == UV_ECONNRESET) {
        qc_link_retire(link);
    } else {
        break_unavailable(link, error);
    }
}

static void on_written(void *owner, int error)
{
    if (error != 0) {
        write_failed(owner, error);
    }
}

static void on_opened(void *owner);

/* A link is to a member, which is given all the turn that it wants. */
static const struct qc_wire_events EVENTS = {on_read, on_written, on_opened,
                                             NULL};

void qc_link_flush(struct qc_link *link)
{
    bool any;
    int r;

    if (link->wire.session == NULL || link->ending) {
        return;
    }
    r = qc_wire_flush(&link->wire, &any);
    if (r != 0) {
        write_failed(link, r);
    } else if (!qc_wire_full(&link->wire) &&
               !nghttp2_session_want_read(link->wire.session) &&
               !nghttp2_session_want_write(link->wire.session)) {
        break_unavailable(link, UV_EOF);
    }
}

/* --- dial ----------------------------------------------------------------- */

static void connect_next(struct qc_link *link);

static void tcp_closed(uv_handle_t *handle)
{
    struct qc_link *link = ((struct qc_wire *)handle->data)->owner;

    if (link->ending) {
        release(link);
    } else {
        link->n_pending--;
        connect_next(link);
    }
}

static int session_open(struct qc_link *link)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_SIZE},
    };
    nghttp2_session *session;
    int r = nghttp2_session_client_new(&session, link->client->callbacks, link);

    if (r != 0) {
        return r;
    }
    link->wire.session = session;
    r = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                sizeof(settings) / sizeof(settings[0]));
    if (r == 0) {
        r = nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                  CONNECTION_WINDOW_SIZE);
    }
    return r;
}

static void limit_unacknowledged(const uv_tcp_t *tcp)
{
    const int timeout_ms = UNACKNOWLEDGED_MS;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)tcp, &fd) == 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
                   sizeof(timeout_ms));
    }
}

static int submit_waiting(struct qc_link *link)
{
    struct qc_http2_request *request;
    int r = 0;

    TAILQ_FOREACH(request, &link->requests, of_link)
    {
        if (r == 0) {
            r = qc_outgoing_submit(request);
        }
    }
    return r;
}

static void on_opened(void *owner)
{
    struct qc_link *link = owner;

    link->dial_due_ms = INT64_MAX;
    if (session_open(link) != 0 || submit_waiting(link) != 0) {
        break_unavailable(link, UV_ENOMEM);
    }
}

static int open_wire(struct qc_link *link)
{
    const struct qc_http2_client *client = link->client;
    const struct qc_tls_peer peer = {
        .host = client->host,
        .identity = client->identity[0] != '\0' ? client->identity : NULL,
    };
    struct qc_tls_cipher *cipher = NULL;

    if (client->tls != NULL) {
        cipher = qc_tls_cipher_connect(client->tls, &peer);
        if (cipher == NULL) {
            return UV_ENOMEM;
        }
    }
    return qc_wire_open(&link->wire, cipher);
}

static void connected(uv_connect_t *connecting, int status)
{
    struct qc_link *link = connecting->data;

    if (link->ending) {
        return;
    }
    if (status != 0) {
        link->dial_error = status;
        close_tcp(link);
        return;
    }
    link->dial_error = 0;
    link->client->refused = false;
    uv_tcp_nodelay(&link->wire.tcp, 1);
    limit_unacknowledged(&link->wire.tcp);
    status = open_wire(link);
    if (status != 0) {
        break_unavailable(link, status);
    }
}

/* Tries the next address; the last one's error is the dial's. */
static void connect_next(struct qc_link *link)
{
    const struct addrinfo *address = link->next_address;
    int r;

    if (address == NULL) {
        link->client->refused = link->dial_error == UV_ECONNREFUSED;
        break_unavailable(link, link->dial_error);
        return;
    }
    link->next_address = address->ai_next;
    r = qc_wire_init(&link->wire, link->client->loop, link->client->input,
                     &EVENTS, link);
    if (r != 0) {
        break_unavailable(link, r);
        return;
    }
    link->n_pending++;
    link->tcp_open = true;
    r = uv_tcp_connect(&link->connecting, &link->wire.tcp, address->ai_addr,
                       connected);
    if (r != 0) {
        link->dial_error = r;
        close_tcp(link);
    }
}

static void resolved(uv_getaddrinfo_t *resolving,
                     int status,
                     struct addrinfo *addresses)
{
    struct qc_link *link = resolving->data;

    link->addresses = addresses;
    link->next_address = addresses;
    if (link->ending) {
        release(link);
        return;
    }
    link->n_pending--;
    if (status != 0) {
        link->client->refused = false;
        break_unavailable(link, status);
    } else {
        connect_next(link);
    }
}

struct qc_link *qc_link_new(struct qc_http2_client *client)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct qc_link *link = calloc(1, sizeof(*link));
    int r;

    if (link == NULL) {
        return NULL;
    }
    link->client = client;
    TAILQ_INIT(&link->requests);
    link->timer_ms = INT64_MAX;
    link->timer.data = link;
    link->resolving.data = link;
    link->connecting.data = link;
    link->dial_due_ms = now_ms(link) + DIAL_MS;
    uv_timer_init(client->loop, &link->timer);
    link->n_pending = 1;
    LIST_INSERT_HEAD(&client->links, link, of_client);
    client->link = link;
    r = uv_getaddrinfo(client->loop, &link->resolving, resolved, client->host,
                       client->port, &hints);
    if (r == 0) {
        link->n_pending++;
    } else {
        link->dial_error = r;
        link->dial_due_ms = now_ms(link);
    }
    watch(link, link->dial_due_ms);
    return link;
}

/* --- requests ------------------------------------------------------------- */

int qc_link_add(struct qc_link *link, struct qc_http2_request *request)
{
    int r = 0;

    assert(!link->ending);

    request->link = link;
    TAILQ_INSERT_TAIL(&link->requests, request, of_link);
    if (link->wire.session != NULL) {
        r = qc_outgoing_submit(request);
    }
    if (r != 0) {
        qc_link_remove(request);
        return r;
    }
    watch(link, request->deadline_ms);
    return 0;
}

void qc_link_remove(struct qc_http2_request *request)
{
    TAILQ_REMOVE(&request->link->requests, request, of_link);
}
