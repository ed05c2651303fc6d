#include "http2/outgoing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "http2/grpc.h"
#include "http2/media.h"

enum {
    FIELDS_MAX = 32,
    REPLY_FIELDS_MAX = 64,
    REPLY_SIZE_MAX = 32 * 1024,
};

/* --- life ----------------------------------------------------------------- */

struct qc_http2_request *qc_outgoing_new(const char *path,
                                         enum qc_call_form form,
                                         qc_http2_response_fn done,
                                         void *ctx)
{
    struct qc_http2_request *request = calloc(1, sizeof(*request));

    if (request == NULL) {
        return NULL;
    }
    request->path = strdup(path);
    if (request->path == NULL) {
        free(request);
        return NULL;
    }
    request->form = form;
    request->deadline_ms = INT64_MAX;
    request->done = done;
    request->ctx = ctx;
    return request;
}

void qc_outgoing_free(struct qc_http2_request *request)
{
    qc_buffer_done(&request->headers.text);
    qc_buffer_done(&request->output);
    qc_buffer_done(&request->reply.text);
    qc_framing_done(&request->framing);
    free(request->path);
    free(request);
}

/* --- out ------------------------------------------------------------------ */

/* NOLINTNEXTLINE(readability-function-size): nghttp2's signature. */
static ssize_t read_output(nghttp2_session *session,
                           int32_t stream_id,
                           uint8_t *into,
                           size_t size,
                           uint32_t *flags,
                           nghttp2_data_source *source,
                           void *user_data)
{
    struct qc_http2_request *request =
        nghttp2_session_get_stream_user_data(session, stream_id);

    (void)source;
    (void)user_data;
    if (request == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    size = qc_buffer_take(&request->output, into, size);
    if (size == 0 && request->endless) {
        request->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (!request->endless && qc_buffer_size(&request->output) == 0) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)size;
}

static void add(nghttp2_nv *fields,
                size_t *n,
                const char *name,
                const char *value)
{
    assert(*n < FIELDS_MAX);

    /* nghttp2 has no const fields; it only reads them. */
    fields[(*n)++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

int qc_outgoing_submit(struct qc_http2_request *request)
{
    const struct qc_http2_client *client = qc_link_client(request->link);
    nghttp2_data_provider output = {.read_callback = read_output};
    char timeout[QC_GRPC_TIMEOUT_SIZE];
    nghttp2_nv fields[FIELDS_MAX];
    const char *name;
    const char *value;
    size_t at = 0;
    size_t n = 0;

    add(fields, &n, ":method", "POST");
    add(fields, &n, ":scheme", client->tls != NULL ? "https" : "http");
    add(fields, &n, ":authority", client->authority);
    add(fields, &n, ":path", request->path);
    add(fields, &n, "content-type", qc_media_of_form(request->form));
    add(fields, &n, "te", "trailers");
    if (request->deadline_ms != INT64_MAX) {
        int64_t left_ms = request->deadline_ms - (int64_t)uv_now(client->loop);

        qc_grpc_timeout_write(left_ms > 0 ? left_ms : 1, timeout);
        add(fields, &n, "grpc-timeout", timeout);
    }
    while (qc_fields_next(&request->headers, &at, &name, &value)) {
        add(fields, &n, name, value);
    }
    request->stream_id = nghttp2_submit_request(
        qc_link_session(request->link), NULL, fields, n, &output, request);
    if (request->stream_id < 0) {
        int error = request->stream_id;

        request->stream_id = 0;
        return error;
    }
    return 0;
}

/* --- back ----------------------------------------------------------------- */

bool qc_outgoing_header(struct qc_http2_request *request,
                        struct qc_bytes name,
                        struct qc_bytes value)
{
    return request->reply.n < REPLY_FIELDS_MAX &&
           qc_buffer_size(&request->reply.text) + name.size + value.size <=
               REPLY_SIZE_MAX &&
           qc_fields_add(&request->reply, name, value);
}

/* Takes a message that is whole; false when the request has ended. */
static bool take(struct qc_http2_request *request, struct qc_bytes message)
{
    if (request->message == NULL) {
        request->has_message = true;
    } else if (!request->message(request->ctx, message)) {
        qc_outgoing_end(request, QC_STATUS_CANCELLED, "cancelled");
        return false;
    }
    return true;
}

void qc_outgoing_body(struct qc_http2_request *request, struct qc_bytes bytes)
{
    struct qc_bytes message;

    while (!request->has_message || bytes.size > 0) {
        if (request->has_message) {
            qc_outgoing_end(request, QC_STATUS_INTERNAL,
                            "the answer holds more than one message");
            return;
        }
        switch (qc_framing_next(&request->framing, &bytes, QC_RESPONSE_SIZE_MAX,
                                &message)) {
        case QC_FRAMING_MORE:
            return;
        case QC_FRAMING_MESSAGE:
            if (!take(request, message)) {
                return;
            }
            break;
        case QC_FRAMING_COMPRESSED:
            qc_outgoing_end(request, QC_STATUS_INTERNAL,
                            "the answer is compressed, unasked");
            return;
        case QC_FRAMING_TOO_BIG:
        case QC_FRAMING_NOMEM:
        default:
            qc_outgoing_end(request, QC_STATUS_RESOURCE_EXHAUSTED,
                            "the answer is too big");
            return;
        }
    }
}

/* Whether a header of an answer is for the caller, not for gRPC. */
static bool is_metadata(const char *name)
{
    return name[0] != ':' && strncmp(name, "grpc-", 5) != 0 &&
           strcmp(name, "content-type") != 0;
}

/* Takes it from its session and its link: nothing reaches it any more. */
static void detach(struct qc_http2_request *request)
{
    nghttp2_session *session = qc_link_session(request->link);

    if (request->stream_id > 0) {
        nghttp2_session_set_stream_user_data(session, request->stream_id, NULL);
    }
    qc_link_remove(request);
}

/* Reads the details of an error; false when they are none, or too long. */
static bool details_read(const char *text, uint8_t *details, size_t *size_out)
{
    return qc_base64_size_max(text) <= QC_GRPC_DETAILS_MAX &&
           qc_base64_read(text, details, size_out);
}

/* Tells the caller and frees the request. */
static void tell(struct qc_http2_request *request,
                 struct qc_http2_response *response)
{
    struct qc_http2_header metadata[REPLY_FIELDS_MAX];
    uint8_t details[QC_GRPC_DETAILS_MAX];
    size_t n_details;
    const char *text =
        qc_fields_find(&request->reply, "grpc-status-details-bin");
    struct qc_http2_header field;
    size_t at = 0;

    while (qc_fields_next(&request->reply, &at, &field.name, &field.value)) {
        if (is_metadata(field.name)) {
            metadata[response->n_metadata++] = field;
        }
    }
    response->metadata = metadata;
    response->sent = request->sent;
    if (text != NULL && details_read(text, details, &n_details)) {
        response->details = (struct qc_bytes){details, n_details};
    }
    request->done(request->ctx, response);
    qc_outgoing_free(request);
}

void qc_outgoing_end(struct qc_http2_request *request,
                     enum qc_status status,
                     const char *message)
{
    struct qc_http2_response response = {.status = status, .message = message};

    if (request->stream_id > 0) {
        nghttp2_submit_rst_stream(qc_link_session(request->link),
                                  NGHTTP2_FLAG_NONE, request->stream_id,
                                  NGHTTP2_CANCEL);
    }
    detach(request);
    tell(request, &response);
}

/* What the answer says that came to its end. */
static void read_reply(const struct qc_http2_request *request,
                       struct qc_http2_response *response,
                       struct qc_buffer *message)
{
    const char *status = qc_fields_find(&request->reply, "grpc-status");
    const char *http = qc_fields_find(&request->reply, ":status");
    const char *text = qc_fields_find(&request->reply, "grpc-message");

    if (status == NULL) {
        response->status =
            qc_grpc_status_of_http(http != NULL ? strtol(http, NULL, 10) : 0);
        response->message = "the answer holds no grpc-status";
        return;
    }
    response->status = qc_grpc_status_read(status);
    if (response->status != QC_STATUS_OK) {
        if (text != NULL && qc_grpc_message_read(message, text)) {
            response->message = (const char *)message->data;
        }
    } else if (qc_framing_inside(&request->framing) ||
               (request->message == NULL && !request->has_message)) {
        response->status = QC_STATUS_INTERNAL;
        response->message = "the answer holds no message, or a part of one";
    } else if (request->message == NULL) {
        response->body = qc_buffer_bytes(&request->framing.body);
    }
}

void qc_outgoing_finish(struct qc_http2_request *request)
{
    struct qc_http2_response response = {.message = ""};
    struct qc_buffer message = {.data = NULL};

    read_reply(request, &response, &message);
    if (request->endless || qc_buffer_size(&request->output) > 0) {
        /* The server has answered without waiting for the rest. */
        nghttp2_submit_rst_stream(qc_link_session(request->link),
                                  NGHTTP2_FLAG_NONE, request->stream_id,
                                  NGHTTP2_NO_ERROR);
    }
    detach(request);
    tell(request, &response);
    qc_buffer_done(&message);
}
