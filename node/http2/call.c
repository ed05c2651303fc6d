#include "http2/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "http2/connection.h"
#include "http2/gate.h"
#include "http2/incoming.h"
#include "http2/stream.h"
#include "http2/twin.h"

enum {
    HEADER_OVERHEAD = 32, /* RFC 9113, 6.5.2: MAX_HEADER_LIST_SIZE. */
    DISCARD_MAX = 64 * 1024,
    LINGER_MS = 5000,
    NS_PER_US = 1000,
    LINGER_LOUD_MS = 200, /* Of a client that has sent DISCARD_MAX since. */
};

/*
 * An answer may leave before the request has come in full. A client that finds
 * a reset right behind the answer may drop the answer too, so for a while the
 * rest is read and thrown away; for a short while if there is much of it.
 */
static int64_t stop_due_ms(const struct qc_call *call)
{
    if (call->ended || call->stopped || call->left_ms == INT64_MAX) {
        return INT64_MAX;
    }
    return call->left_ms +
           (call->discarded > DISCARD_MAX ? LINGER_LOUD_MS : LINGER_MS);
}

static void stop_client(struct qc_call *call)
{
    call->stopped = true;
    nghttp2_submit_rst_stream(call->connection->wire.session, NGHTTP2_FLAG_NONE,
                              call->stream_id, NGHTTP2_NO_ERROR);
    qc_connection_touch(call->connection);
}

/* --- life ----------------------------------------------------------------- */

/* The buffers that most calls fill are kept with a call that is. */
static void renew(struct qc_call *call)
{
    struct qc_buffer headers = call->headers.text;
    struct qc_buffer metadata = call->metadata.text;
    struct qc_buffer body = call->framing.body;
    struct qc_buffer output = call->output;

    *call = (struct qc_call){
        .headers.text = headers,
        .metadata.text = metadata,
        .framing.body = body,
        .output = output,
    };
}

/* All zero, but for memory. NULL when it is short. */
static struct qc_call *blank_call(struct qc_spare_calls *spares)
{
    struct qc_call *call = LIST_FIRST(&spares->list);

    if (call == NULL) {
        return calloc(1, sizeof(*call));
    }
    LIST_REMOVE(call, of_connection);
    spares->n--;
    renew(call);
    return call;
}

static void free_call(struct qc_call *call)
{
    qc_framing_done(&call->framing);
    qc_buffer_done(&call->output);
    qc_buffer_done(&call->metadata.text);
    qc_buffer_done(&call->headers.text);
    free(call);
}

static void keep_or_free(struct qc_spare_calls *spares, struct qc_call *call)
{
    if (spares->n + 1 > QC_CALLS_KEPT_MAX) {
        free_call(call);
        return;
    }
    qc_buffer_rest(&call->output);
    qc_buffer_rest(&call->metadata.text);
    qc_buffer_rest(&call->headers.text);
    LIST_INSERT_HEAD(&spares->list, call, of_connection);
    spares->n++;
}

void qc_spare_calls_done(struct qc_spare_calls *spares)
{
    while (!LIST_EMPTY(&spares->list)) {
        struct qc_call *call = LIST_FIRST(&spares->list);

        LIST_REMOVE(call, of_connection);
        free_call(call);
    }
    spares->n = 0;
}

struct qc_call *qc_call_new(struct qc_connection *connection, int32_t stream_id)
{
    struct qc_call *call = blank_call(&connection->core->spares);

    if (call == NULL) {
        return NULL;
    }
    call->connection = connection;
    call->stream_id = stream_id;
    call->deadline_ms = INT64_MAX;
    call->left_ms = INT64_MAX;
    call->media = qc_media_default;
    call->path = "";
    LIST_INSERT_HEAD(&connection->calls, call, of_connection);
    connection->n_calls++;
    return call;
}

