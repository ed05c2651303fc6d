#include "http2/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http2/outgoing.h"

enum {
    HEADERS_MAX = 24,
};

struct qc_http2_stream {
    struct qc_http2_request request;
};

/* --- life ----------------------------------------------------------------- */

/* Splits host:port or [v6]:port. False when it is neither. */
static bool read_address(struct qc_http2_client *client, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *host = address;
    size_t host_size;
    size_t port_size;

    if (colon == NULL) {
        return false;
    }
    host_size = (size_t)(colon - address);
    port_size = strspn(colon + 1, "0123456789");
    if (host_size >= 2 && host[0] == '[' && host[host_size - 1] == ']') {
        host++;
        host_size -= 2;
    } else if (memchr(host, ':', host_size) != NULL) {
        return false;
    }
    if (host_size == 0 || host_size >= QC_HOST_SIZE || port_size == 0 ||
        port_size >= QC_PORT_SIZE || colon[1 + port_size] != '\0' ||
        strtol(colon + 1, NULL, 10) > UINT16_MAX) {
        return false;
    }
    memcpy(client->host, host, host_size);
    memcpy(client->port, colon + 1, port_size);
    snprintf(client->authority, sizeof(client->authority), "%s", address);
    return true;
}

struct qc_http2_client *qc_http2_client_new(uv_loop_t *loop,
                                            const char *address)
{
    struct qc_http2_client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        return NULL;
    }
    client->loop = loop;
    client->callbacks = qc_link_callbacks_new();
    if (client->callbacks == NULL || !read_address(client, address)) {
        nghttp2_session_callbacks_del(client->callbacks);
        free(client);
        return NULL;
    }
    return client;
}

void qc_http2_client_secure(struct qc_http2_client *client,
                            struct qc_tls *tls,
                            const char *identity)
{
    const char *expected = identity != NULL ? identity : "";

    assert(strlen(expected) < sizeof(client->identity));

    client->tls = tls;
    snprintf(client->identity, sizeof(client->identity), "%s", expected);
}

void qc_client_link_gone(struct qc_http2_client *client)
{
    if (client->closing && LIST_EMPTY(&client->links)) {
        client->closed(client->closed_ctx);
        nghttp2_session_callbacks_del(client->callbacks);
        free(client);
    }
}

static struct qc_link *next_of(const struct qc_http2_client *client,
                               const struct qc_link *link)
{
    return link == NULL ? LIST_FIRST(&client->links) : qc_link_next(link);
}

void qc_http2_client_close(struct qc_http2_client *client,
                           void (*closed)(void *ctx),
                           void *ctx)
{
    struct qc_link *link = NULL;

    client->closing = true;
    client->closed = closed;
    client->closed_ctx = ctx;
    while ((link = next_of(client, link)) != NULL) {
        qc_link_break(link, QC_STATUS_CANCELLED, "the client is closed");
    }
    qc_client_link_gone(client);
}

bool qc_http2_client_connected(const struct qc_http2_client *client)
{
    return client->link != NULL && qc_link_is_up(client->link);
}

bool qc_http2_client_refused(const struct qc_http2_client *client)
{
    return client->refused;
}

void qc_http2_client_ping(struct qc_http2_client *client)
{
    if (client->link != NULL) {
        qc_link_ping(client->link);
    }
}

uint64_t qc_http2_client_rtt_us(const struct qc_http2_client *client)
{
    return client->link != NULL ? qc_link_rtt_us(client->link) : 0;
}

/* --- calls ---------------------------------------------------------------- */

/* Puts |request| on a link. False, and nothing done, when memory is short. */
static bool send_off(struct qc_http2_client *client,
                     struct qc_http2_request *request)
{
    if (client->link != NULL) {
        int r = qc_link_add(client->link, request);

        if (r != NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) {
            return r == 0;
        }
        /* A connection has so many numbers for streams, and no more. */
        qc_link_retire(client->link);
    }
    return qc_link_new(client) != NULL &&
           qc_link_add(client->link, request) == 0;
}

