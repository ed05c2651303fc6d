#include "http2/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http2/api_loop.h"
#include "http2/incoming.h"
#include "http2/session.h"
#include "http2/share.h"
#include "http2/stream.h"
#include "http2/tls_cipher.h"

enum {
    /* A round trip, in which calls that were under way to us arrive. */
    FAREWELL_MS = 300,
    /* In which the last words to those whose calls were ended leave. */
    CUT_MS = 1000,
    MAGIC_SIZE = 4,
    /* Of messages to a handler on another loop, as many as one read may bring:
     * what comes behind has to wait where flow control sees it. */
    AHEAD_MAX = 64 * 1024,
};

static const char MAGIC[MAGIC_SIZE] = {'P', 'R', 'I', ' '};

static const char NOT_HTTP2[] =
    "HTTP/1.1 505 HTTP Version Not Supported\r\n"
    "content-type: text/plain\r\n"
    "content-length: 68\r\n"
    "connection: close\r\n"
    "\r\n"
    "this port speaks HTTP/2; health and metrics are on 7402 (HTTP/1.1)\r\n";

/* --- counting ------------------------------------------------------------- */

int64_t qc_connection_now_ms(const struct qc_connection *connection)
{
    return (int64_t)uv_now(connection->core->loop);
}

void qc_connection_count(struct qc_connection *connection,
                         enum qc_http2_counter counter)
{
    qc_tally_add(&connection->core->counts[counter], 1);
}

uint64_t qc_core_waiting(struct qc_server_core *core)
{
    uint64_t here = qc_tally_get(&core->gauges[QC_HTTP2_WAITING_BYTES]);
    int64_t now_ms;

    if (core->loops == NULL) {
        return here;
    }
    now_ms = (int64_t)uv_now(core->loop);
    if (core->elsewhere_ms != now_ms) {
        core->elsewhere = qc_api_loops_waiting(core->loops) - here;
        core->elsewhere_ms = now_ms;
    }
    return here + core->elsewhere;
}

uint64_t qc_connection_waiting(const struct qc_connection *connection)
{
    /* In this order: what is heard was said before. */
    uint64_t heard = qc_tally_get(&connection->heard);

    return qc_tally_get(&connection->said) - heard +
           qc_tally_get(&connection->waiting);
}

static bool is_too_much(const struct qc_connection *connection, uint64_t size)
{
    struct qc_server_core *core = connection->core;

    return size > core->limits.output_size ||
           qc_core_waiting(core) > core->limits.output_total_size;
}

bool qc_connection_crowded(const struct qc_connection *connection)
{
    return is_too_much(connection, qc_connection_waiting(connection));
}

bool qc_connection_full(const struct qc_connection *connection)
{
    return is_too_much(connection, qc_tally_get(&connection->waiting));
}

static uint64_t ahead(const struct qc_connection *connection)
{
    return qc_tally_get(&connection->sent) - qc_tally_get(&connection->handled);
}

bool qc_connection_runs_ahead(const struct qc_connection *connection)
{
    return ahead(connection) > AHEAD_MAX / 2;
}

/* Output has moved, or has begun to wait. */
static void progress(struct qc_connection *connection)
{
    connection->progress_ms = qc_connection_now_ms(connection);
    qc_connection_watch(connection,
                        connection->progress_ms +
                            connection->core->limits.write_stall_ms);
}

void qc_connection_wait(struct qc_connection *connection, size_t size)
{
    if (size > 0 && qc_tally_get(&connection->waiting) == 0) {
        progress(connection);
    }
    qc_tally_add(&connection->waiting, size);
    qc_tally_add(&connection->core->gauges[QC_HTTP2_WAITING_BYTES], size);
}

void qc_connection_unwait(struct qc_connection *connection, size_t size)
{
    assert(size <= qc_tally_get(&connection->waiting));

    if (size > 0) {
        progress(connection);
    }
    qc_tally_add(&connection->waiting, -(uint64_t)size);
    qc_tally_add(&connection->core->gauges[QC_HTTP2_WAITING_BYTES],
                 -(uint64_t)size);
}

void qc_connection_want_room(struct qc_connection *connection, int64_t due_ms)
{
    if (due_ms < connection->room_due_ms) {
        connection->room_due_ms = due_ms;
        qc_connection_watch(connection, due_ms);
    }
}

/* --- life ----------------------------------------------------------------- */

/* Who holds a twin may ask who is at the other end. */
static void end_unless_held(struct qc_connection *connection)
{
    struct qc_server_core *core = connection->core;

    if (connection->n_handles > 0 || connection->n_twins > 0) {
        return;
    }
    qc_buffer_done(&connection->kept);
    nghttp2_session_del(connection->wire.session);
    qc_wire_done(&connection->wire);
    LIST_REMOVE(connection, of_core);
    core->gone(core->ctx, connection);
}

