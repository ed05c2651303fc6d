/*
 * The client's parts: the client, its links, and what goes out on them.
 *
 * A link is one connection from its dial to its end, and owns the requests
 * that were given to it. When a link breaks, the client forgets it first, and
 * its requests end then; so whoever is told, and calls again at once, is on a
 * new link and in nobody's way.
 */
#ifndef QC_HTTP2_OUTGOING_H
#define QC_HTTP2_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <nghttp2/nghttp2.h>
#include <uv.h>

#include "http2/client.h"
#include "http2/fields.h"
#include "http2/framing.h"
#include "http2/tls_trust.h"
#include "http2/wire.h"

enum {
    QC_HOST_SIZE = 256,
    QC_PORT_SIZE = 6,
    /* An answer of 4 MiB, and as much again for what encodings differ in. */
    QC_RESPONSE_SIZE_MAX = 8 * 1024 * 1024,
};

struct qc_link;

struct qc_http2_client {
    uv_loop_t *loop;
    char host[QC_HOST_SIZE];
    char port[QC_PORT_SIZE];
    char authority[QC_HOST_SIZE + QC_PORT_SIZE + 3]; /* [host]:port */
    struct qc_tls *tls;                              /* NULL: cleartext. */
    char identity[QC_TLS_IDENTITY_SIZE];             /* "": |host| is to fit. */
    nghttp2_session_callbacks *callbacks;
    struct qc_link *link; /* For the next request; NULL: dial. */
    LIST_HEAD(qc_links, qc_link) links;
    bool refused; /* The last dial was. */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
    uint8_t input[QC_WIRE_INPUT_SIZE];
};

/* A call that is asked once, or, as the first part of a qc_http2_stream, a
 * stream. */
struct qc_http2_request {
    struct qc_link *link;
    TAILQ_ENTRY(qc_http2_request) of_link;
    int32_t stream_id; /* 0 before it is the session's. */
    bool endless;      /* A stream: more output may come. */
    bool deferred;     /* The session asked for output, and there was none. */
    bool sent;         /* Its headers have left. */
    bool has_message;
    char *path;
    enum qc_call_form form;
    int64_t deadline_ms; /* INT64_MAX when there is none. */
    struct qc_fields headers;
    struct qc_buffer output;
    struct qc_fields reply; /* Headers and trailers of the answer. */
    struct qc_framing framing;
    qc_http2_message_fn message; /* Of a server stream; NULL: there is one. */
    qc_http2_response_fn done;
    void *ctx;
};

/* --- requests ------------------------------------------------------------- */

/* NULL when memory is short. */
struct qc_http2_request *qc_outgoing_new(const char *path,
                                         enum qc_call_form form,
                                         qc_http2_response_fn done,
                                         void *ctx);

/* Frees it; done() is not called, and the link not told. */
void qc_outgoing_free(struct qc_http2_request *request);

/* Gives it to the session of its link. Returns an error of nghttp2. */
QC_MUST_CHECK int qc_outgoing_submit(struct qc_http2_request *request);

/* Ends it: takes it off its link, resets its stream if that is not over yet,
 * calls done(), and frees it. */
void qc_outgoing_end(struct qc_http2_request *request,
                     enum qc_status status,
                     const char *message);

/* What came back: a header, some of the body, the end. */
QC_MUST_CHECK bool qc_outgoing_header(struct qc_http2_request *request,
                                      struct qc_bytes name,
                                      struct qc_bytes value);
void qc_outgoing_body(struct qc_http2_request *request, struct qc_bytes bytes);
void qc_outgoing_finish(struct qc_http2_request *request);

/* --- links ---------------------------------------------------------------- */

/* Dials. The link becomes the client's. NULL when memory is short. */
struct qc_link *qc_link_new(struct qc_http2_client *client);

/* The callbacks that all links of a client share. NULL when memory is short. */
nghttp2_session_callbacks *qc_link_callbacks_new(void);

/* Takes |request|, which is the link's from now on, and sends it once it can.
 * Returns an error of nghttp2; then the request is still the caller's. */
QC_MUST_CHECK int qc_link_add(struct qc_link *link,
                              struct qc_http2_request *request);

void qc_link_remove(struct qc_http2_request *request);

/* The session of the link; NULL before it has connected. */
nghttp2_session *qc_link_session(const struct qc_link *link);

const struct qc_http2_client *qc_link_client(const struct qc_link *link);

/* Whether the server has spoken. */
bool qc_link_is_up(const struct qc_link *link);

/* As qc_http2_client_ping() and qc_http2_client_rtt_us(). */
void qc_link_ping(struct qc_link *link);
uint64_t qc_link_rtt_us(const struct qc_link *link);

void qc_link_flush(struct qc_link *link);

/* Takes no more requests; ends when those it has have ended. */
void qc_link_retire(struct qc_link *link);

/* Ends it, and all requests on it. Freed later by itself. */
void qc_link_break(struct qc_link *link,
                   enum qc_status status,
                   const char *message);

/* The next link of the client that is not freed; NULL after the last. */
struct qc_link *qc_link_next(const struct qc_link *link);

/* --- the client ----------------------------------------------------------- */

/* A link is no more: the client may be waiting for that. */
void qc_client_link_gone(struct qc_http2_client *client);

#endif