static bool add_header(struct qc_http2_request *request,
                       const struct qc_http2_header *header)
{
    return qc_fields_add(
        &request->headers,
        (struct qc_bytes){(const uint8_t *)header->name, strlen(header->name)},
        (struct qc_bytes){(const uint8_t *)header->value,
                          strlen(header->value)});
}

/* Writes |headers| and |body|, and sends the request off. Gives it back; NULL
 * when memory is short: then it is freed. */
static struct qc_http2_request *launch(struct qc_http2_client *client,
                                       struct qc_http2_request *request,
                                       const struct qc_http2_header *headers,
                                       unsigned n_headers,
                                       struct qc_bytes body)
{
    bool written = qc_framing_write(&request->output, body);

    assert(n_headers <= HEADERS_MAX);

    for (unsigned i = 0; written && i < n_headers; i++) {
        written = add_header(request, &headers[i]);
    }
    if (!written || !send_off(client, request)) {
        qc_outgoing_free(request);
        return NULL;
    }
    return request;
}

/* NOLINTNEXTLINE(readability-function-size): a call is made of that much. */
struct qc_http2_request *qc_http2_client_call(
    struct qc_http2_client *client,
    const char *path,
    enum qc_call_form form,
    const struct qc_http2_header *headers,
    unsigned n_headers,
    struct qc_bytes body,
    int64_t timeout_ms,
    qc_http2_response_fn done,
    void *ctx)
{
    struct qc_http2_request *request;

    if (client->closing) {
        return NULL;
    }
    request = qc_outgoing_new(path, form, done, ctx);
    if (request == NULL) {
        return NULL;
    }
    uv_update_time(client->loop); /* The turn may have been a long one. */
    if (timeout_ms < INT64_MAX - (int64_t)uv_now(client->loop)) {
        request->deadline_ms = (int64_t)uv_now(client->loop) + timeout_ms;
    }
    return launch(client, request, headers, n_headers, body);
}

/* NOLINTNEXTLINE(readability-function-size): as above. */
struct qc_http2_request *qc_http2_client_watch(
    struct qc_http2_client *client,
    const char *path,
    enum qc_call_form form,
    const struct qc_http2_header *headers,
    unsigned n_headers,
    struct qc_bytes body,
    qc_http2_message_fn message,
    qc_http2_response_fn done,
    void *ctx)
{
    struct qc_http2_request *request;

    if (client->closing) {
        return NULL;
    }
    request = qc_outgoing_new(path, form, done, ctx);
    if (request == NULL) {
        return NULL;
    }
    request->message = message;
    return launch(client, request, headers, n_headers, body);
}

void qc_http2_client_cancel(struct qc_http2_request *request)
{
    qc_outgoing_end(request, QC_STATUS_CANCELLED, "cancelled");
}

struct qc_http2_stream *qc_http2_client_stream(struct qc_http2_client *client,
                                               const char *path,
                                               qc_http2_response_fn closed,
                                               void *ctx)
{
    struct qc_http2_request *request;

    if (client->closing) {
        return NULL;
    }
    request = qc_outgoing_new(path, QC_CALL_PROTOBUF, closed, ctx);
    if (request == NULL) {
        return NULL;
    }
    request->endless = true;
    if (!send_off(client, request)) {
        qc_outgoing_free(request);
        return NULL;
    }
    return (struct qc_http2_stream *)request;
}

bool qc_http2_stream_send(struct qc_http2_stream *stream,
                          struct qc_bytes message,
                          size_t backlog_max)
{
    struct qc_http2_request *request = &stream->request;

    if (qc_buffer_size(&request->output) > backlog_max ||
        !qc_framing_write(&request->output, message)) {
        return false;
    }
    if (request->deferred) {
        request->deferred = false;
        nghttp2_session_resume_data(qc_link_session(request->link),
                                    request->stream_id);
    }
    return true;
}

void qc_http2_stream_reset(struct qc_http2_stream *stream)
{
    qc_outgoing_end(&stream->request, QC_STATUS_CANCELLED, "reset");
}

void qc_http2_client_flush(struct qc_http2_client *client)
{
    struct qc_link *link = NULL;

    while ((link = next_of(client, link)) != NULL) {
        qc_link_flush(link);
    }
}
