/*
 * Redis' protocol, RESP: a reply is a line that begins with its type, and a
 * string ("$") is followed by as many bytes as the line says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster-tests/bench/load/wire.h"

enum {
    REPLIES = 2, /* Of the command, and of the WAIT behind it. */
    ADDRESS_SIZE = 64,
    OUT_SIZE_MAX = 512,
    IN_SIZE_MAX = 512,
    PORT_MAX = 65535,
};

struct client {
    uv_tcp_t tcp;
    uv_connect_t dial;
    struct sockaddr_in to;
    bool connected;
    size_t n_out; /* Of the call under way. */
    char out[OUT_SIZE_MAX];
    size_t n_in;
    char in[IN_SIZE_MAX];
    qc_http2_response_fn done; /* NULL: no call is under way. */
    void *ctx;
};

static void end(struct client *client,
                enum qc_status status,
                const char *message)
{
    qc_http2_response_fn done = client->done;
    struct qc_http2_response response = {
        .status = status,
        .message = message,
        .body = {(const uint8_t *)client->in, client->n_in},
        .sent = true,
    };

    client->done = NULL;
    if (done != NULL) {
        done(client->ctx, &response);
    }
}

/* Where the reply at |at| ends; NULL: not all of it is there yet. */
static const char *reply_end(const char *at, const char *end)
{
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    long size = 0;

    if (line_end == NULL) {
        return NULL;
    }
    if (*at == '$') {
        size = strtol(at + 1, NULL, 10);
        size = size < 0 ? 0 : size + 2;
    }
    return end - (line_end + 1) < size ? NULL : line_end + 1 + size;
}

static bool is_whole(const struct client *client)
{
    const char *at = client->in;

    for (unsigned i = 0; i < REPLIES && at != NULL; i++) {
        at = reply_end(at, client->in + client->n_in);
    }
    return at != NULL;
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room_out)
{
    struct client *client = handle->data;

    (void)wanted;
    *room_out = uv_buf_init(client->in + client->n_in,
                            (unsigned)(IN_SIZE_MAX - client->n_in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct client *client = stream->data;

    (void)room;
    if (n < 0) {
        end(client, QC_STATUS_UNAVAILABLE, uv_strerror((int)n));
        return;
    }
    client->n_in += (size_t)n;
    if (is_whole(client)) {
        end(client, QC_STATUS_OK, "");
    }
}

/* A call is small and alone on its connection, so that there is room for it. */
static bool send_out(struct client *client)
{
    uv_buf_t bytes = uv_buf_init(client->out, (unsigned)client->n_out);

    return uv_try_write((uv_stream_t *)&client->tcp, &bytes, 1) ==
           (int)client->n_out;
}

static void on_connected(uv_connect_t *dial, int status)
{
    struct client *client = dial->data;

    if (status == UV_ECANCELED) {
        return;
    }
    client->connected = status == 0;
    if (status != 0 || uv_tcp_nodelay(&client->tcp, 1) != 0 ||
        uv_read_start((uv_stream_t *)&client->tcp, on_room, on_read) != 0 ||
        !send_out(client)) {
        end(client, QC_STATUS_UNAVAILABLE, "no connection");
    }
}

static void *open_client(uv_loop_t *loop, const char *address)
{
    const char *colon = strrchr(address, ':');
    struct client *client = calloc(1, sizeof(*client));
    char host[ADDRESS_SIZE];
    long port = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;

    if (client == NULL || port <= 0 || port > PORT_MAX ||
        snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address) >=
            (int)sizeof(host) ||
        uv_ip4_addr(host, (int)port, &client->to) != 0) {
        free(client);
        return NULL;
    }
    uv_tcp_init(loop, &client->tcp);
    client->tcp.data = client;
    client->dial.data = client;
    return client;
}

static bool call(void *ctx,
                 const char *path,
                 const char *tenant,
                 struct qc_bytes body,
                 qc_http2_response_fn done,
                 void *done_ctx)
{
    struct client *client = ctx;

    (void)path;
    (void)tenant;
    if (client->done != NULL || body.size > OUT_SIZE_MAX) {
        return false;
    }
    memcpy(client->out, body.data, body.size);
    client->n_out = body.size;
    client->n_in = 0;
    client->done = done;
    client->ctx = done_ctx;
    if (client->connected) {
        return send_out(client);
    }
    return uv_tcp_connect(&client->dial, &client->tcp,
                          (const struct sockaddr *)&client->to,
                          on_connected) == 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_client(void *ctx)
{
    struct client *client = ctx;

    client->done = NULL;
    uv_close((uv_handle_t *)&client->tcp, on_closed);
}

const struct qc_load_wire qc_load_wire_redis = {
    .open = open_client,
    .call = call,
    .close = close_client,
};