void qc_connection_twin_gone(struct qc_connection *connection)
{
    assert(connection->n_twins > 0);

    connection->n_twins--;
    end_unless_held(connection);
}

static void handle_closed(uv_handle_t *handle)
{
    struct qc_connection *connection =
        handle->type == UV_TIMER ? handle->data
                                 : ((struct qc_wire *)handle->data)->owner;

    if (--connection->n_handles > 0) {
        return;
    }
    /* nghttp2_session_del() does not tell of the streams it closes. */
    while (!LIST_EMPTY(&connection->calls)) {
        qc_call_free(LIST_FIRST(&connection->calls));
    }
    end_unless_held(connection);
}

/* Everything is freed when the loop has let go of the handles, and so never
 * under the feet of a callback of the session that wants the end. */
void qc_connection_close(struct qc_connection *connection)
{
    if (connection->closing) {
        return;
    }
    connection->closing = true;
    if (connection->dirty) {
        connection->dirty = false;
        LIST_REMOVE(connection, of_dirty);
    }
    qc_wire_close(&connection->wire, handle_closed);
    uv_close((uv_handle_t *)&connection->timer, handle_closed);
}

void qc_connection_touch(struct qc_connection *connection)
{
    if (!connection->dirty && !connection->closing) {
        connection->dirty = true;
        LIST_INSERT_HEAD(&connection->core->dirty, connection, of_dirty);
    }
}

void qc_connection_end_call(struct qc_connection *connection,
                            struct qc_call *call)
{
    bool was_stream = call->kind == QC_CALL_CLIENT_STREAM;

    if (connection->begun == call) {
        connection->begun = NULL;
    }
    qc_call_free(call);
    if (connection->n_calls == 0) {
        connection->idle_since_ms = qc_connection_now_ms(connection);
        qc_connection_watch(connection, connection->idle_since_ms +
                                            connection->core->limits.idle_ms);
    }
    if (was_stream) {
        /* What it was exempt from may be due. */
        qc_connection_watch(connection, qc_connection_now_ms(connection));
    }
}

/* Says GOAWAY; the connection closes once that has left. */
static void terminate(struct qc_connection *connection, uint32_t error_code)
{
    if (nghttp2_session_terminate_session(connection->wire.session,
                                          error_code) != 0) {
        qc_connection_close(connection);
    }
    connection->leaving = QC_LEAVING_SAID;
    connection->leaving_since_ms = qc_connection_now_ms(connection);
    qc_connection_touch(connection);
}

static void take_token(struct qc_connection *connection,
                       struct qc_noise *bucket,
                       enum qc_http2_counter counter)
{
    if (!qc_noise_take(bucket, qc_connection_now_ms(connection)) &&
        !connection->calmed) {
        connection->calmed = true;
        qc_connection_count(connection, counter);
        terminate(connection, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

void qc_connection_noise(struct qc_connection *connection)
{
    take_token(connection, &connection->noise, QC_HTTP2_NOISY);
}

void qc_connection_reset(struct qc_connection *connection)
{
    take_token(connection, &connection->resets, QC_HTTP2_RESETS);
}

void qc_connection_leave(struct qc_connection *connection)
{
    if (!connection->settled) {
        qc_connection_close(connection);
        return;
    }
    if (connection->leaving != QC_LEAVING_NOT) {
        return;
    }
    connection->leaving = QC_LEAVING_ASKED;
    connection->leaving_since_ms = qc_connection_now_ms(connection);
    if (nghttp2_submit_shutdown_notice(connection->wire.session) != 0) {
        qc_connection_close(connection);
    }
    qc_connection_watch(connection, connection->leaving_since_ms + FAREWELL_MS);
    qc_connection_touch(connection);
}

/* --- what becomes due ----------------------------------------------------- */

static int64_t preface_due(const struct qc_connection *connection)
{
    return connection->settled
               ? INT64_MAX
               : connection->opened_ms + connection->core->limits.preface_ms;
}

static void preface_late(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_PREFACE_LATE);
    qc_connection_close(connection);
}

static int64_t headers_due(const struct qc_connection *connection)
{
    return connection->headers_since_ms < 0
               ? INT64_MAX
               : connection->headers_since_ms +
                     connection->core->limits.headers_ms;
}

static void headers_late(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_HEADERS_LATE);
    qc_connection_close(connection);
}

static int64_t stall_due(const struct qc_connection *connection)
{
    return qc_tally_get(&connection->waiting) == 0 &&
                   !qc_wire_full(&connection->wire)
               ? INT64_MAX
               : connection->progress_ms +
                     connection->core->limits.write_stall_ms;
}

static void stalled(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_STALLED);
    qc_connection_close(connection);
}

