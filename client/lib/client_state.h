/* What a client is made of: for client.c, call.c and watch.c, and nobody else.
 */
#ifndef QC_LIB_CLIENT_STATE_H
#define QC_LIB_CLIENT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "http2/client.h"
#include "lib/endpoints.h"

enum {
    QC_CLIENT_TENANT_SIZE = 65,
    QC_CLIENT_ID_SIZE = 33,
    QC_CLIENT_AUTHORIZATION_SIZE = 512,
    QC_CLIENT_HEADERS_MAX = 2,
};

struct qc_client {
    uv_loop_t *loop;
    uv_prepare_t turn_end;
    char tenant[QC_CLIENT_TENANT_SIZE];
    char authorization[QC_CLIENT_AUTHORIZATION_SIZE]; /* "" without a key. */
    char id[QC_CLIENT_ID_SIZE]; /* Random: it makes request ids unique. */
    uint64_t n_requests;
    unsigned tries_max;
    struct qc_endpoints endpoints;
    struct qc_http2_client *connections[QC_ENDPOINTS_MAX];
    struct qc_client_call *calls; /* Those under way. */
    unsigned n_on_loop;           /* Connections, calls and the handle above. */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Fills in whose data it is about, and who calls: how many headers that takes.
 */
unsigned qc_client_headers(
    const struct qc_client *client,
    struct qc_http2_header headers[QC_CLIENT_HEADERS_MAX]);

/* A call, or a watch, has left the loop. May free the client. */
void qc_client_call_left(struct qc_client *client);

#endif
