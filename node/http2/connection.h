/*
 * A connection to the server: one socket, one HTTP/2 session, its calls.
 *
 * It owns the clock of the connection: one timer, set for the earliest thing
 * that may be due; when it fires, everything is looked at.
 */
#ifndef QC_HTTP2_CONNECTION_H
#define QC_HTTP2_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <nghttp2/nghttp2.h>
#include <uv.h>

#include "http2/noise.h"
#include "http2/peer_address.h"
#include "http2/server.h"
#include "http2/wire.h"

struct qc_call;
struct qc_tls;

/* What the connections of a server share. */
struct qc_server_core {
    uv_loop_t *loop;
    struct qc_http2_limits limits;
    struct qc_call_handler handler;
    const nghttp2_session_callbacks *callbacks;
    const nghttp2_option *option;
    struct qc_tls *tls; /* NULL: cleartext. */
    uint8_t *input;     /* QC_WIRE_INPUT_SIZE bytes. */
    LIST_HEAD(qc_dirty, qc_connection)
    dirty; /* Those that may have to write. */
    uint64_t gauges[QC_HTTP2_GAUGES];
    uint64_t counts[QC_HTTP2_COUNTERS];
    void (*gone)(void *ctx, struct qc_connection *connection);
    void *ctx;
};

enum qc_leaving {
    QC_LEAVING_NOT,
    QC_LEAVING_ASKED, /* GOAWAY sent that still admits calls under way to us. */
    QC_LEAVING_SAID,  /* GOAWAY sent that names the last call. */
    QC_LEAVING_CUT,   /* What calls there were have been ended. */
};

struct qc_connection {
    struct qc_server_core *core;
    LIST_ENTRY(qc_connection) of_address; /* The server's. */
    LIST_ENTRY(qc_connection) of_dirty;
    LIST_HEAD(qc_calls, qc_call) calls;
    struct qc_call *begun; /* The newest, if it still is; nghttp2 looks up. */
    struct qc_wire wire;
    uv_timer_t timer;
    int64_t timer_ms; /* When it fires. */
    struct qc_peer_address address;
    struct qc_noise noise;
    struct qc_noise resets;
    unsigned n_handles; /* Of the loop, not closed yet. */
    unsigned n_magic;   /* Bytes seen of "PRI ". */
    unsigned n_calls;
    unsigned n_client_streams;
    bool dirty;
    bool settled;     /* The client's first SETTINGS have come. */
    bool answers_new; /* There are answered calls to let go of. */
    bool ended;       /* The client sends nothing more. */
    bool calmed;      /* It was too much; the client has been told. */
    bool broken;      /* To be closed once the session has spoken. */
    bool closing;
    enum qc_leaving leaving;
    int64_t opened_ms;
    int64_t headers_since_ms; /* A block of headers has begun; else -1. */
    int64_t idle_since_ms;
    int64_t progress_ms; /* When output last moved, or began to wait. */
    int64_t age_due_ms;
    int64_t leaving_since_ms;
    int64_t room_due_ms; /* When to look for room; INT64_MAX: nobody waits. */
    uint64_t waiting;    /* Bytes of answers in memory. */
    uint64_t gathered;   /* Bytes of requests. */
};

/* Accepts from |listener|; nothing is read before qc_connection_start(). NULL
 * when that fails. From then on it ends with gone(), after which it is freed.
 */
struct qc_connection *qc_connection_accept(struct qc_server_core *core,
                                           uv_stream_t *listener);

/* Begins to serve, until it is |age_ms| old. */
void qc_connection_start(struct qc_connection *connection, int64_t age_ms);

/* Closes it as it stands. Its calls end, and gone() is called, later. */
void qc_connection_close(struct qc_connection *connection);

/* Asks the client to call elsewhere; calls under way go on. */
void qc_connection_leave(struct qc_connection *connection);

/* Lets go of what has been answered and sends what is to be sent. */
void qc_connection_flush(struct qc_connection *connection);

/* There may be something to send at the end of this turn. */
void qc_connection_touch(struct qc_connection *connection);

/* Something may be due at |due_ms|. */
void qc_connection_watch(struct qc_connection *connection, int64_t due_ms);

int64_t qc_connection_now_ms(const struct qc_connection *connection);

void qc_connection_count(struct qc_connection *connection,
                         enum qc_http2_counter counter);

/* Whether so much waits for this client, or for all, that no more is taken. */
bool qc_connection_crowded(const struct qc_connection *connection);

/* A stream waits for room: at |due_ms| there may be some. */
void qc_connection_want_room(struct qc_connection *connection, int64_t due_ms);

/* |size| bytes of answers have begun to wait, or have left. */
void qc_connection_wait(struct qc_connection *connection, size_t size);
void qc_connection_unwait(struct qc_connection *connection, size_t size);

/* The stream of |call| has closed: frees it. */
void qc_connection_end_call(struct qc_connection *connection,
                            struct qc_call *call);

/* The peer makes noise, or takes a call back: takes a token, or ends the
 * connection. */
void qc_connection_noise(struct qc_connection *connection);
void qc_connection_reset(struct qc_connection *connection);

#endif
