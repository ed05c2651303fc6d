#include "lib/watch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "codec/name.h"
#include "http2/client.h"
#include "lib/client_state.h"
#include "lib/failure_details.h"

enum {
    ARENA_SIZE_MAX = 64 * 1024 * 1024,
    SILENCE_MAX_MS = 15 * 1000, /* Three heartbeats. */
    PAUSE_FIRST_MS = 50,
    PAUSE_MAX_MS = 1000,
};

struct qc_client_watch {
    struct qc_client *client;
    const struct qc_rpc *rpc;
    struct qc_arena arena;              /* The request. */
    ProtobufCMessage *request;          /* From where it goes on. */
    struct qc_http2_request *under_way; /* NULL in a pause. */
    uv_timer_t timer; /* Of the pause, or of the silence of a node. */
    unsigned endpoint;
    unsigned n_forgetful; /* Nodes in a row that had not what it asked for. */
    int64_t pause_ms;
    int64_t patience_ms;
    int64_t heard_ms; /* When a node said something, last. */
    bool enough;
    bool stopped;
    qc_client_event_fn told;
    qc_client_answer_fn ended;
    void *ctx;
};

static int64_t monotonic_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

/* --- the end -------------------------------------------------------------- */

static void on_gone(uv_handle_t *timer)
{
    struct qc_client_watch *watch = timer->data;
    struct qc_client *client = watch->client;

    qc_arena_done(&watch->arena);
    free(watch);
    qc_client_call_left(client);
}

static void finish(struct qc_client_watch *watch,
                   struct qc_client_answer *answer)
{
    if (watch->enough) {
        answer->status = QC_STATUS_OK;
        answer->message = "";
    }
    uv_close((uv_handle_t *)&watch->timer, on_gone);
    watch->ended(watch->ctx, answer);
}

/* --- a stream ------------------------------------------------------------- */

static void try(struct qc_client_watch *watch);

static void on_pause_over(uv_timer_t *timer)
{
    try(timer->data);
}

static void on_silence(uv_timer_t *timer)
{
    struct qc_client_watch *watch = timer->data;

    qc_http2_client_cancel(watch->under_way);
}

/* The field |to| of the request becomes what |from| is in |message|; both are
 * of one type, or there is neither. */
static void take_over(struct qc_client_watch *watch,
                      const char *to,
                      const ProtobufCMessage *message,
                      const char *from)
{
    ProtobufCMessage *request = watch->request;
    const ProtobufCFieldDescriptor *target =
        qc_field_called(request->descriptor, to);
    const ProtobufCFieldDescriptor *source =
        qc_field_called(message->descriptor, from);

    if (target != NULL && source != NULL) {
        assert(target->type == source->type);
        memcpy((uint8_t *)request + target->offset,
               (const uint8_t *)message + source->offset,
               source->type == PROTOBUF_C_TYPE_UINT64 ? sizeof(uint64_t)
                                                      : sizeof(uint32_t));
    }
}

static bool on_message(void *ctx, struct qc_bytes bytes)
{
    struct qc_client_watch *watch = ctx;
    struct qc_codec_error error;
    ProtobufCMessage *message;
    struct qc_arena arena;
    bool good;

    qc_arena_init(&arena, ARENA_SIZE_MAX);
    good = qc_decode(QC_FORMAT_PROTOBUF, watch->rpc->response, bytes, &arena,
                     &message, &error) == QC_CODEC_OK;
    if (good) {
        take_over(watch, "from_index", message, "index");
        take_over(watch, "after_ordinal", message, "ordinal");
        watch->heard_ms = monotonic_ms();
        watch->pause_ms = PAUSE_FIRST_MS;
        watch->n_forgetful = 0;
        uv_timer_start(&watch->timer, on_silence, SILENCE_MAX_MS, 0);
        watch->enough = !watch->told(watch->ctx, message);
    }
    qc_arena_done(&arena);
    return good && !watch->enough;
}

/* Whether another node, or the same one later, may go on with it. */
static bool may_go_on(struct qc_client_watch *watch, enum qc_status status)
{
    if (watch->enough || watch->stopped) {
        return false;
    }
    if (status == QC_STATUS_OUT_OF_RANGE) {
        return ++watch->n_forgetful < watch->client->endpoints.n;
    }
    return (status == QC_STATUS_OK || status == QC_STATUS_UNAVAILABLE ||
            status == QC_STATUS_DEADLINE_EXCEEDED ||
            status == QC_STATUS_CANCELLED) &&
           monotonic_ms() - watch->heard_ms < watch->patience_ms;
}

