/*
 * A call as its connection sees it: what arrives, and what becomes due.
 *
 * Its life is that of its stream: made when headers begin, freed when the
 * stream closes or the connection does. The handler holds it from begin() to
 * close(), which is a part of that; so a call never outlives its connection,
 * and nobody counts references. A handler on another loop holds a twin of it
 * (twin.h), which has the same type, and of it the facts only.
 */
#ifndef QC_HTTP2_INCOMING_H
#define QC_HTTP2_INCOMING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "http2/call.h"
#include "http2/fields.h"
#include "http2/framing.h"
#include "http2/media.h"

struct qc_connection;
struct qc_spare_calls;
struct qc_twin;

struct qc_call {
    struct qc_twin *twin; /* NULL: this is the call itself. */
    struct qc_connection *connection;
    LIST_ENTRY(qc_call) of_connection;
    int32_t stream_id;
    enum qc_call_kind kind;
    const struct qc_media *media;
    void *data; /* The handler's. */

    /* The request. */
    struct qc_fields headers;
    const char *path;   /* In the headers, once they are whole; "" for none. */
    size_t listed_size; /* Of all headers and trailers, as HTTP/2 counts. */
    unsigned n_listed;
    struct qc_framing framing; /* For Connect only its body is used. */
    bool has_message;          /* The body of a unary call is whole. */
    bool ended;                /* The client has sent all. */
    bool taken_back;           /* The client has reset it. */
    size_t gathered;           /* Bytes of it that count as waiting. */
    size_t discarded;          /* Bytes that came after the answer. */
    int64_t body_ms;           /* When the last of it came. */
    int64_t deadline_ms;       /* INT64_MAX when there is none. */
    uint64_t begun_us;         /* On a clock of its own. */

    bool is_head; /* And so the answer has no body. */

    /* The answer. */
    bool held;              /* Between begin() and close(). */
    bool headed;            /* The session has its head. */
    bool answered;          /* Or ended: nothing more is said. */
    enum qc_status outcome; /* As what, then. */
    bool wants_room;
    bool origin_allowed;
    int64_t left_ms; /* When its last frame left; INT64_MAX before. */
    bool stopped;    /* The client has been told to send no more. */
    struct qc_fields metadata;
    struct qc_fields failure; /* What gRPC says of one. */
    struct qc_buffer output;  /* What has not left. */
    atomic_size_t *queued;    /* Of a twin: the same, as a number. */
};

/* NULL when memory is short. */
struct qc_call *qc_call_new(struct qc_connection *connection,
                            int32_t stream_id);

/* Frees those that are kept to be used again. */
void qc_spare_calls_done(struct qc_spare_calls *spares);

/* Lets go of it first, if the handler still holds it. */
void qc_call_free(struct qc_call *call);

/* Tells the handler that this is the end, once; nothing if it holds nothing.
 * Not from inside a function of the handler. */
void qc_call_let_go(struct qc_call *call);

/* Notes a header, or only its size for a trailer. False when there are too
 * many or memory is short. */
QC_MUST_CHECK bool qc_call_header_add(struct qc_call *call,
                                      struct qc_bytes name,
                                      struct qc_bytes value,
                                      bool trailer);

/* Counts it as under way, with 1, or as done, with -1. */
void qc_call_count_open(struct qc_call *call, int by);

/* Ends the call by the server's own decision. Not from inside a function of the
 * handler. */
void qc_call_cut(struct qc_call *call, enum qc_status status, const char *why);

/* The headers are complete. */
void qc_call_open(struct qc_call *call);

/* Some of the body has come; all of it has. */
void qc_call_body(struct qc_call *call, struct qc_bytes bytes);
void qc_call_body_end(struct qc_call *call);

/* The last frame of the answer has left. */
void qc_call_left(struct qc_call *call);

/* When something is due, INT64_MAX when nothing is; and does it if it is. */
int64_t qc_call_due_ms(const struct qc_call *call);
void qc_call_due(struct qc_call *call);

#endif