void qc_call_count_open(struct qc_call *call, int by)
{
    struct qc_server_core *core = call->connection->core;
    bool streams = call->kind == QC_CALL_CLIENT_STREAM || qc_stream_is(call);

    qc_tally_add(&core->gauges[QC_HTTP2_OPEN_CALLS], (uint64_t)by);
    if (streams) {
        qc_tally_add(&core->gauges[QC_HTTP2_OPEN_STREAMS], (uint64_t)by);
    }
}

void qc_call_let_go(struct qc_call *call)
{
    struct qc_server_core *core = call->connection->core;

    if (!call->held) {
        return;
    }
    call->held = false;
    if (!call->answered) {
        qc_call_count_open(call, -1);
    }
    core->handler.close(core->handler.ctx, call);
}

/* What has come of the request counts as waiting until it is handled. */
static void gather(struct qc_call *call)
{
    struct qc_connection *connection = call->connection;
    uint64_t more = qc_buffer_size(&call->framing.body) - call->gathered;

    qc_tally_add(&connection->core->gauges[QC_HTTP2_WAITING_BYTES], more);
    connection->gathered += more;
    call->gathered += more;
}

static void drop_request(struct qc_call *call)
{
    qc_buffer_rest(&call->framing.body);
    gather(call);
}

void qc_call_free(struct qc_call *call)
{
    struct qc_connection *connection = call->connection;

    qc_call_let_go(call);
    LIST_REMOVE(call, of_connection);
    connection->n_calls--;
    if (call->kind == QC_CALL_CLIENT_STREAM) {
        connection->n_client_streams--;
    }
    qc_connection_unwait(connection, qc_buffer_size(&call->output));
    drop_request(call);
    qc_buffer_done(&call->failure.text);
    keep_or_free(&connection->core->spares, call);
}

/* --- headers -------------------------------------------------------------- */

bool qc_call_header_add(struct qc_call *call,
                        struct qc_bytes name,
                        struct qc_bytes value,
                        bool trailer)
{
    const struct qc_http2_limits *limits = &call->connection->core->limits;

    call->listed_size += name.size + value.size + HEADER_OVERHEAD;
    call->n_listed++;
    if (call->listed_size > limits->header_size ||
        call->n_listed > limits->headers) {
        qc_connection_count(call->connection, QC_HTTP2_HEADERS_TOO_BIG);
        return false;
    }
    return trailer || qc_fields_add(&call->headers, name, value);
}

/* --- begin and end -------------------------------------------------------- */

void qc_call_cut(struct qc_call *call, enum qc_status status, const char *why)
{
    qc_call_fail(call, &(struct qc_call_error){
                           .status = status,
                           .message = why,
                       });
    drop_request(call);
    qc_call_let_go(call);
}

void qc_call_open(struct qc_call *call)
{
    struct qc_connection *connection = call->connection;
    struct qc_server_core *core = connection->core;
    const char *path = qc_call_header(call, ":path");

    call->path = path != NULL ? path : "";
    call->body_ms = qc_connection_now_ms(connection);
    if (!qc_gate_admit(call)) {
        return;
    }
    qc_connection_watch(connection,
                        call->body_ms + core->limits.write_stall_ms);
    qc_connection_count(connection, QC_HTTP2_CALLS);
    call->held = true;
    call->begun_us = uv_hrtime() / NS_PER_US;
    qc_call_count_open(call, 1);
    core->handler.begin(core->handler.ctx, call);
}

/* --- body ----------------------------------------------------------------- */

static void discard(struct qc_call *call, size_t size)
{
    call->discarded += size;
    qc_connection_watch(call->connection, stop_due_ms(call));
}

static void end_too_big(struct qc_call *call)
{
    qc_connection_count(call->connection, QC_HTTP2_MESSAGE_TOO_BIG);
    qc_call_cut(call, QC_STATUS_RESOURCE_EXHAUSTED, "the message is too big");
}

/* Whether the client says all it has to say in one message, which is handed on
 * once it is known that there are no more. */
