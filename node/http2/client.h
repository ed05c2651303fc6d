/*
 * The HTTP/2 client: one connection to one address, many calls on it.
 *
 * The name is resolved at each dial. A connection that breaks ends its calls
 * with UNAVAILABLE; the next call dials again. The client repeats nothing by
 * itself: whether a call may be sent twice is for the caller to know.
 *
 * Whoever is told that a call has ended may call, cancel another, or close the
 * client at once. The process has to ignore SIGPIPE.
 */
#ifndef QC_HTTP2_CLIENT_H
#define QC_HTTP2_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "http2/call.h"

struct qc_tls;
struct qc_http2_client;
struct qc_http2_request; /* A call under way; the client's. */
struct qc_http2_stream;  /* A client stream; the client's until closed() . */

struct qc_http2_header {
    const char *name; /* In lower case. */
    const char *value;
};

/* What came back; borrowed by whoever is called. */
struct qc_http2_response {
    enum qc_status status;
    const char *message;     /* "" when OK. */
    struct qc_bytes body;    /* The message, without prefix. */
    struct qc_bytes details; /* google.rpc.Status, packed; may be empty. */
    bool sent; /* Whether bytes of it may have reached the server. */
    const struct qc_http2_header *metadata; /* Headers and trailers. */
    unsigned n_metadata;
};

typedef void (*qc_http2_response_fn)(void *ctx,
                                     const struct qc_http2_response *response);

/* |address| is host:port, [v6]:port. Dials when it is first needed. NULL when
 * memory is short or the address is none. */
struct qc_http2_client *qc_http2_client_new(uv_loop_t *loop,
                                            const char *address);

/*
 * Has it speak TLS with |tls|, which is borrowed, from the next dial on. The
 * server must have a certificate of the authority of nodes, for the name or
 * address that is dialled; or, unless |identity| is NULL, that of the node
 * which this URI, of at most 255 bytes, names, wherever it is.
 */
void qc_http2_client_secure(struct qc_http2_client *client,
                            struct qc_tls *tls,
                            const char *identity);

/* Ends every call with CANCELLED before it returns; |closed| is called when
 * nothing of it is left on the loop, which may be at once, and the client is
 * freed then. */
void qc_http2_client_close(struct qc_http2_client *client,
                           void (*closed)(void *ctx),
                           void *ctx);

bool qc_http2_client_connected(const struct qc_http2_client *client);

/* Whether the last dial was refused: nobody listens at that address. */
bool qc_http2_client_refused(const struct qc_http2_client *client);

/* Has a PING go with the next flush, if the client is connected and the last
 * has come back. */
void qc_http2_client_ping(struct qc_http2_client *client);

/* How long the last PING on the connection that there is was under way, from
 * here and back; 0: none has come back. */
uint64_t qc_http2_client_rtt_us(const struct qc_http2_client *client);

/*
 * Calls |path| by gRPC with |body| (copied) in |form| (PROTOBUF or MSGPACK).
 * |timeout_ms| is sent along and kept here too; INT64_MAX is none. At most 24
 * headers. |done| is called exactly once, later, with the metadata of the
 * answer save what is gRPC's own. NULL, and |done| never called, when memory is
 * short or the client is being closed.
 */
struct qc_http2_request *qc_http2_client_call(
    struct qc_http2_client *client,
    const char *path,
    enum qc_call_form form,
    const struct qc_http2_header *headers,
    unsigned n_headers,
    struct qc_bytes body,
    int64_t timeout_ms,
    qc_http2_response_fn done,
    void *ctx);

/* A message of a server stream; borrowed. Answers whether to go on: else the
 * call is cancelled, and |done| told. Must not end the call, or close the
 * client, by itself. */
typedef bool (*qc_http2_message_fn)(void *ctx, struct qc_bytes message);

/*
 * Calls |path|, which answers by a stream of messages: |message| is called for
 * each, and |done| once when it has ended, with its metadata and no body. There
 * is no deadline. All else is as for qc_http2_client_call().
 */
struct qc_http2_request *qc_http2_client_watch(
    struct qc_http2_client *client,
    const char *path,
    enum qc_call_form form,
    const struct qc_http2_header *headers,
    unsigned n_headers,
    struct qc_bytes body,
    qc_http2_message_fn message,
    qc_http2_response_fn done,
    void *ctx);

/* Sends RST_STREAM(CANCEL); |done| is called with CANCELLED before it returns.
 */
void qc_http2_client_cancel(struct qc_http2_request *request);

/*
 * Opens a client stream of protobuf messages. |closed| is called once when it
 * has ended, whoever ended it, with why; not before this function returned.
 * NULL when memory is short.
 */
struct qc_http2_stream *qc_http2_client_stream(struct qc_http2_client *client,
                                               const char *path,
                                               qc_http2_response_fn closed,
                                               void *ctx);

/* Queues |message| (copied). False, and nothing queued, when more than
 * |backlog_max| bytes wait already: the peer does not read. */
QC_MUST_CHECK bool qc_http2_stream_send(struct qc_http2_stream *stream,
                                        struct qc_bytes message,
                                        size_t backlog_max);

/* Resets the stream; |closed| is called with CANCELLED before it returns. */
void qc_http2_stream_reset(struct qc_http2_stream *stream);

/* Sends what has been written since the last time: last in each loop turn, and
 * not when told of an end. */
void qc_http2_client_flush(struct qc_http2_client *client);

#endif
