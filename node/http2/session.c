#include "http2/session.h"

#include "http2/connection.h"
#include "http2/incoming.h"

enum {
    STREAM_WINDOW_SIZE = 1024 * 1024,
    CONNECTION_WINDOW_SIZE = 4 * 1024 * 1024,
};

static struct qc_call *call_of(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

/* The same for what comes many times a call: most of it is of the newest. */
static struct qc_call *newest_or_call_of(const struct qc_connection *connection,
                                         int32_t stream_id)
{
    struct qc_call *begun = connection->begun;

    return begun != NULL && begun->stream_id == stream_id
               ? begun
               : call_of(connection->wire.session, stream_id);
}

/* Whether a frame does nothing for the client: see http2.md, attacks. */
static bool is_noise(const nghttp2_frame_hd *hd)
{
    switch (hd->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_WINDOW_UPDATE:
    case NGHTTP2_RST_STREAM: /* Has a bucket of its own. */
        return false;
    case NGHTTP2_SETTINGS:
        return (hd->flags & NGHTTP2_FLAG_ACK) == 0;
    case NGHTTP2_DATA:
        return hd->length == 0 && (hd->flags & NGHTTP2_FLAG_END_STREAM) == 0;
    default:
        return true;
    }
}

static int on_begin_frame(nghttp2_session *session,
                          const nghttp2_frame_hd *hd,
                          void *user_data)
{
    struct qc_connection *connection = user_data;

    (void)session;
    if (is_noise(hd)) {
        qc_connection_noise(connection);
    }
    return 0;
}

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame,
                            void *user_data)
{
    struct qc_connection *connection = user_data;
    struct qc_call *call;

    /* And not when the frame begins: of a block that is ignored, as trailers
     * for a stream that was reset may be, nobody tells the end. */
    connection->headers_since_ms = qc_connection_now_ms(connection);
    qc_connection_watch(connection, connection->headers_since_ms +
                                        connection->core->limits.headers_ms);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    call = qc_call_new(connection, frame->hd.stream_id);
    if (call == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    connection->begun = call;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
                                                call);
}

/* What is beyond the limits resets the stream: to answer 0 here would have
 * nghttp2 hand out the rest of a bomb too. */
/* NOLINTNEXTLINE(readability-function-size): nghttp2's signature. */
static int on_header(nghttp2_session *session,
                     const nghttp2_frame *frame,
                     const uint8_t *name,
                     size_t name_size,
                     const uint8_t *value,
                     size_t value_size,
                     uint8_t flags,
                     void *user_data)
{
    struct qc_call *call = newest_or_call_of(user_data, frame->hd.stream_id);
    bool trailer = frame->headers.cat != NGHTTP2_HCAT_REQUEST;

    (void)session;
    (void)flags;
    if (call == NULL ||
        !qc_call_header_add(call, (struct qc_bytes){name, name_size},
                            (struct qc_bytes){value, value_size}, trailer)) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return 0;
}

static int on_data_chunk(nghttp2_session *session,
                         uint8_t flags,
                         int32_t stream_id,
                         const uint8_t *data,
                         size_t size,
                         void *user_data)
{
    struct qc_call *call = newest_or_call_of(user_data, stream_id);

    (void)session;
    (void)flags;
    if (call != NULL) {
        qc_call_body(call, (struct qc_bytes){data, size});
    }
    return 0;
}

static int on_frame_recv(nghttp2_session *session,
                         const nghttp2_frame *frame,
                         void *user_data)
{
    struct qc_connection *connection = user_data;
    struct qc_call *call = newest_or_call_of(connection, frame->hd.stream_id);

    (void)session;
    if (frame->hd.type == NGHTTP2_SETTINGS) {
        connection->settled = true;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        qc_connection_reset(connection);
        if (call != NULL) {
            call->taken_back = true;
        }
    }
    if (frame->hd.type == NGHTTP2_HEADERS) {
        connection->headers_since_ms = -1;
        if (call != NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            qc_call_open(call);
        }
    }
    if (call != NULL &&
        (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        qc_call_body_end(call);
    }
    return 0;
}

static int on_invalid_frame(nghttp2_session *session,
                            const nghttp2_frame *frame,
                            int error,
                            void *user_data)
{
    struct qc_connection *connection = user_data;

    (void)session;
    (void)frame;
    (void)error;
    connection->headers_since_ms = -1;
    qc_connection_count(connection, QC_HTTP2_FRAMES_REFUSED);
    return 0;
}

static int on_frame_send(nghttp2_session *session,
                         const nghttp2_frame *frame,
                         void *user_data)
{
    struct qc_call *call = call_of(session, frame->hd.stream_id);

    (void)user_data;
    if (call != NULL &&
        (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        qc_call_left(call);
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session,
                           int32_t stream_id,
                           uint32_t error_code,
                           void *user_data)
{
    struct qc_connection *connection = user_data;
    struct qc_call *call = call_of(session, stream_id);

    if (error_code == NGHTTP2_NO_ERROR) {
        qc_noise_give(&connection->noise,
                      connection->core->limits.noise_per_good_stream);
    } else {
        connection->headers_since_ms = -1;
        if (call == NULL || !call->taken_back) {
            qc_connection_noise(connection);
        }
    }
    if (call != NULL) {
        qc_connection_end_call(connection, call);
    }
    return 0;
}

nghttp2_session_callbacks *qc_session_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks,
                                                          on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         on_frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
                                                         on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           on_stream_close);
    return callbacks;
}

nghttp2_option *qc_session_option(const struct qc_http2_limits *limits)
{
    nghttp2_option *option;

    if (nghttp2_option_new(&option) != 0) {
        return NULL;
    }
    /* What is said on a closed stream is told from what is said on one that
     * never was: it costs nothing that could be measured. */
    nghttp2_option_set_no_closed_streams(option, 0);
    nghttp2_option_set_max_outbound_ack(option, limits->acks);
    /* Resets are counted here: nghttp2 still serves the rest of what it was
     * given when it has had enough, which may be as many calls again. */
    nghttp2_option_set_stream_reset_rate_limit(option, UINT32_MAX, UINT32_MAX);
    nghttp2_option_set_max_continuations(option, limits->continuations);
    return option;
}

bool qc_session_open(struct qc_connection *connection)
{
    struct qc_server_core *core = connection->core;
    nghttp2_mem mem = qc_slab_mem(&core->slab);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
         core->limits.concurrent_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_SIZE},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, core->limits.header_size},
    };
    nghttp2_session **session = &connection->wire.session;

    return nghttp2_session_server_new3(session, core->callbacks, connection,
                                       core->option, &mem) == 0 &&
           nghttp2_submit_settings(*session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof(settings) / sizeof(settings[0])) ==
               0 &&
           nghttp2_session_set_local_window_size(*session, NGHTTP2_FLAG_NONE, 0,
                                                 CONNECTION_WINDOW_SIZE) == 0;
}
