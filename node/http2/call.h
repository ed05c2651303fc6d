/*
 * A call: one request of a client, as gRPC, Connect or a browser brings it.
 *
 * The server makes it when the headers are complete, hands it to the handler,
 * and keeps it until the handler lets go of it. It knows frames, deadlines,
 * back-pressure and limits; it knows no method.
 *
 * The handler gets, in this order: begin() once; message() once for a unary
 * call and a server stream, any number of times where the client streams, never
 * for a page; end() when the client has ended its stream well; and close() at
 * the very end, whatever happened, once for each begin(). Between begin() and
 * close() it may answer, once, or send any number of messages and end; after an
 * answer or an end nothing but close() follows. After close() the call is no
 * longer the handler's. close() never comes from inside a function of this
 * file, nor one of the handler's from inside another. All of this happens on
 * the loop of the server.
 */
#ifndef QC_HTTP2_CALL_H
#define QC_HTTP2_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct qc_call;

/* How the messages of a call are written. */
enum qc_call_form {
    QC_CALL_PROTOBUF,
    QC_CALL_MSGPACK,
    QC_CALL_MSGPACK_NAMES, /* ;keys=name */
    QC_CALL_JSON,
};

enum qc_call_kind {
    QC_CALL_UNKNOWN, /* No such path: answered UNIMPLEMENTED, or 404. */
    QC_CALL_UNARY,
    QC_CALL_SERVER_STREAM, /* gRPC, and Connect's application/connect+json or
                              +proto. */
    QC_CALL_CLIENT_STREAM, /* gRPC only. Exempt from the limit of age. */
    QC_CALL_BIDI_STREAM,   /* As a server stream. */
    QC_CALL_PAGE,          /* GET or HEAD of a path. */
    QC_CALL_PREFLIGHT,     /* A browser asks whether an origin may call. */
};

/* What the certificate of the client says, once it is verified. */
enum qc_call_trust {
    QC_TRUST_NONE,   /* It has shown none. */
    QC_TRUST_CLIENT, /* Of the CA of clients. */
    QC_TRUST_NODE,   /* Of the CA of nodes. */
};

/* Something more about an error: a message of google.rpc, already packed. */
struct qc_call_detail {
    const char *type; /* "google.rpc.ErrorInfo" */
    struct qc_bytes value;
};

/* All borrowed for the length of the call that takes it. */
struct qc_call_error {
    enum qc_status status;
    const char *message; /* UTF-8. */
    const struct qc_call_detail *details;
    unsigned n_details;
};

struct qc_call_handler {
    void *ctx;
    /* Of a GET or HEAD either PAGE or UNKNOWN, of a POST never PAGE; never
     * PREFLIGHT, which is known by its headers. Called on any thread. */
    enum qc_call_kind (*kind)(void *ctx, const char *path, bool is_get);
    void (*begin)(void *ctx, struct qc_call *call);
    /* |message| is borrowed until the function returns. */
    void (*message)(void *ctx, struct qc_call *call, struct qc_bytes message);
    void (*end)(void *ctx, struct qc_call *call);
    void (*close)(void *ctx, struct qc_call *call);
    /* A stream whose qc_call_send() said false has room again, unless others
     * have taken it meanwhile. May be NULL. */
    void (*writable)(void *ctx, struct qc_call *call);
    /* The connection of a server or bidi stream is to end: the handler should
     * end it now, with UNAVAILABLE and, as metadata, where to go on. Otherwise
     * the server does when its patience ends. May be NULL. */
    void (*leaving)(void *ctx, struct qc_call *call);
};

const char *qc_call_path(const struct qc_call *call);
enum qc_call_kind qc_call_kind(const struct qc_call *call);

/* Of pages and preflights JSON, in which their errors are written. */
enum qc_call_form qc_call_form(const struct qc_call *call);

/* The value of a request header, NULL when there is none. |name| is in lower
 * case. Lives as long as the call. */
const char *qc_call_header(const struct qc_call *call, const char *name);

/* Milliseconds until the deadline, not below 0; INT64_MAX when there is none.
 */
int64_t qc_call_remaining_ms(const struct qc_call *call);

/* Whether the client is on this machine (127.0.0.0/8 or ::1). */
bool qc_call_from_loopback(const struct qc_call *call);

/* The client's address as text, without its port. Lives as long as the call. */
const char *qc_call_address(const struct qc_call *call);

/* What counts as one address: of IPv6 the network. Lives as long as the call.
 */
struct qc_bytes qc_call_network(const struct qc_call *call);

/* Whether limits of addresses do not bind it: loopback, and who is exempt. */
bool qc_call_is_exempt(const struct qc_call *call);

/* Who is at the other end, by TLS: what its certificate is worth, and the URI
 * it bears; "" without one. Lives as long as the call. */
enum qc_call_trust qc_call_trust(const struct qc_call *call);
const char *qc_call_identity(const struct qc_call *call);

/* Whether TLS is spoken. */
bool qc_call_is_secure(const struct qc_call *call);

/* As what the call has ended: for close(), and CANCELLED when the client has
 * gone before it was answered. */
enum qc_status qc_call_outcome(const struct qc_call *call);

/* How long ago begin() was called. */
uint64_t qc_call_age_us(const struct qc_call *call);

/* Whatever the handler wants to find again. */
void qc_call_set_data(struct qc_call *call, void *data);
void *qc_call_data(const struct qc_call *call);

/* Adds a header to the answer (trailing metadata for gRPC and for streams, a
 * header for Connect unary). At most 16, of 4 KiB in all; those beyond are left
 * out. Text is copied, ASCII, the name in lower case. Before the answer, or the
 * end of a stream, only. */
void qc_call_add_metadata(struct qc_call *call,
                          const char *name,
                          const char *value);

/* The answer may be read by pages of the origin that the request names, if it
 * names one; without this, browsers hide it from them. Before the answer, or
 * the first message of a stream, only. */
void qc_call_allow_origin(struct qc_call *call);

/* All of these copy what they are given, and do nothing once the call is
 * answered or ended, or the client has gone. When too much waits to be read by
 * this client, or by all of them, an answer becomes UNAVAILABLE, which says
 * nothing about what the call has done. */

/* Answers a unary call or a client stream. */
void qc_call_answer(struct qc_call *call, struct qc_bytes message);

/* Answers, or ends, any call with an error; a page by HTTP status and JSON. */
void qc_call_fail(struct qc_call *call, const struct qc_call_error *error);

/* Answers a page. */
void qc_call_answer_page(struct qc_call *call,
                         unsigned status,
                         const char *content_type,
                         struct qc_bytes body);

/* Answers a preflight: whether the origin may call. It bears neither key nor
 * tenant, so this is about any tenant; the call itself is about its own. */
void qc_call_answer_preflight(struct qc_call *call, bool allowed);

/* One more message of a server or bidi stream. False, and nothing queued, when
 * more than 256 KiB of it wait already, or too much in all: writable() will
 * tell; and when the call is over: then nothing more will come but close(). */
bool qc_call_send(struct qc_call *call, struct qc_bytes message);

/* Ends a server or bidi stream well. */
void qc_call_end(struct qc_call *call);

#endif