static int64_t idle_due(const struct qc_connection *connection)
{
    return connection->n_calls > 0 || connection->leaving != QC_LEAVING_NOT
               ? INT64_MAX
               : connection->idle_since_ms + connection->core->limits.idle_ms;
}

static void idle(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_IDLE);
    terminate(connection, NGHTTP2_NO_ERROR);
}

static int64_t age_due(const struct qc_connection *connection)
{
    return connection->n_client_streams > 0 ||
                   connection->leaving != QC_LEAVING_NOT
               ? INT64_MAX
               : connection->age_due_ms;
}

static void aged(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_AGED);
    qc_connection_leave(connection);
}

static int64_t farewell_due(const struct qc_connection *connection)
{
    return connection->leaving == QC_LEAVING_ASKED
               ? connection->leaving_since_ms + FAREWELL_MS
               : INT64_MAX;
}

/* Streams are told now: a client that comes again at once goes elsewhere. */
static void farewell(struct qc_connection *connection)
{
    nghttp2_session *session = connection->wire.session;
    struct qc_call *call;

    connection->leaving = QC_LEAVING_SAID;
    if (nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session),
                              NGHTTP2_NO_ERROR, NULL, 0) != 0) {
        qc_connection_close(connection);
    }
    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        qc_stream_leave(call);
    }
}

static int64_t grace_due(const struct qc_connection *connection)
{
    return connection->leaving == QC_LEAVING_NOT ||
                   connection->leaving == QC_LEAVING_CUT ||
                   connection->n_client_streams > 0
               ? INT64_MAX
               : connection->leaving_since_ms +
                     connection->core->limits.age_grace_ms;
}

/* Nobody is to take the end of the connection for that of an answer. */
static void cut(struct qc_connection *connection)
{
    struct qc_call *call;

    if (connection->leaving == QC_LEAVING_ASKED) {
        farewell(connection);
    }
    connection->leaving = QC_LEAVING_CUT;
    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        if (call->held && !call->answered) {
            qc_connection_count(connection, QC_HTTP2_CUT);
            qc_call_cut(call, QC_STATUS_UNAVAILABLE,
                        "the node ends this connection");
        }
    }
}

static int64_t cut_due(const struct qc_connection *connection)
{
    return connection->leaving == QC_LEAVING_CUT
               ? connection->leaving_since_ms +
                     connection->core->limits.age_grace_ms + CUT_MS
               : INT64_MAX;
}

static int64_t room_due(const struct qc_connection *connection)
{
    return connection->room_due_ms;
}

static void room_look(struct qc_connection *connection)
{
    struct qc_call *call;

    connection->room_due_ms = INT64_MAX;
    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        qc_stream_look(call);
    }
}

static int64_t kept_due(const struct qc_connection *connection)
{
    return connection->kept_due ? 0 : INT64_MAX;
}

static void take_kept(struct qc_connection *connection);

static int64_t calls_due(const struct qc_connection *connection)
{
    const struct qc_call *call;
    int64_t due_ms = INT64_MAX;

    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        int64_t call_ms = qc_call_due_ms(call);

        due_ms = call_ms < due_ms ? call_ms : due_ms;
    }
    return due_ms;
}

static void calls_look(struct qc_connection *connection)
{
    struct qc_call *call;

    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        qc_call_due(call);
    }
}

/* What is done when leaves nothing due at the same time, or closes; what is due
 * then stands below. */
static const struct {
    int64_t (*due)(const struct qc_connection *connection);
    void (*act)(struct qc_connection *connection);
} CLOCKS[] = {
    {preface_due, preface_late},
    {headers_due, headers_late},
    {stall_due, stalled},
    {farewell_due, farewell},
    {grace_due, cut},
    {cut_due, qc_connection_close},
    {room_due, room_look},
    {idle_due, idle},
    {age_due, aged},
    {kept_due, take_kept},
    {calls_due, calls_look},
};

static void look(uv_timer_t *timer)
{
    struct qc_connection *connection = timer->data;
    int64_t now_ms = qc_connection_now_ms(connection);
    int64_t next_ms = INT64_MAX;

    connection->timer_ms = INT64_MAX;
    qc_connection_touch(connection);
    for (size_t i = 0; i < sizeof(CLOCKS) / sizeof(CLOCKS[0]); i++) {
        int64_t due_ms;

        if (CLOCKS[i].due(connection) <= now_ms && !connection->closing) {
            CLOCKS[i].act(connection);
        }
        due_ms = CLOCKS[i].due(connection);
        next_ms = due_ms < next_ms ? due_ms : next_ms;
    }
    if (next_ms != INT64_MAX) {
        qc_connection_watch(connection, next_ms);
    }
}

