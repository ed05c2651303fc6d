#include "http2/stream.h"

#include <assert.h>

#include <nghttp2/nghttp2.h>

#include "http2/answer.h"
#include "http2/connect.h"
#include "http2/connection.h"
#include "http2/cors.h"
#include "http2/grpc.h"
#include "http2/head.h"
#include "http2/incoming.h"
#include "http2/twin.h"

enum {
    /* While others fill the room, and so do not tell when there is some. */
    LOOK_EVERY_MS = 100,
};

bool qc_stream_is(const struct qc_call *call)
{
    return call->kind == QC_CALL_SERVER_STREAM ||
           call->kind == QC_CALL_BIDI_STREAM;
}

/* Sends what has been queued since the output had |before| bytes. */
static void speak(struct qc_call *call, size_t before)
{
    struct qc_connection *connection = call->connection;
    struct qc_head head;

    head.n = 0;
    qc_connection_wait(connection, qc_buffer_size(&call->output) - before);
    if (call->headed) {
        /* Refused when the output has not run dry: then it is read anyway. */
        nghttp2_session_resume_data(connection->wire.session, call->stream_id);
        qc_connection_touch(connection);
        return;
    }
    qc_head_add(&head, ":status", "200", QC_HEAD_STATIC);
    qc_head_add(&head, "content-type", call->media->name, QC_HEAD_STATIC);
    qc_cors_add(&head, call);
    qc_answer_begin(call, &head, true);
}

/* --- room ----------------------------------------------------------------- */

static void want_room(struct qc_call *call)
{
    struct qc_connection *connection = call->connection;

    call->wants_room = true;
    if (qc_connection_crowded(connection)) {
        qc_connection_want_room(connection, qc_connection_now_ms(connection) +
                                                LOOK_EVERY_MS);
    }
}

/* Half of it empty, so that the handler is not called for each few bytes. */
static bool has_room(const struct qc_call *call)
{
    return qc_buffer_size(&call->output) <=
           call->connection->core->limits.stream_output_size / 2;
}

void qc_stream_drained(struct qc_call *call)
{
    if (call->wants_room && has_room(call)) {
        qc_connection_want_room(call->connection,
                                qc_connection_now_ms(call->connection));
    }
}

void qc_stream_want_room(struct qc_call *call)
{
    if (qc_answer_open(call)) {
        want_room(call);
        qc_stream_drained(call);
    }
}

void qc_stream_look(struct qc_call *call)
{
    const struct qc_call_handler *handler = &call->connection->core->handler;

    if (!call->wants_room || call->answered || !has_room(call)) {
        return;
    }
    if (qc_connection_crowded(call->connection)) {
        want_room(call);
        return;
    }
    call->wants_room = false;
    if (handler->writable != NULL) {
        handler->writable(handler->ctx, call);
    }
}

void qc_stream_leave(struct qc_call *call)
{
    const struct qc_call_handler *handler = &call->connection->core->handler;

    if (qc_stream_is(call) && call->held && !call->answered &&
        handler->leaving != NULL) {
        handler->leaving(handler->ctx, call);
    }
}

/* --- ends ----------------------------------------------------------------- */

/* Ends in trailers for gRPC, in a frame for Connect: a body that merely ends
 * was cut short. */
bool qc_stream_fail(struct qc_call *call, const struct qc_call_error *error)
{
    size_t before = qc_buffer_size(&call->output);

    if (!(call->media->grpc
              ? qc_grpc_failure_write(&call->failure, error)
              : qc_connect_end_write(&call->output, error, &call->metadata))) {
        return false;
    }
    qc_answer_end(call);
    speak(call, before);
    return true;
}

/* --- what the handler may do ---------------------------------------------- */

bool qc_stream_say(struct qc_call *call, struct qc_bytes message)
{
    size_t before = qc_buffer_size(&call->output);

    if (!qc_framing_write(&call->output, message)) {
        qc_answer_turn_away(call, "the node is short of memory");
        return false;
    }
    speak(call, before);
    return true;
}

bool qc_call_send(struct qc_call *call, struct qc_bytes message)
{
    assert(qc_stream_is(call));

    if (call->twin != NULL) {
        return qc_twin_send(call->twin, message);
    }
    if (!qc_answer_open(call)) {
        return false;
    }
    if (qc_buffer_size(&call->output) >
            call->connection->core->limits.stream_output_size ||
        qc_connection_crowded(call->connection)) {
        want_room(call);
        return false;
    }
    return qc_stream_say(call, message);
}

void qc_call_end(struct qc_call *call)
{
    size_t before = qc_buffer_size(&call->output);

    assert(qc_stream_is(call));

    if (call->twin != NULL) {
        qc_twin_end(call->twin);
        return;
    }
    if (!qc_answer_open(call)) {
        return;
    }
    if (!call->media->grpc &&
        !qc_connect_end_write(&call->output, NULL, &call->metadata)) {
        qc_connection_close(call->connection);
        return;
    }
    qc_answer_end(call);
    speak(call, before);
}
