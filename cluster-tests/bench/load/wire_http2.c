#include <stddef.h>

#include "cluster-tests/bench/load/wire.h"

enum {
    CALL_TIMEOUT_MS = 20000,
};

static void *open_client(uv_loop_t *loop, const char *address)
{
    return qc_http2_client_new(loop, address);
}

static bool call(void *client,
                 const char *path,
                 const char *tenant,
                 struct qc_bytes body,
                 qc_http2_response_fn done,
                 void *ctx)
{
    struct qc_http2_header headers[] = {{"x-tenant", tenant}};

    return qc_http2_client_call(client, path, QC_CALL_PROTOBUF, headers,
                                tenant != NULL ? 1 : 0, body, CALL_TIMEOUT_MS,
                                done, ctx) != NULL;
}

static void flush(void *client)
{
    qc_http2_client_flush(client);
}

static void on_closed(void *ctx)
{
    (void)ctx;
}

static void close_client(void *client)
{
    qc_http2_client_close(client, on_closed, NULL);
}

const struct qc_load_wire qc_load_wire_http2 = {
    .open = open_client,
    .call = call,
    .flush = flush,
    .close = close_client,
};
