/*
 * A socket that listens, and is not lost when there is nothing left to accept
 * with: it pauses, and listens again.
 */
#ifndef QC_HTTP2_LISTENER_H
#define QC_HTTP2_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"

struct qc_listener_events {
    /* A connection is there: uv_accept() it, or pause. |error| is 0, or says
     * why it cannot be had; the listener has paused then. */
    void (*incoming)(void *ctx, uv_stream_t *socket, int error);
    /* Nothing of it is left on the loop. */
    void (*closed)(void *ctx);
};

struct qc_listener {
    uv_tcp_t tcp;
    uv_timer_t timer; /* Until it listens again, or takes the next. */
    uv_loop_t *loop;
    struct sockaddr_storage address;
    bool open;          /* It has a socket. */
    bool closing;       /* For good. */
    uint64_t turn_ms;   /* Of the last connection; */
    unsigned n_in_turn; /* how many came in that turn. */
    const struct qc_listener_events *events;
    void *ctx;
};

/* Listens on |host|, an address or a name, and |port| (0: any that is free).
 * Returns a negative libuv error on failure; whether or not, the listener has
 * to be closed. All is borrowed. */
QC_MUST_CHECK int qc_listener_open(struct qc_listener *listener,
                                   uv_loop_t *loop,
                                   const char *host,
                                   uint16_t port,
                                   const struct qc_listener_events *events,
                                   void *ctx);

uint16_t qc_listener_port(const struct qc_listener *listener);

/* Gives up what waits to be accepted, and listens again after a second. */
void qc_listener_pause(struct qc_listener *listener);

/* For good, once or more often. */
void qc_listener_close(struct qc_listener *listener);

#endif
