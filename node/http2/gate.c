#include "http2/gate.h"

#include <string.h>

#include "http2/answer.h"
#include "http2/connect.h"
#include "http2/connection.h"
#include "http2/cors.h"
#include "http2/grpc.h"
#include "http2/incoming.h"
#include "http2/stream.h"

static bool has_value(const struct qc_call *call,
                      const char *name,
                      const char *wanted)
{
    const char *value = qc_call_header(call, name);

    return value != NULL && strcmp(value, wanted) == 0;
}

static enum qc_call_kind kind_of_path(const struct qc_call *call, bool is_get)
{
    const struct qc_call_handler *handler = &call->connection->core->handler;

    return handler->kind(handler->ctx, qc_call_path(call), is_get);
}

/* --- as far as HTTP is concerned ------------------------------------------ */

static bool refuse_method(struct qc_call *call)
{
    if (kind_of_path(call, false) != QC_CALL_UNKNOWN) {
        qc_answer_http(call, "405", "allow", "POST");
    } else if (kind_of_path(call, true) == QC_CALL_PAGE) {
        qc_answer_http(call, "405", "allow", "GET, HEAD");
    } else {
        qc_answer_http(call, "404", "cache-control", "no-store");
    }
    return false;
}

/* A POST: what it is follows from its path, and how it is written from its
 * content type. */
static bool admit_post(struct qc_call *call)
{
    const char *type = qc_call_header(call, "content-type");
    enum qc_call_kind kind = kind_of_path(call, false);
    const struct qc_media *media =
        type != NULL ? qc_media_of_content_type(type) : NULL;

    if (media == NULL || !qc_media_fits(media, kind)) {
        qc_answer_http(call, "415", "accept-post", qc_media_accepted(kind));
        return false;
    }
    call->media = media;
    call->kind = kind;
    if (kind == QC_CALL_CLIENT_STREAM) {
        call->connection->n_client_streams++;
    }
    return true;
}

static bool admit_method(struct qc_call *call)
{
    bool is_get;

    if (has_value(call, ":method", "POST")) {
        return admit_post(call);
    }
    if (qc_cors_is_preflight(call)) {
        call->kind = QC_CALL_PREFLIGHT;
        return true;
    }
    call->is_head = has_value(call, ":method", "HEAD");
    is_get = call->is_head || has_value(call, ":method", "GET");
    if (is_get && kind_of_path(call, true) == QC_CALL_PAGE) {
        call->kind = QC_CALL_PAGE;
        return true;
    }
    return refuse_method(call);
}

/* --- as far as calls are -------------------------------------------------- */

static bool admit_path(struct qc_call *call)
{
    if (call->kind != QC_CALL_UNKNOWN) {
        return true;
    }
    qc_call_cut(call, QC_STATUS_UNIMPLEMENTED, "there is no such method");
    return false;
}

static const char *encoding_header(const struct qc_media *media)
{
    if (media->grpc) {
        return "grpc-encoding";
    }
    return media->connect_stream ? "connect-content-encoding"
                                 : "content-encoding";
}

static bool admit_encoding(struct qc_call *call)
{
    const char *name = encoding_header(call->media);

    if (qc_call_header(call, name) == NULL ||
        has_value(call, name, "identity")) {
        return true;
    }
    qc_call_add_metadata(
        call, call->media->grpc ? "grpc-accept-encoding" : "accept-encoding",
        "identity");
    qc_call_cut(call, QC_STATUS_UNIMPLEMENTED, "compression is not supported");
    return false;
}

static bool admit_timeout(struct qc_call *call)
{
    bool grpc = call->media->grpc;
    const char *text =
        qc_call_header(call, grpc ? "grpc-timeout" : "connect-timeout-ms");
    int64_t timeout_ms;

    if (text == NULL) {
        return true;
    }
    if (!(grpc ? qc_grpc_timeout_read(text, &timeout_ms)
               : qc_connect_timeout_read(text, &timeout_ms))) {
        qc_call_cut(call,
                    grpc ? QC_STATUS_INTERNAL : QC_STATUS_INVALID_ARGUMENT,
                    "the timeout is malformed");
        return false;
    }
    call->deadline_ms = qc_connection_now_ms(call->connection) + timeout_ms;
    qc_connection_watch(call->connection, call->deadline_ms);
    return true;
}

/* What is small is let in when answers to others take all the room there is: a
 * client stream, which is between nodes, and what asks how the node is. */
static bool admit_load(struct qc_call *call)
{
    if ((call->kind != QC_CALL_UNARY && !qc_stream_is(call)) ||
        !qc_connection_crowded(call->connection)) {
        return true;
    }
    qc_connection_count(call->connection, QC_HTTP2_BACKLOG);
    qc_call_cut(call, QC_STATUS_UNAVAILABLE,
                "too many answers wait to be read");
    return false;
}

bool qc_gate_admit(struct qc_call *call)
{
    return admit_method(call) && admit_path(call) && admit_encoding(call) &&
           admit_timeout(call) && admit_load(call);
}
