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

#include "http2/buffer.h"
#include "http2/mailbox.h"
#include "http2/noise.h"
#include "http2/peer_address.h"
#include "http2/server.h"
#include "http2/slab.h"
#include "http2/tally.h"
#include "http2/wire.h"

struct qc_api_loops;
struct qc_call;
struct qc_tls;

/* Calls that have ended, with what memory they may keep. */
struct qc_spare_calls {
    LIST_HEAD(qc_spares, qc_call) list;
    unsigned n;
};

/* What the connections of a loop share. */
struct qc_server_core {
    uv_loop_t *loop;
    struct qc_http2_limits limits;
    struct qc_call_handler handler;
    const nghttp2_session_callbacks *callbacks;
    const nghttp2_option *option;
    struct qc_tls *tls; /* NULL: cleartext. */
    uint8_t *input;     /* QC_WIRE_INPUT_SIZE bytes. */
    uint64_t spent_ns;  /* In this turn, on what was read. */
    LIST_HEAD(qc_all, qc_connection) connections;
    LIST_HEAD(qc_dirty, qc_connection)
    dirty;                        /* Those that may have to write. */
    struct qc_slab slab;          /* Of the sessions. */
    struct qc_spare_calls spares; /* To be used again. */
    struct qc_tally gauges[QC_HTTP2_GAUGES];
    struct qc_tally counts[QC_HTTP2_COUNTERS];
    const struct qc_api_loops *loops; /* NULL: there is this one only. */
    uint64_t elsewhere;               /* Bytes that wait on others. */
    int64_t elsewhere_ms;             /* When that was seen. */
    /* Nothing is left of it but its memory, which is the callee's now. */
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
    LIST_ENTRY(qc_connection) of_core;
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
    unsigned n_twins; /* Of calls, with a handler on another loop. */
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
    struct qc_tally waiting; /* Bytes of answers in memory. */
    uint64_t gathered;       /* Bytes of requests. */
    struct qc_buffer
        kept;       /* What was read, and is looked at in another turn. */
    int kept_error; /* What came behind it: a libuv error, or 0. */
    bool kept_due;  /* That turn has come. */
    bool dear;      /* What was asked for last took long for its size. */

    /* With a handler on another loop: bytes of messages to it, and of what it
     * says; and how much of both has arrived. */
    struct qc_tally sent;
    struct qc_tally handled;
    struct qc_tally said;
    struct qc_tally heard;
    /* On its way between loops. */
    struct qc_letter letter;
    int descriptor;
    int64_t age_ms;
};

/* One that has no socket yet. NULL when memory is short. */
struct qc_connection *qc_connection_new(struct qc_server_core *core);

/* Accepts from |listener|; nothing is read before qc_connection_start(). NULL
 * when that fails. From then on it ends with gone(). */
struct qc_connection *qc_connection_accept(struct qc_server_core *core,
                                           uv_stream_t *listener);

/* Begins to serve, until it is |age_ms| old. */
void qc_connection_start(struct qc_connection *connection, int64_t age_ms);

/* Both in one, of one that is new, with its descriptor and age; ends with
 * gone(). */
void qc_connection_adopt(struct qc_connection *connection);

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

/* Bytes of requests and answers that wait on all loops; of others as they were
 * a moment ago. */
uint64_t qc_core_waiting(struct qc_server_core *core);

/* Bytes of answers that wait for this client; those on their way from the
 * handler's loop too. On any thread. */
uint64_t qc_connection_waiting(const struct qc_connection *connection);

/* Whether so much waits for this client, or for all, that no more is taken. */
bool qc_connection_crowded(const struct qc_connection *connection);

/* The same of what has been said before, for an answer that has arrived: those
 * behind it are no reason to turn it away. */
bool qc_connection_full(const struct qc_connection *connection);

/* Whether so many messages are on their way to another loop that it has to say
 * when they are handled: the connection is to be touched then. */
bool qc_connection_runs_ahead(const struct qc_connection *connection);

/* A stream waits for room: at |due_ms| there may be some. */
void qc_connection_want_room(struct qc_connection *connection, int64_t due_ms);

/* |size| bytes of answers have begun to wait, or have left. */
void qc_connection_wait(struct qc_connection *connection, size_t size);
void qc_connection_unwait(struct qc_connection *connection, size_t size);

/* A twin of one of its calls is no more. */
void qc_connection_twin_gone(struct qc_connection *connection);

/* The stream of |call| has closed: frees it. */
void qc_connection_end_call(struct qc_connection *connection,
                            struct qc_call *call);

/* The peer makes noise, or takes a call back: takes a token, or ends the
 * connection. */
void qc_connection_noise(struct qc_connection *connection);
void qc_connection_reset(struct qc_connection *connection);

#endif
