#include "lib/call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/codec.h"
#include "codec/message.h"
#include "http2/client.h"
#include "lib/client_state.h"
#include "lib/failure_details.h"

enum {
    ARENA_SIZE_MAX = 64 * 1024 * 1024,
    PAUSE_FIRST_MS = 50,
    PAUSE_MAX_MS = 1000,
    /* Below that a try is not cut short for the sake of another. */
    PATIENCE_MIN_MS = 100,
};

enum field_number {
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_TS_MS = 102,
    FIELD_CLIENT_ID = 103,
};

static int64_t monotonic_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void link_call(struct qc_client_call *call)
{
    struct qc_client *client = call->client;

    call->next = client->calls;
    if (call->next != NULL) {
        call->next->previous = call;
    }
    client->calls = call;
}

static void unlink_call(struct qc_client_call *call)
{
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
    if (call->previous != NULL) {
        call->previous->next = call->next;
    } else {
        call->client->calls = call->next;
    }
}

struct qc_client_call *qc_client_call_new(struct qc_client *client,
                                          const struct qc_rpc *rpc,
                                          int64_t timeout_ms)
{
    struct qc_client_call *call = calloc(1, sizeof(*call));

    if (call == NULL) {
        return NULL;
    }
    assert(!client->closing);
    call->client = client;
    call->rpc = rpc;
    call->deadline_ms = monotonic_ms() + timeout_ms;
    call->pause_ms = PAUSE_FIRST_MS;
    call->endpoint = client->endpoints.next++ % client->endpoints.n;
    qc_arena_init(&call->arena, ARENA_SIZE_MAX);
    uv_timer_init(client->loop, &call->pause);
    call->pause.data = call;
    client->n_on_loop++;
    link_call(call);
    return call;
}

/* The place of a field of a request that is being filled in; NULL when it has
 * no such field, or has it set. */
static void *unset_place(ProtobufCMessage *request, enum field_number number)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(request->descriptor, number);

    if (field == NULL || qc_message_has(request, field)) {
        return NULL;
    }
    return (uint8_t *)request + field->offset;
}

bool qc_client_call_write(struct qc_client_call *call,
                          const ProtobufCMessage *request)
{
    size_t size = request->descriptor->sizeof_message;
    ProtobufCMessage *filled = qc_arena_alloc(&call->arena, size);
    char id[24];
    void *place;

    assert(request->descriptor == call->rpc->request);
    if (filled == NULL) {
        return false;
    }
    memcpy(filled, request, size);

    snprintf(id, sizeof(id), "%" PRIu64, ++call->client->n_requests);
    place = unset_place(filled, FIELD_REQUEST_ID);
    if (place != NULL) {
        *(const char **)place = id;
    }
    place = unset_place(filled, FIELD_CLIENT_ID);
    if (place != NULL) {
        *(const char **)place = call->client->id;
    }
    place = unset_place(filled, FIELD_CLIENT_TS_MS);
    if (place != NULL) {
        *(int64_t *)place = wall_ms();
    }
    return qc_encode(QC_FORMAT_PROTOBUF, filled, &call->arena, &call->request);
}

static void on_gone(uv_handle_t *handle)
{
    struct qc_client_call *call = handle->data;
    struct qc_client *client = call->client;

    qc_arena_done(&call->arena);
    free(call);
    qc_client_call_left(client);
}

void qc_client_call_drop(struct qc_client_call *call)
{
    unlink_call(call);
    uv_close((uv_handle_t *)&call->pause, on_gone);
}

static void finish(struct qc_client_call *call)
{
    struct qc_client_answer *answer = &call->answer;

    if (call->in_doubt && (answer->status == QC_STATUS_UNAVAILABLE ||
                           answer->status == QC_STATUS_DEADLINE_EXCEEDED ||
                           answer->status == QC_STATUS_CANCELLED)) {
        answer->reason = "UNKNOWN_OUTCOME";
        answer->message = "it may have been done, or not: "
                          "ask again with the same request id";
    }
    /* Whoever is told may close the client, which ends the calls it has; it
     * stays until this one has left the loop. */
    unlink_call(call);
    call->done(call->ctx, answer);
    uv_close((uv_handle_t *)&call->pause, on_gone);
}

/* Between half of the longest pause and all of it, at random, so that those
 * who failed together do not come back together. */
static int64_t choose_pause_ms(struct qc_client_call *call)
{
    int64_t half_ms = call->pause_ms / 2;
    uint32_t random = 0;

    /* Without entropy the pause is merely not random. */
    (void)uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
    call->pause_ms *= 2;
    if (call->pause_ms > PAUSE_MAX_MS) {
        call->pause_ms = PAUSE_MAX_MS;
    }
    return half_ms + random % (half_ms + 1);
}

static void on_pause_over(uv_timer_t *timer)
{
    qc_client_call_try(timer->data);
}