void qc_connection_watch(struct qc_connection *connection, int64_t due_ms)
{
    int64_t now_ms = qc_connection_now_ms(connection);

    if (due_ms >= connection->timer_ms || connection->closing) {
        return;
    }
    connection->timer_ms = due_ms;
    uv_timer_start(&connection->timer, look,
                   due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0, 0);
}

/* --- reading -------------------------------------------------------------- */

/* Whether |bytes| may begin, or go on with, the magic of HTTP/2. */
static bool speaks_http2(struct qc_connection *connection,
                         struct qc_bytes bytes)
{
    for (size_t i = 0; i < bytes.size && connection->n_magic < MAGIC_SIZE;
         i++) {
        if (bytes.data[i] != (uint8_t)MAGIC[connection->n_magic]) {
            return false;
        }
        connection->n_magic++;
    }
    return true;
}

/* One fixed reply for HTTP/1.1 and TLS; whether it arrives is their matter. */
static void reply_not_http2(struct qc_connection *connection)
{
    qc_connection_count(connection, QC_HTTP2_NOT_HTTP2);
    qc_wire_say(&connection->wire, (struct qc_bytes){(const uint8_t *)NOT_HTTP2,
                                                     sizeof(NOT_HTTP2) - 1});
    qc_connection_close(connection);
}

/* The client sends nothing more. What it has asked in full is answered, but a
 * stream goes to nobody: it may have no end, and is all there is to see of a
 * client that has died. */
static void half_close(struct qc_connection *connection)
{
    const struct qc_call *call;

    if (!connection->settled) {
        qc_connection_close(connection);
        return;
    }
    connection->ended = true;
    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        if (!call->ended || (qc_stream_is(call) && !call->answered)) {
            nghttp2_submit_rst_stream(connection->wire.session,
                                      NGHTTP2_FLAG_NONE, call->stream_id,
                                      NGHTTP2_CANCEL);
        }
    }
    qc_connection_touch(connection);
}

static void on_read(void *owner, struct qc_bytes bytes, int error)
{
    struct qc_connection *connection = owner;

    if (connection->broken) {
        return;
    }
    if (qc_share_is_due(connection)) {
        connection->kept_error = error;
        qc_share_take(connection, bytes);
        return;
    }
    if (error == UV_EOF) {
        half_close(connection);
        return;
    }
    if (error != 0) {
        qc_connection_close(connection);
        return;
    }
    if (connection->calmed) {
        return;
    }
    if (!speaks_http2(connection, bytes)) {
        reply_not_http2(connection);
        return;
    }
    qc_share_take(connection, bytes);
    qc_connection_touch(connection);
}

static void take_kept(struct qc_connection *connection)
{
    int error = connection->kept_error;

    connection->kept_due = false;
    qc_share_go_on(connection);
    if (error != 0 && !connection->closing && !qc_share_is_due(connection)) {
        connection->kept_error = 0;
        on_read(connection, (struct qc_bytes){NULL, 0}, error);
    }
}

/* --- writing -------------------------------------------------------------- */

static void on_written(void *owner, int error)
{
    struct qc_connection *connection = owner;

    if (connection->closing) {
        return;
    }
    if (error != 0) {
        qc_connection_close(connection);
        return;
    }
    progress(connection);
    qc_connection_touch(connection);
}

static void on_held_back(void *owner)
{
    qc_connection_touch(owner);
}

/* The client speaks first: what it has to be told waits for that. */
static const struct qc_wire_events EVENTS = {on_read, on_written, NULL,
                                             on_held_back};

/* Nothing but close() follows an answer: let the handler have its memory back
 * now, and not when a slow client has read. */
static void let_go_of_answered(struct qc_connection *connection)
{
    struct qc_call *call;

    if (!connection->answers_new) {
        return;
    }
    connection->answers_new = false;
    LIST_FOREACH(call, &connection->calls, of_connection)
    {
        if (call->answered) {
            qc_call_let_go(call);
        }
    }
}

/* Whether there is nothing left to do for it. */
static bool is_over(const struct qc_connection *connection)
{
    nghttp2_session *session = connection->wire.session;

    if (qc_wire_full(&connection->wire)) {
        return false;
    }
    return connection->broken ||
           (!nghttp2_session_want_read(session) &&
            !nghttp2_session_want_write(session)) ||
           (connection->ended && connection->n_calls == 0);
}