static bool says_one(const struct qc_call *call)
{
    return call->kind == QC_CALL_UNARY || call->kind == QC_CALL_SERVER_STREAM;
}

static bool has_body(const struct qc_call *call)
{
    return call->kind != QC_CALL_PAGE && call->kind != QC_CALL_PREFLIGHT;
}

static bool is_framed(const struct qc_call *call)
{
    return call->media->grpc || call->media->connect_stream;
}

/* A message that is whole. */
static void take_message(struct qc_call *call, struct qc_bytes message)
{
    struct qc_server_core *core = call->connection->core;

    if (says_one(call)) {
        call->has_message = true;
        return;
    }
    core->handler.message(core->handler.ctx, call, message);
}

static void take_framed(struct qc_call *call, struct qc_bytes bytes)
{
    uint32_t size_max = call->connection->core->limits.message_size;
    struct qc_bytes message;

    while (!call->answered && !call->connection->closing) {
        if (call->has_message) {
            if (bytes.size > 0) {
                qc_call_cut(call, QC_STATUS_INTERNAL,
                            "the request has but one message");
            }
            return;
        }
        switch (qc_framing_next(&call->framing, &bytes, size_max, &message)) {
        case QC_FRAMING_MORE:
            return;
        case QC_FRAMING_MESSAGE:
            take_message(call, message);
            break;
        case QC_FRAMING_TOO_BIG:
            end_too_big(call);
            break;
        case QC_FRAMING_COMPRESSED:
            qc_call_cut(call, QC_STATUS_INTERNAL,
                        "a message is compressed, or has other flags");
            break;
        case QC_FRAMING_NOMEM:
        default:
            qc_call_cut(call, QC_STATUS_RESOURCE_EXHAUSTED,
                        "the node is short of memory");
            break;
        }
    }
}

static void take_bare(struct qc_call *call, struct qc_bytes bytes)
{
    struct qc_buffer *body = &call->framing.body;

    if (qc_buffer_size(body) + bytes.size >
        call->connection->core->limits.message_size) {
        end_too_big(call);
    } else if (!qc_buffer_add(body, bytes.data, bytes.size)) {
        qc_call_cut(call, QC_STATUS_RESOURCE_EXHAUSTED,
                    "the node is short of memory");
    }
}

static bool too_much_waits(const struct qc_connection *connection)
{
    struct qc_server_core *core = connection->core;

    return connection->gathered > core->limits.input_size ||
           qc_core_waiting(core) > core->limits.output_total_size;
}

void qc_call_body(struct qc_call *call, struct qc_bytes bytes)
{
    call->body_ms = qc_connection_now_ms(call->connection);
    if (call->answered || !has_body(call)) {
        discard(call, bytes.size);
        return;
    }
    if (is_framed(call)) {
        take_framed(call, bytes);
    } else {
        take_bare(call, bytes);
    }
    gather(call);
    if (!call->answered && call->kind != QC_CALL_CLIENT_STREAM &&
        too_much_waits(call->connection)) {
        qc_connection_count(call->connection, QC_HTTP2_BACKLOG);
        qc_call_cut(call, QC_STATUS_UNAVAILABLE, "too many requests wait");
    }
}

static void end_late(struct qc_call *call)
{
    qc_connection_count(call->connection, QC_HTTP2_DEADLINE);
    qc_call_cut(call, QC_STATUS_DEADLINE_EXCEEDED, "the deadline has passed");
}

static void end_one(struct qc_call *call)
{
    struct qc_server_core *core = call->connection->core;

    if (is_framed(call) && !call->has_message) {
        qc_call_cut(call, QC_STATUS_INTERNAL, "the request has no message");
    } else if (qc_call_remaining_ms(call) == 0) {
        end_late(call);
    } else {
        core->handler.message(core->handler.ctx, call,
                              qc_buffer_bytes(&call->framing.body));
        drop_request(call);
        if (call->answered) {
            qc_call_let_go(call);
        }
    }
}

