/*
 * A loop with a thread of its own, on which connections are served whose calls
 * are handled on the loop of the server.
 *
 * It does TLS, framing and HTTP/2 with what a server has that has one loop
 * only; its handler is the twins (twin.h). Both loops speak by letters. Of a
 * loop's fields some are its thread's, some the server's, and those that both
 * touch are tallies and letters.
 */
#ifndef QC_HTTP2_API_LOOP_H
#define QC_HTTP2_API_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "http2/connection.h"
#include "http2/mailbox.h"
#include "http2/tally.h"

struct qc_api_loop {
    /* The thread's. */
    uv_loop_t loop;
    uv_prepare_t prepare;
    struct qc_server_core core;
    struct qc_outbox to_server;
    struct qc_tally sent;  /* Bytes of messages to the handler. */
    struct qc_tally heard; /* And of what it says. */
    nghttp2_option *option;
    bool ending;
    bool ended;
    uint8_t input[QC_WIRE_INPUT_SIZE];

    /* Read by whoever has them; written by nobody once the thread runs. */
    struct qc_call_handler handler;
    struct qc_server_core *server;
    struct qc_mailbox *server_mailbox;
    void (*on_ended)(void *ctx, struct qc_api_loop *loop);

    struct qc_mailbox mailbox;
    struct qc_letter leave; /* To the thread, and back. */
    struct qc_letter end;   /* The same, when nothing is left to serve. */

    /* The server's. */
    uv_thread_t thread;
    struct qc_outbox to_thread;
    struct qc_tally handled; /* Of what was sent. */
    struct qc_tally said;    /* Of which some is heard. */
    uint32_t n_connections;
    bool leaving;     /* |leave| is under way. */
    bool leave_again; /* And once more, when it is back. */
    bool stopping;    /* It has been told to end. */
};

struct qc_api_loops {
    unsigned n;
    struct qc_api_loop *all;
};

/* Bytes of requests and answers that wait on them or on their way. */
uint64_t qc_api_loops_waiting(const struct qc_api_loops *loops);

/* Starts a thread that works for |server|, with its handler, limits and TLS;
 * |gone| is told on the loop of the server of each connection that has gone,
 * and given its memory; |on_ended| when none is left, after qc_api_loop_end().
 * |loop| is all zero. Returns a negative libuv error on failure. */
QC_MUST_CHECK int qc_api_loop_start(struct qc_api_loop *loop,
                                    struct qc_server_core *server,
                                    struct qc_mailbox *server_mailbox,
                                    void (*on_ended)(void *ctx,
                                                     struct qc_api_loop *loop));

/* All of these on the loop of the server. */

/* Has |connection|, of this loop, served. */
void qc_api_loop_serve(struct qc_api_loop *loop,
                       struct qc_connection *connection);

/* Asks all clients to go. */
void qc_api_loop_leave(struct qc_api_loop *loop);

/* Limits on their way to a loop, which takes them. Given back by
 * qc_api_limits_free() when they are not wanted any more. NULL when memory is
 * short. */
struct qc_api_limits;
struct qc_api_limits *qc_api_limits_new(const struct qc_http2_limits *limits);
void qc_api_limits_free(struct qc_api_limits *limits);
void qc_api_loop_set_limits(struct qc_api_loop *loop,
                            struct qc_api_limits *limits);

/* Posts what the loop is to be told. */
void qc_api_loop_flush(struct qc_api_loop *loop);

/* Has it close all connections and end. */
void qc_api_loop_end(struct qc_api_loop *loop);

/* Waits for its thread, which has ended or is about to, having no connection;
 * then nothing of it is left. */
void qc_api_loop_join(struct qc_api_loop *loop);

#endif
