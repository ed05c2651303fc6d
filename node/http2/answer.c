#include "http2/answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "http2/connect.h"
#include "http2/connection.h"
#include "http2/cors.h"
#include "http2/grpc.h"
#include "http2/head.h"
#include "http2/incoming.h"
#include "http2/stream.h"
#include "http2/twin.h"

enum {
    METADATA_MAX = 16,
    METADATA_SIZE_MAX = 4096,
};

static_assert(METADATA_MAX + 16 <= QC_HEAD_MAX, "metadata fits a head");

/* --- to the session ------------------------------------------------------- */

/* What stands behind the last message of a gRPC answer. */
static int add_trailers(nghttp2_session *session, const struct qc_call *call)
{
    struct qc_head head;

    head.n = 0;
    if (call->failure.n > 0) {
        qc_head_add_all(&head, &call->failure);
    } else {
        qc_head_add(&head, "grpc-status", "0", QC_HEAD_STATIC);
    }
    qc_head_add_all(&head, &call->metadata);
    return nghttp2_submit_trailer(session, call->stream_id, head.fields,
                                  head.n);
}

/* Gives nghttp2 the next bytes of the body. */
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
    if (call->queued != NULL) {
        atomic_fetch_sub(call->queued, size);
    }
    if (!call->answered) {
        qc_stream_drained(call);
        return size > 0 ? (ssize_t)size : NGHTTP2_ERR_DEFERRED;
    }
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

bool qc_answer_open(const struct qc_call *call)
{
    return !call->answered && !call->connection->closing;
}

void qc_answer_end(struct qc_call *call)
{
    assert(!call->answered);

    call->answered = true;
    if (call->held) {
        qc_call_count_open(call, -1);
        call->connection->answers_new = true;
    }
}

/* Memory that is short here costs the connection: there is no smaller way to
 * say so. */
void qc_answer_begin(struct qc_call *call,
                     const struct qc_head *head,
                     bool with_body)
{
    struct qc_connection *connection = call->connection;
    nghttp2_data_provider body = {.read_callback = read_output};

    assert(!call->headed);

    call->headed = true;
    if (nghttp2_submit_response(connection->wire.session, call->stream_id,
                                head->fields, head->n,
                                with_body ? &body : NULL) != 0) {
        qc_connection_close(connection);
    }
    qc_connection_touch(connection);
}

void qc_answer_whole(struct qc_call *call, const struct qc_head *head)
{
    size_t size = qc_buffer_size(&call->output);

    qc_connection_wait(call->connection, size);
    qc_answer_end(call);
    qc_answer_begin(call, head, size > 0);
}

void qc_answer_http(struct qc_call *call,
                    const char *status,
                    const char *name,
                    const char *value)
{
    struct qc_head head;

    head.n = 0;
    qc_head_add(&head, ":status", status, QC_HEAD_STATIC);
    qc_head_add(&head, name, value, QC_HEAD_STATIC);
    qc_answer_whole(call, &head);
}

/* --- errors --------------------------------------------------------------- */

/* Trailers-only: the status stands in the one block of headers there is. */
static bool fail_grpc(struct qc_call *call, const struct qc_call_error *error)
{
    struct qc_head head;

    head.n = 0;
    if (!qc_grpc_failure_write(&call->failure, error)) {
        return false;
    }
    qc_head_add(&head, ":status", "200", QC_HEAD_STATIC);
    qc_head_add(&head, "content-type", call->media->name, QC_HEAD_STATIC);
    qc_cors_add(&head, call);
    qc_head_add_all(&head, &call->failure);
    qc_head_add_all(&head, &call->metadata);
    qc_answer_whole(call, &head);
    return true;
}

static bool fail_connect(struct qc_call *call,
                         const struct qc_call_error *error)
{
    struct qc_head head;
    char status[12];

    head.n = 0;
    if (!call->is_head && !qc_connect_error_write(&call->output, error)) {
        qc_buffer_clear(&call->output);
        return false;
    }
    snprintf(status, sizeof(status), "%d", qc_status_http(error->status));
    qc_head_add(&head, ":status", status, QC_HEAD_PLAIN);
    qc_head_add(&head, "content-type", "application/json", QC_HEAD_STATIC);
    qc_cors_add(&head, call);
    qc_head_add_all(&head, &call->metadata);
    qc_answer_whole(call, &head);
    return true;
}

static bool fail(struct qc_call *call, const struct qc_call_error *error)
{
    if (call->headed || call->media->connect_stream) {
        return qc_stream_fail(call, error);
    }
    return call->media->grpc ? fail_grpc(call, error)
                             : fail_connect(call, error);
}

/* --- what the handler may do ---------------------------------------------- */

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
    if (qc_fields_add(&call->metadata, name_bytes, value_bytes)) {
        return;
    }
    if (call->twin != NULL) {
        qc_twin_turn_away(call->twin);
    } else {
        qc_connection_close(call->connection);
    }
}

void qc_call_fail(struct qc_call *call, const struct qc_call_error *error)
{
    assert(error->status != QC_STATUS_OK);

    if (call->twin != NULL) {
        qc_twin_fail(call->twin, error);
        return;
    }
    if (!qc_answer_open(call)) {
        return;
    }
    call->outcome = error->status;
    if (!fail(call, error)) {
        qc_connection_close(call->connection);
    }
}

void qc_answer_turn_away(struct qc_call *call, const char *why)
{
    qc_call_fail(call, &(struct qc_call_error){
                           .status = QC_STATUS_UNAVAILABLE,
                           .message = why,
                       });
}

void qc_call_answer(struct qc_call *call, struct qc_bytes message)
{
    struct qc_head head;

    head.n = 0;
    assert(call->kind == QC_CALL_UNARY || call->kind == QC_CALL_CLIENT_STREAM);

    if (call->twin != NULL) {
        qc_twin_answer(call->twin, message);
        return;
    }
    if (!qc_answer_open(call)) {
        return;
    }
    if (qc_connection_full(call->connection)) {
        qc_connection_count(call->connection, QC_HTTP2_BACKLOG);
        qc_answer_turn_away(call, "too many answers wait to be read");
        return;
    }
    if (!(call->media->grpc
              ? qc_framing_write(&call->output, message)
              : qc_buffer_add(&call->output, message.data, message.size))) {
        qc_answer_turn_away(call, "the node is short of memory");
        return;
    }
    qc_head_add(&head, ":status", "200", QC_HEAD_STATIC);
    qc_head_add(&head, "content-type", call->media->name, QC_HEAD_STATIC);
    qc_cors_add(&head, call);
    if (!call->media->grpc) {
        qc_head_add_all(&head, &call->metadata);
    }
    qc_answer_whole(call, &head);
}
