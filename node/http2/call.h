/*
 * A call: one request of a client, as gRPC or Connect brings it.
 *
 * The server makes it when the headers are complete, hands it to the handler,
 * and keeps it until the handler lets go of it. It knows frames, deadlines,
 * back-pressure and limits; it knows no method.
 *
 * The handler gets, in this order: begin() once; message() once for a unary
 * call, any number of times for a client stream; end() when a client stream
 * was ended well; and close() at the very end, whatever happened, once for
 * each begin(). Between begin() and close() it may answer, once; after an
 * answer nothing but close() follows. After close() the call is no longer the
 * handler's. close() never comes from inside a function of this file, nor one
 * of the handler's from inside another. All of this happens on the loop of the
 * server.
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
    QC_CALL_UNKNOWN, /* No such path: answered UNIMPLEMENTED. */
    QC_CALL_UNARY,
    QC_CALL_CLIENT_STREAM, /* gRPC only. Exempt from idle and age limits. */
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
    enum qc_call_kind (*kind)(void *ctx, const char *path);
    void (*begin)(void *ctx, struct qc_call *call);
    /* |message| is borrowed until the function returns. */
    void (*message)(void *ctx, struct qc_call *call, struct qc_bytes message);
    void (*end)(void *ctx, struct qc_call *call);
    void (*close)(void *ctx, struct qc_call *call);
};

const char *qc_call_path(const struct qc_call *call);
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

/* Whatever the handler wants to find again. */
void qc_call_set_data(struct qc_call *call, void *data);
void *qc_call_data(const struct qc_call *call);

/* Adds a header to the answer (trailing metadata for gRPC, a header for
 * Connect unary). At most 16, of 4 KiB in all; those beyond are left out. Text
 * is copied, ASCII, the name in lower case. Before the answer only. */
void qc_call_add_metadata(struct qc_call *call,
                          const char *name,
                          const char *value);

/* Answers. |message| is copied. Both do nothing once the call is answered or
 * the client has gone. When too much waits to be read by this client, or by all
 * of them, an answer becomes UNAVAILABLE, which says nothing about what the
 * call has done. */
void qc_call_answer(struct qc_call *call, struct qc_bytes message);
void qc_call_fail(struct qc_call *call, const struct qc_call_error *error);

#endif
