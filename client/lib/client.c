#include "lib/client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "http2/client.h"
#include "lib/call.h"
#include "lib/client_state.h"

enum {
    CLIENT_ID_ENTROPY_SIZE = 16,
};

/* What was written during a loop turn leaves at its end. */
static void on_turn_end(uv_prepare_t *prepare)
{
    struct qc_client *client = prepare->data;

    for (unsigned i = 0; i < client->endpoints.n; i++) {
        qc_http2_client_flush(client->connections[i]);
    }
}

static bool choose_client_id(struct qc_client *client)
{
    uint8_t entropy[CLIENT_ID_ENTROPY_SIZE];

    if (uv_random(NULL, NULL, entropy, sizeof(entropy), 0, NULL) != 0) {
        return false;
    }
    for (unsigned i = 0; i < CLIENT_ID_ENTROPY_SIZE; i++) {
        snprintf(client->id + 2 * (size_t)i, 3, "%02x", entropy[i]);
    }
    return true;
}

/* Frees the client when nothing of it is left on the loop. */
static void left_the_loop(struct qc_client *client)
{
    void (*closed)(void *ctx) = client->closed;
    void *ctx = client->closed_ctx;

    assert(client->n_on_loop > 0);
    if (--client->n_on_loop > 0) {
        return;
    }
    free(client);
    if (closed != NULL) {
        closed(ctx);
    }
}

static void connection_closed(void *ctx)
{
    left_the_loop(ctx);
}

static void turn_end_closed(uv_handle_t *handle)
{
    left_the_loop(handle->data);
}

void qc_client_call_left(struct qc_client *client)
{
    left_the_loop(client);
}

/* What is asked without TLS can be read on the way, and the key with it. */
static bool may_ask(const struct qc_endpoints *endpoints,
                    unsigned which,
                    const struct qc_client_options *options,
                    bool has_key)
{
    switch (endpoints->schemes[which]) {
    case QC_SCHEME_HTTPS:
        return options->tls != NULL;
    case QC_SCHEME_HTTP:
        return options->tls == NULL;
    case QC_SCHEME_NONE:
        break;
    }
    return options->tls != NULL || !has_key ||
           qc_endpoints_is_loopback(endpoints, which);
}

/* False when they are too long, or an endpoint may not be asked so. */
static bool take_options(struct qc_client *client,
                         const struct qc_client_options *options)
{
    const char *tenant = options->tenant != NULL ? options->tenant : "";
    const char *key = options->api_key != NULL ? options->api_key : "";
    int size = 0;

    if (strlen(tenant) >= sizeof(client->tenant) ||
        !qc_endpoints_read(&client->endpoints, options->endpoints)) {
        return false;
    }
    for (unsigned i = 0; i < client->endpoints.n; i++) {
        if (!may_ask(&client->endpoints, i, options, key[0] != '\0')) {
            return false;
        }
    }
    snprintf(client->tenant, sizeof(client->tenant), "%s", tenant);
    if (key[0] != '\0') {
        size = snprintf(client->authorization, sizeof(client->authorization),
                        "Bearer %s", key);
    }
    client->tries_max = options->tries_max;
    return size < (int)sizeof(client->authorization);
}

struct qc_client *qc_client_new(uv_loop_t *loop,
                                const struct qc_client_options *options)
{
    struct qc_client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        return NULL;
    }
    if (!take_options(client, options) || !choose_client_id(client)) {
        free(client);
        return NULL;
    }
    client->loop = loop;

    /* A prepare handle cannot fail to start; unreferenced, it keeps nobody's
     * loop running. */
    uv_prepare_init(loop, &client->turn_end);
    client->turn_end.data = client;
    uv_prepare_start(&client->turn_end, on_turn_end);
    uv_unref((uv_handle_t *)&client->turn_end);
    client->n_on_loop = 1;

    for (unsigned i = 0; i < client->endpoints.n; i++) {
        client->connections[i] =
            qc_http2_client_new(loop, client->endpoints.addresses[i]);
        if (client->connections[i] == NULL) {
            client->endpoints.n = i;
            qc_client_close(client, NULL, NULL);
            return NULL;
        }
        client->n_on_loop++;
        if (options->tls != NULL) {
            qc_http2_client_secure(client->connections[i], options->tls, NULL);
        }
    }
    return client;
}

void qc_client_close(struct qc_client *client,
                     void (*closed)(void *ctx),
                     void *ctx)
{
    struct qc_client_call *next;

    if (client == NULL) {
        return;
    }
    assert(!client->closing);
    client->closing = true;
    client->closed = closed;
    client->closed_ctx = ctx;
    for (struct qc_client_call *call = client->calls; call != NULL;
         call = next) {
        next = call->next;
        qc_client_call_cancel(call);
    }
    uv_close((uv_handle_t *)&client->turn_end, turn_end_closed);
    for (unsigned i = 0; i < client->endpoints.n; i++) {
        qc_http2_client_close(client->connections[i], connection_closed,
                              client);
    }
}

bool qc_client_call(struct qc_client *client,
                    const struct qc_rpc *rpc,
                    const ProtobufCMessage *request,
                    int64_t timeout_ms,
                    qc_client_answer_fn done,
                    void *ctx)
{
    struct qc_client_call *call = qc_client_call_new(client, rpc, timeout_ms);

    if (call == NULL) {
        return false;
    }
    if (!qc_client_call_write(call, request)) {
        qc_client_call_drop(call);
        return false;
    }
    call->done = done;
    call->ctx = ctx;
    qc_client_call_try(call);
    return true;
}

struct asked {
    struct qc_arena *arena;
    struct qc_client_answer *answer;
    bool answered;
    bool fits;
};

/* A string that outlives the call; NULL when the arena is full. */
static const char *keep(struct qc_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = qc_arena_alloc(arena, size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* The message once more, in an arena that outlives the call. */
static bool keep_response(struct qc_arena *arena,
                          const ProtobufCMessage *response,
                          ProtobufCMessage **copy_out)
{
    struct qc_codec_error error;
    struct qc_bytes bytes;

    return qc_encode(QC_FORMAT_PROTOBUF, response, arena, &bytes) &&
           qc_decode(QC_FORMAT_PROTOBUF, response->descriptor, bytes, arena,
                     copy_out, &error) == QC_CODEC_OK;
}

static void on_asked(void *ctx, const struct qc_client_answer *answer)
{
    struct asked *asked = ctx;
    struct qc_client_answer *kept = asked->answer;

    *kept = *answer;
    kept->message = keep(asked->arena, answer->message);
    kept->reason = keep(asked->arena, answer->reason);
    kept->field = keep(asked->arena, answer->field);
    kept->endpoint = keep(asked->arena, answer->endpoint);
    asked->fits =
        kept->message != NULL && kept->reason != NULL && kept->field != NULL &&
        kept->endpoint != NULL &&
        (answer->response == NULL ||
         keep_response(asked->arena, answer->response, &kept->response));
    asked->answered = true;
}

bool qc_client_ask(struct qc_client *client,
                   const struct qc_rpc *rpc,
                   const ProtobufCMessage *request,
                   int64_t timeout_ms,
                   struct qc_arena *arena,
                   struct qc_client_answer *answer_out)
{
    struct asked asked = {.arena = arena, .answer = answer_out};

    if (!qc_client_call(client, rpc, request, timeout_ms, on_asked, &asked)) {
        return false;
    }
    while (!asked.answered) {
        uv_run(client->loop, UV_RUN_ONCE);
    }
    return asked.fits;
}
