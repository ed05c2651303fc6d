#include "http2/answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "http2/connect.h"
#include "http2/connection.h"
#include "http2/grpc.h"
#include "http2/incoming.h"

enum {
    METADATA_MAX = 16,
    METADATA_SIZE_MAX = 4096,
    FIELDS_MAX = METADATA_MAX + 8,
    STATIC = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
    /* What differs each time would only push others out of the table. */
    UNIQUE = NGHTTP2_NV_FLAG_NO_INDEX,
};

/* The head of an answer, or its trailers. */
struct head {
    nghttp2_nv fields[FIELDS_MAX];
    size_t n;
};

static void head_add(struct head *head,
                     const char *name,
                     const char *value,
                     unsigned flags)
{
    assert(head->n < FIELDS_MAX);

    /* nghttp2 has no const fields; it only reads them. */
    head->fields[head->n++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = (uint8_t)flags,
    };
}

static void head_add_metadata(struct head *head, const struct qc_call *call)
{
    const char *name;
    const char *value;
    size_t at = 0;

    while (qc_fields_next(&call->metadata, &at, &name, &value)) {
        head_add(head, name, value, UNIQUE);
    }
}

static int add_trailers(nghttp2_session *session, const struct qc_call *call)
{
    struct head head = {.n = 0};

    head_add(&head, "grpc-status", "0", STATIC);
    head_add_metadata(&head, call);
    return nghttp2_submit_trailer(session, call->stream_id, head.fields,
                                  head.n);
}

/* Gives nghttp2 the next bytes of the body. Behind the last of a gRPC answer
 * trailers follow. */
/* NOLINTNEXTLINE(readability-function-size): nghttp2's signature. */
static ssize_t read_output(nghttp2_session *session,
                           int32_t stream_id,
                           uint8_t *into,
                           size_t size,
                           uint32_t *flags,
                           nghttp2_data_source *source,
                           void *user_data)
{
    struct qc_call *call =
        nghttp2_session_get_stream_user_data(session, stream_id);

    (void)source;
    (void)user_data;
    if (call == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    size = qc_buffer_take(&call->output, into, size);
    qc_connection_unwait(call->connection, size);
    if (qc_buffer_size(&call->output) > 0) {
        return (ssize_t)size;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (call->media->grpc) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (add_trailers(session, call) != 0) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    }
    return (ssize_t)size;
}

/* Hands the answer to the session. Memory that is short here costs the
 * connection: there is no smaller way to say so. */
static void respond(struct qc_call *call, const struct head *head)
{
    struct qc_connection *connection = call->connection;
    nghttp2_data_provider body = {.read_callback = read_output};
    bool has_body = qc_buffer_size(&call->output) > 0;

    assert(!call->answered);

    call->answered = true;
    if (call->held) {
        connection->core->open_calls--;
        connection->answers_new = true;
    }
    qc_connection_wait(connection, qc_buffer_size(&call->output));
    if (nghttp2_submit_response(connection->wire.session, call->stream_id,
                                head->fields, head->n,
                                has_body ? &body : NULL) != 0) {
        qc_connection_close(connection);
    }
    qc_connection_touch(connection);
}

void qc_answer_http(struct qc_call *call,
                    const char *status,
                    const char *name,
                    const char *value)
{
    struct head head = {.n = 0};

    head_add(&head, ":status", status, STATIC);
    head_add(&head, name, value, STATIC);
    respond(call, &head);
}

/* --- errors --------------------------------------------------------------- */

/* Trailers-only: the status stands in the one block of headers there is. */
static bool fail_grpc(struct qc_call *call, const struct qc_call_error *error)
{
    struct qc_buffer message = {.data = NULL};
    struct qc_buffer details = {.data = NULL};
    struct head head = {.n = 0};
    char status[12];
    bool written = qc_grpc_message_write(&message, error->message) &&
                   qc_buffer_add(&message, "", 1) &&
                   qc_grpc_details_write(&details, error) &&
                   qc_buffer_add(&details, "", 1);

    if (written) {
        snprintf(status, sizeof(status), "%d", (int)error->status);
        head_add(&head, ":status", "200", STATIC);
        head_add(&head, "content-type", call->media->name, STATIC);
        head_add(&head, "grpc-status", status, 0);
        head_add(&head, "grpc-message", (const char *)message.data, UNIQUE);
        if (details.data[0] != '\0') {
            head_add(&head, "grpc-status-details-bin",
                     (const char *)details.data, UNIQUE);
        }
        head_add_metadata(&head, call);
        respond(call, &head);
    }
    qc_buffer_done(&message);
    qc_buffer_done(&details);
    return written;
}

static bool fail_connect(struct qc_call *call,
                         const struct qc_call_error *error)
{
    struct head head = {.n = 0};
    char status[12];

    if (!qc_connect_error_write(&call->output, error)) {
        qc_buffer_clear(&call->output);
        return false;
    }
    snprintf(status, sizeof(status), "%d", qc_status_http(error->status));
    head_add(&head, ":status", status, 0);
    head_add(&head, "content-type", "application/json", STATIC);
    head_add_metadata(&head, call);
    respond(call, &head);
    return true;
}

/* --- what the handler may do ---------------------------------------------- */

static bool answerable(const struct qc_call *call)
{
    return !call->answered && !call->connection->closing;
}

void qc_call_add_metadata(struct qc_call *call,
                          const char *name,
                          const char *value)
{
    struct qc_bytes name_bytes = {(const uint8_t *)name, strlen(name)};
    struct qc_bytes value_bytes = {(const uint8_t *)value, strlen(value)};
    size_t size = qc_buffer_size(&call->metadata.text);

    if (call->metadata.n == METADATA_MAX ||
        value_bytes.size > METADATA_SIZE_MAX ||
        size + name_bytes.size + value_bytes.size > METADATA_SIZE_MAX) {
        return;
    }
    if (!qc_fields_add(&call->metadata, name_bytes, value_bytes)) {
        qc_connection_close(call->connection);
    }
}

void qc_call_fail(struct qc_call *call, const struct qc_call_error *error)
{
    assert(error->status != QC_STATUS_OK);

    if (!answerable(call)) {
        return;
    }
    if (!(call->media->grpc ? fail_grpc(call, error)
                            : fail_connect(call, error))) {
        qc_connection_close(call->connection);
    }
}

/* Something was too much for a moment; the client should try again. */
static void turn_away(struct qc_call *call, const char *why)
{
    qc_call_fail(call, &(struct qc_call_error){
                           .status = QC_STATUS_UNAVAILABLE,
                           .message = why,
                       });
}

void qc_call_answer(struct qc_call *call, struct qc_bytes message)
{
    struct head head = {.n = 0};

    if (!answerable(call)) {
        return;
    }
    if (qc_connection_crowded(call->connection)) {
        qc_connection_count(call->connection, QC_HTTP2_BACKLOG);
        turn_away(call, "too many answers wait to be read");
        return;
    }
    if (!(call->media->grpc
              ? qc_framing_write(&call->output, message)
              : qc_buffer_add(&call->output, message.data, message.size))) {
        turn_away(call, "the node is short of memory");
        return;
    }
    head_add(&head, ":status", "200", STATIC);
    head_add(&head, "content-type", call->media->name, STATIC);
    if (!call->media->grpc) {
        head_add_metadata(&head, call);
    }
    respond(call, &head);
}