void qc_call_body_end(struct qc_call *call)
{
    struct qc_server_core *core = call->connection->core;

    call->ended = true;
    if (call->answered || !has_body(call) || call->connection->closing) {
        return;
    }
    if (is_framed(call) && qc_framing_inside(&call->framing)) {
        qc_call_cut(call, QC_STATUS_INTERNAL, "the last message is cut short");
    } else if (says_one(call)) {
        end_one(call);
    } else {
        core->handler.end(core->handler.ctx, call);
    }
}

/* --- what becomes due ----------------------------------------------------- */

void qc_call_left(struct qc_call *call)
{
    call->left_ms = qc_connection_now_ms(call->connection);
    qc_connection_watch(call->connection, stop_due_ms(call));
}

/* When a request that does not come is given up. */
static int64_t body_due_ms(const struct qc_call *call)
{
    return call->ended || !says_one(call)
               ? INT64_MAX
               : call->body_ms + call->connection->core->limits.write_stall_ms;
}

int64_t qc_call_due_ms(const struct qc_call *call)
{
    int64_t body_ms;

    if (call->answered) {
        return stop_due_ms(call);
    }
    body_ms = body_due_ms(call);
    return body_ms < call->deadline_ms ? body_ms : call->deadline_ms;
}

void qc_call_due(struct qc_call *call)
{
    int64_t now_ms = qc_connection_now_ms(call->connection);

    if (qc_call_due_ms(call) > now_ms) {
        return;
    }
    if (call->answered) {
        stop_client(call);
    } else if (call->held) {
        end_late(call);
    }
}

/* --- what the handler may ask --------------------------------------------- */

const char *qc_call_path(const struct qc_call *call)
{
    return call->path;
}

enum qc_call_kind qc_call_kind(const struct qc_call *call)
{
    return call->kind;
}

enum qc_status qc_call_outcome(const struct qc_call *call)
{
    return call->answered ? call->outcome : QC_STATUS_CANCELLED;
}

uint64_t qc_call_age_us(const struct qc_call *call)
{
    return uv_hrtime() / NS_PER_US - call->begun_us;
}

enum qc_call_form qc_call_form(const struct qc_call *call)
{
    return call->media->form;
}

const char *qc_call_header(const struct qc_call *call, const char *name)
{
    return qc_fields_find(&call->headers, name);
}

int64_t qc_call_remaining_ms(const struct qc_call *call)
{
    int64_t now_ms;

    if (call->deadline_ms == INT64_MAX) {
        return INT64_MAX;
    }
    now_ms = call->twin != NULL ? qc_twin_now_ms(call->twin)
                                : qc_connection_now_ms(call->connection);
    return call->deadline_ms > now_ms ? call->deadline_ms - now_ms : 0;
}

bool qc_call_from_loopback(const struct qc_call *call)
{
    return call->connection->address.loopback;
}

const char *qc_call_address(const struct qc_call *call)
{
    return call->connection->address.text;
}

struct qc_bytes qc_call_network(const struct qc_call *call)
{
    const struct qc_peer_address *address = &call->connection->address;

    return (struct qc_bytes){address->network, sizeof(address->network)};
}

bool qc_call_is_exempt(const struct qc_call *call)
{
    return qc_http2_limits_are_exempt(&call->connection->core->limits,
                                      &call->connection->address);
}

enum qc_call_trust qc_call_trust(const struct qc_call *call)
{
    return qc_wire_trust(&call->connection->wire);
}

const char *qc_call_identity(const struct qc_call *call)
{
    return qc_wire_identity(&call->connection->wire);
}

bool qc_call_is_secure(const struct qc_call *call)
{
    return qc_wire_is_secure(&call->connection->wire);
}

void qc_call_set_data(struct qc_call *call, void *data)
{
    call->data = data;
}

void *qc_call_data(const struct qc_call *call)
{
    return call->data;
}