static void pause(struct qc_client_watch *watch)
{
    uv_timer_start(&watch->timer, on_pause_over, (uint64_t)watch->pause_ms, 0);
    watch->pause_ms *= 2;
    if (watch->pause_ms > PAUSE_MAX_MS) {
        watch->pause_ms = PAUSE_MAX_MS;
    }
}

static void on_ended(void *ctx, const struct qc_http2_response *response)
{
    struct qc_client_watch *watch = ctx;
    struct qc_client *client = watch->client;
    struct qc_client_answer answer = {
        .status = response->status,
        .message = response->message,
        .endpoint = client->endpoints.addresses[watch->endpoint],
    };
    struct qc_arena arena;

    watch->under_way = NULL;
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    qc_failure_details_read(response->details, &arena, &answer);
    if (may_go_on(watch, response->status)) {
        if (answer.reason[0] == '\0') {
            qc_endpoints_rest(&client->endpoints, watch->endpoint,
                              monotonic_ms());
        }
        watch->endpoint++;
        pause(watch);
    } else {
        finish(watch, &answer);
    }
    qc_arena_done(&arena);
}

/* Memory is short: there will be some, or patience ends. */
static void on_not_sent(uv_timer_t *timer)
{
    const struct qc_http2_response response = {
        .status = QC_STATUS_UNAVAILABLE,
        .message = "out of memory",
    };

    on_ended(timer->data, &response);
}

static void try(struct qc_client_watch *watch)
{
    struct qc_client *client = watch->client;
    struct qc_http2_header headers[QC_CLIENT_HEADERS_MAX];
    unsigned n_headers = qc_client_headers(client, headers);
    struct qc_arena arena;
    struct qc_bytes body;

    watch->endpoint =
        qc_endpoints_pick(&client->endpoints, watch->endpoint, monotonic_ms());
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    if (qc_encode(QC_FORMAT_PROTOBUF, watch->request, &arena, &body)) {
        watch->under_way =
            qc_http2_client_watch(client->connections[watch->endpoint],
                                  watch->rpc->path, QC_CALL_PROTOBUF, headers,
                                  n_headers, body, on_message, on_ended, watch);
    }
    qc_arena_done(&arena);
    if (watch->under_way != NULL) {
        uv_timer_start(&watch->timer, on_silence, SILENCE_MAX_MS, 0);
    } else {
        uv_timer_start(&watch->timer, on_not_sent, 0, 0);
    }
}

/* --- the beginning -------------------------------------------------------- */

static bool keep_request(struct qc_client_watch *watch,
                         const ProtobufCMessage *request)
{
    struct qc_codec_error error;
    struct qc_bytes bytes;

    return qc_encode(QC_FORMAT_PROTOBUF, request, &watch->arena, &bytes) &&
           qc_decode(QC_FORMAT_PROTOBUF, request->descriptor, bytes,
                     &watch->arena, &watch->request, &error) == QC_CODEC_OK;
}

struct qc_client_watch *qc_client_watch(struct qc_client *client,
                                        const ProtobufCMessage *request,
                                        int64_t patience_ms,
                                        qc_client_event_fn told,
                                        qc_client_answer_fn ended,
                                        void *ctx)
{
    struct qc_client_watch *watch = calloc(1, sizeof(*watch));

    assert(!client->closing);
    if (watch == NULL) {
        return NULL;
    }
    qc_arena_init(&watch->arena, ARENA_SIZE_MAX);
    if (!keep_request(watch, request)) {
        qc_arena_done(&watch->arena);
        free(watch);
        return NULL;
    }
    watch->client = client;
    watch->rpc = request->descriptor == qc_rpc_watch_agent.request
                     ? &qc_rpc_watch_agent
                     : &qc_rpc_watch_events;
    assert(request->descriptor == watch->rpc->request);
    watch->endpoint = client->endpoints.next++ % client->endpoints.n;
    watch->pause_ms = PAUSE_FIRST_MS;
    watch->patience_ms = patience_ms;
    watch->heard_ms = monotonic_ms();
    watch->told = told;
    watch->ended = ended;
    watch->ctx = ctx;
    uv_timer_init(client->loop, &watch->timer);
    watch->timer.data = watch;
    client->n_on_loop++;
    try(watch);
    return watch;
}

void qc_client_watch_stop(struct qc_client_watch *watch)
{
    struct qc_client_answer answer = {
        .status = QC_STATUS_CANCELLED,
        .message = "stopped",
        .reason = "",
        .field = "",
        .endpoint = "",
    };

    watch->stopped = true;
    if (watch->under_way != NULL) {
        qc_http2_client_cancel(watch->under_way);
    } else {
        finish(watch, &answer);
    }
}
