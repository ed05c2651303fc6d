#include "http2/listener.h"

#include <stdio.h>
#include <string.h>

enum {
    BACKLOG = 511, /* Connections the kernel keeps for us to accept. */
    PAUSE_MS = 1000,
    TURN_MAX = 16, /* Connections that come in before others have a turn. */
};

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

uint16_t qc_listener_port(const struct qc_listener *listener)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    memcpy(&v4, &listener->address, sizeof(v4));
    memcpy(&v6, &listener->address, sizeof(v6));
    return ntohs(listener->address.ss_family == AF_INET ? v4.sin_port
                                                        : v6.sin6_port);
}

/* --- pause ---------------------------------------------------------------- */

static void timer_closed(uv_handle_t *timer)
{
    struct qc_listener *listener = timer->data;

    listener->events->closed(listener->ctx);
}

static void listen_again(uv_timer_t *timer);

static void socket_closed(uv_handle_t *socket)
{
    struct qc_listener *listener = socket->data;

    listener->open = false;
    if (listener->closing) {
        uv_close((uv_handle_t *)&listener->timer, timer_closed);
    } else {
        uv_timer_start(&listener->timer, listen_again, PAUSE_MS, 0);
    }
}

/*
 * To stop listening is the only way to make libuv 1.44 stop accepting: for want
 * of a file it tries again at once, for ever, and what is not accepted keeps
 * the listener silent until it is.
 */
void qc_listener_pause(struct qc_listener *listener)
{
    if (listener->open && !uv_is_closing((uv_handle_t *)&listener->tcp)) {
        uv_close((uv_handle_t *)&listener->tcp, socket_closed);
    }
}

/* --- listen --------------------------------------------------------------- */

/* In the next turn. What libuv holds out is taken, and then it goes on. */
static void take_next(uv_timer_t *timer)
{
    struct qc_listener *listener = timer->data;

    if (listener->open && !uv_is_closing((uv_handle_t *)&listener->tcp)) {
        listener->n_in_turn = 1;
        listener->events->incoming(listener->ctx, (uv_stream_t *)&listener->tcp,
                                   0);
    }
}

/* libuv accepts for as long as somebody waits, unless one is not taken. */
static void on_connection(uv_stream_t *socket, int status)
{
    struct qc_listener *listener = socket->data;
    uint64_t now_ms = uv_now(listener->loop);

    if (status != 0) {
        qc_listener_pause(listener);
    } else if (now_ms != listener->turn_ms) {
        listener->turn_ms = now_ms;
        listener->n_in_turn = 1;
    } else if (listener->n_in_turn++ == TURN_MAX) {
        uv_timer_start(&listener->timer, take_next, 0, 0);
        return;
    }
    listener->events->incoming(listener->ctx, socket, status);
}

/* The port stays what it was found to be. */
static int listen_now(struct qc_listener *listener)
{
    int size = sizeof(listener->address);
    int r = uv_tcp_init(listener->loop, &listener->tcp);

    if (r != 0) {
        return r;
    }
    listener->open = true;
    listener->tcp.data = listener;
    r = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&listener->address,
                    0);
    if (r == 0) {
        r = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
    }
    if (r == 0) {
        r = uv_tcp_getsockname(&listener->tcp,
                               (struct sockaddr *)&listener->address, &size);
    }
    return r;
}

static void listen_again(uv_timer_t *timer)
{
    struct qc_listener *listener = timer->data;

    if (listen_now(listener) == 0) {
        return;
    }
    if (listener->open) {
        qc_listener_pause(listener);
    } else {
        uv_timer_start(&listener->timer, listen_again, PAUSE_MS, 0);
    }
}

int qc_listener_open(struct qc_listener *listener,
                     uv_loop_t *loop,
                     const char *host,
                     uint16_t port,
                     const struct qc_listener_events *events,
                     void *ctx)
{
    int r;

    *listener = (struct qc_listener){
        .loop = loop,
        .events = events,
        .ctx = ctx,
    };
    uv_timer_init(loop, &listener->timer);
    listener->timer.data = listener;
    r = resolve(loop, host, port, &listener->address);
    return r != 0 ? r : listen_now(listener);
}

void qc_listener_close(struct qc_listener *listener)
{
    if (listener->closing) {
        return;
    }
    listener->closing = true;
    if (listener->open) {
        /* Or it is closing, and goes on from there. */
        qc_listener_pause(listener);
    } else {
        uv_close((uv_handle_t *)&listener->timer, timer_closed);
    }
}