/* Whether the same question may get a better answer elsewhere, or later. */
static bool is_passing(enum qc_status status)
{
    return status == QC_STATUS_UNAVAILABLE ||
           status == QC_STATUS_DEADLINE_EXCEEDED;
}

/* Sends it again after a pause, if there is time left for it; else that was
 * the answer. */
static void try_again_or_finish(struct qc_client_call *call)
{
    const struct qc_client *client = call->client;
    int64_t pause_ms;

    if (client->closing || !is_passing(call->answer.status) ||
        call->answer.n_tries == client->tries_max) {
        finish(call);
        return;
    }
    pause_ms = choose_pause_ms(call);
    if (monotonic_ms() + pause_ms >= call->deadline_ms) {
        finish(call);
        return;
    }
    call->endpoint++;
    uv_timer_start(&call->pause, on_pause_over, (uint64_t)pause_ms, 0);
}

static void read_response(struct qc_client_call *call, struct qc_bytes body)
{
    struct qc_client_answer *answer = &call->answer;
    struct qc_codec_error error;

    if (qc_decode(QC_FORMAT_PROTOBUF, call->rpc->response, body, &call->arena,
                  &answer->response, &error) != QC_CODEC_OK) {
        answer->response = NULL;
        answer->status = QC_STATUS_INTERNAL;
        answer->message = "the answer cannot be read";
    }
}

/* Whether the node says that nothing was done, and never will be. */
static bool is_not_done(const struct qc_client_answer *answer)
{
    return strcmp(answer->reason, "NO_LEADER") == 0 ||
           strcmp(answer->reason, "NOT_READY") == 0 ||
           strcmp(answer->reason, "DEADLINE_BEFORE_COMMIT") == 0;
}

static void on_response(void *ctx, const struct qc_http2_response *response)
{
    struct qc_client_call *call = ctx;
    struct qc_client_answer *answer = &call->answer;
    struct qc_client *client = call->client;
    size_t text_size = strlen(response->message) + 1;
    char *text = qc_arena_alloc(&call->arena, text_size);

    call->under_way = NULL;
    answer->status = response->status;
    answer->message =
        text != NULL ? memcpy(text, response->message, text_size) : "";
    qc_failure_details_read(response->details, &call->arena, answer);
    if (response->status == QC_STATUS_OK) {
        read_response(call, response->body);
    } else if (response->sent && qc_rpc_mutates(call->rpc) &&
               !is_not_done(answer)) {
        call->in_doubt = true;
    }
    if (is_passing(answer->status) && answer->reason[0] == '\0') {
        qc_endpoints_rest(&client->endpoints, call->endpoint, monotonic_ms());
    }
    try_again_or_finish(call);
}

static void on_not_sent(uv_timer_t *timer)
{
    try_again_or_finish(timer->data);
}

/* How long this try may take: half of what is left, so that a node that keeps
 * silent leaves time for another. */
static int64_t patience_ms(const struct qc_client_call *call)
{
    int64_t left_ms = call->deadline_ms - monotonic_ms();

    if (call->client->tries_max == call->answer.n_tries + 1 ||
        left_ms / 2 < PATIENCE_MIN_MS) {
        return left_ms > 1 ? left_ms : 1;
    }
    return left_ms / 2;
}

unsigned qc_client_headers(
    const struct qc_client *client,
    struct qc_http2_header headers[QC_CLIENT_HEADERS_MAX])
{
    unsigned n = 0;

    if (client->tenant[0] != '\0') {
        headers[n++] = (struct qc_http2_header){"x-tenant", client->tenant};
    }
    if (client->authorization[0] != '\0') {
        headers[n++] =
            (struct qc_http2_header){"authorization", client->authorization};
    }
    return n;
}

void qc_client_call_try(struct qc_client_call *call)
{
    struct qc_client *client = call->client;
    struct qc_http2_header headers[QC_CLIENT_HEADERS_MAX];
    unsigned n_headers = qc_client_headers(client, headers);
    int64_t timeout_ms = patience_ms(call);

    call->endpoint =
        qc_endpoints_pick(&client->endpoints, call->endpoint, monotonic_ms());
    call->answer = (struct qc_client_answer){
        .status = QC_STATUS_UNAVAILABLE,
        .message = "out of memory",
        .reason = "",
        .field = "",
        .endpoint = client->endpoints.addresses[call->endpoint],
        .n_tries = call->answer.n_tries + 1,
    };
    call->under_way = qc_http2_client_call(
        client->connections[call->endpoint], call->rpc->path, QC_CALL_PROTOBUF,
        headers, n_headers, call->request, timeout_ms, on_response, call);
    if (call->under_way == NULL) {
        /* done() must come later, and so not from here. */
        uv_timer_start(&call->pause, on_not_sent, 0, 0);
    }
}

void qc_client_call_cancel(struct qc_client_call *call)
{
    if (call->under_way == NULL) {
        call->answer.status = QC_STATUS_CANCELLED;
        call->answer.message = "the client was closed";
        finish(call);
    }
}