/* Reads on, unless the client says much and reads little. A client that waits
 * for us to read cannot be waited for: only the socket counts here, not its
 * windows, which are opened by what it sends. */
static int read_or_not(struct qc_connection *connection)
{
    if (qc_share_is_due(connection)) {
        connection->kept_due = true;
        qc_connection_watch(connection, qc_connection_now_ms(connection));
        qc_wire_read_stop(&connection->wire);
        return 0;
    }
    if (connection->ended || ahead(connection) > AHEAD_MAX ||
        qc_wire_deaf(&connection->wire) ||
        (qc_wire_full(&connection->wire) &&
         qc_tally_get(&connection->waiting) >
             connection->core->limits.output_size)) {
        qc_wire_read_stop(&connection->wire);
        return 0;
    }
    return qc_wire_read_start(&connection->wire);
}

void qc_connection_flush(struct qc_connection *connection)
{
    bool any;

    assert(!connection->closing);

    if (connection->dirty) {
        connection->dirty = false;
        LIST_REMOVE(connection, of_dirty);
    }
    let_go_of_answered(connection);
    if (qc_wire_flush(&connection->wire, &any) != 0 || is_over(connection) ||
        read_or_not(connection) != 0) {
        qc_connection_close(connection);
        return;
    }
    if (any && qc_wire_full(&connection->wire)) {
        progress(connection);
    }
}

/* --- begin ---------------------------------------------------------------- */

struct qc_connection *qc_connection_new(struct qc_server_core *core)
{
    struct qc_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        return NULL;
    }
    connection->core = core;
    connection->timer.data = connection;
    connection->timer_ms = INT64_MAX;
    connection->headers_since_ms = -1;
    connection->room_due_ms = INT64_MAX;
    LIST_INIT(&connection->calls);
    return connection;
}

static bool open_handles(struct qc_connection *connection)
{
    struct qc_server_core *core = connection->core;

    if (qc_wire_init(&connection->wire, core->loop, core->input, &EVENTS,
                     connection) != 0) {
        return false;
    }
    connection->wire.spent_ns = &core->spent_ns;
    uv_timer_init(core->loop, &connection->timer);
    connection->n_handles = 2;
    LIST_INSERT_HEAD(&core->connections, connection, of_core);
    return true;
}

struct qc_connection *qc_connection_accept(struct qc_server_core *core,
                                           uv_stream_t *listener)
{
    struct qc_connection *connection = qc_connection_new(core);

    if (connection == NULL || !open_handles(connection)) {
        free(connection);
        return NULL;
    }
    if (uv_accept(listener, (uv_stream_t *)&connection->wire.tcp) != 0 ||
        qc_peer_address_of(&connection->wire.tcp, &connection->address) != 0) {
        qc_connection_close(connection);
    }
    return connection;
}

static bool open_wire(struct qc_connection *connection)
{
    struct qc_tls *tls = connection->core->tls;
    struct qc_tls_cipher *cipher = NULL;

    if (tls != NULL) {
        cipher = qc_tls_cipher_accept(tls);
        if (cipher == NULL) {
            return false;
        }
    }
    return qc_wire_open(&connection->wire, cipher) == 0;
}

void qc_connection_start(struct qc_connection *connection, int64_t age_ms)
{
    const struct qc_http2_limits *limits = &connection->core->limits;
    int64_t now_ms = qc_connection_now_ms(connection);

    connection->opened_ms = now_ms;
    connection->idle_since_ms = now_ms;
    connection->progress_ms = now_ms;
    connection->age_due_ms = now_ms + age_ms;
    qc_noise_init(&connection->noise, limits->noise_burst, limits->noise_per_s,
                  now_ms);
    qc_noise_init(&connection->resets, limits->reset_burst, limits->reset_per_s,
                  now_ms);
    uv_tcp_nodelay(&connection->wire.tcp, 1);
    if (!qc_session_open(connection) || !open_wire(connection)) {
        qc_connection_close(connection);
        return;
    }
    qc_connection_watch(connection, now_ms + limits->preface_ms);
}

void qc_connection_adopt(struct qc_connection *connection)
{
    struct qc_server_core *core = connection->core;

    if (!open_handles(connection)) {
        close(connection->descriptor);
        core->gone(core->ctx, connection);
    } else if (uv_tcp_open(&connection->wire.tcp, connection->descriptor) !=
               0) {
        close(connection->descriptor);
        qc_connection_close(connection);
    } else {
        qc_connection_start(connection, connection->age_ms);
    }
}
