#include "rpc/rpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/edge.h"

static enum qc_call_kind handler_kind(void *ctx, const char *path, bool is_get)
{
    (void)ctx;
    if (is_get) {
        return QC_CALL_UNKNOWN;
    }
    if (qc_method_of_path(path) != NULL) {
        return QC_CALL_UNARY;
    }
    return qc_peers_path(path) ? QC_CALL_CLIENT_STREAM : QC_CALL_UNKNOWN;
}

static bool of_a_peer(const struct qc_call *call)
{
    return qc_peers_path(qc_call_path(call));
}

static void handler_begin(void *ctx, struct qc_call *call)
{
    struct qc_rpc *rpc = ctx;

    if (qc_call_kind(call) == QC_CALL_PREFLIGHT) {
        qc_call_answer_preflight(call, false);
    } else if (of_a_peer(call)) {
        qc_peers_begin(rpc->peers, call);
    } else {
        qc_request_begin(rpc, call);
    }
}

static void handler_message(void *ctx,
                            struct qc_call *call,
                            struct qc_bytes message)
{
    struct qc_rpc *rpc = ctx;

    if (of_a_peer(call)) {
        qc_peers_message(rpc->peers, call, message);
    } else {
        qc_request_message(rpc, call, message);
    }
}

static void handler_end(void *ctx, struct qc_call *call)
{
    struct qc_rpc *rpc = ctx;

    qc_peers_end(rpc->peers, call);
}

static void handler_close(void *ctx, struct qc_call *call)
{
    struct qc_rpc *rpc = ctx;

    if (of_a_peer(call)) {
        qc_peers_stream_closed(rpc->peers, call);
    } else {
        qc_request_close(rpc, call);
    }
}

static void network_send(void *ctx,
                         uint64_t to,
                         enum qc_channel channel,
                         struct qc_bytes message)
{
    struct qc_rpc *rpc = ctx;

    qc_peers_send(rpc->peers, to, channel, message);
}

/* Of callers that give no client id: other after each start, so that their
 * request ids, which are counted, never meet those of an earlier process. */
static void make_client_id(struct qc_rpc *rpc)
{
    const struct qc_clocks *clocks = &rpc->options.clocks;
    uint8_t dice[QC_ENTROPY_SIZE];
    uint64_t number;

    clocks->entropy(clocks->ctx, dice);
    memcpy(&number, dice, sizeof(number));
    snprintf(rpc->client_id, sizeof(rpc->client_id),
             "node-%" PRIu64 "-%016" PRIx64, rpc->options.node_id, number);
}

struct qc_rpc *qc_rpc_new(const struct qc_rpc_options *options)
{
    struct qc_rpc *rpc = calloc(1, sizeof(*rpc));

    if (rpc == NULL) {
        return NULL;
    }
    rpc->options = *options;
    rpc->n_members = options->n_servers;
    make_client_id(rpc);
    rpc->rates = qc_rates_new();
    rpc->peers = qc_peers_new(&rpc->options);
    if (rpc->rates == NULL || rpc->peers == NULL) {
        qc_rpc_close(rpc, NULL, NULL);
        return NULL;
    }
    return rpc;
}

struct qc_network qc_rpc_network(struct qc_rpc *rpc)
{
    return (struct qc_network){.ctx = rpc, .send = network_send};
}

void qc_rpc_set_replica(struct qc_rpc *rpc, struct qc_replica *replica)
{
    rpc->replica = replica;
    qc_peers_set_replica(rpc->peers, replica);
}

void qc_rpc_set_members(struct qc_rpc *rpc,
                        const struct qc_server *servers,
                        size_t n)
{
    rpc->n_members = (unsigned)n;
    if (!qc_peers_set_members(rpc->peers, servers, n)) {
        rpc->options.notice(rpc->options.ctx, QC_NOTICE_WARNING,
                            "members why=\"one has no address that can be "
                            "dialled, or memory is short\"");
    }
}

struct qc_call_handler qc_rpc_handler(struct qc_rpc *rpc)
{
    return (struct qc_call_handler){
        .ctx = rpc,
        .kind = handler_kind,
        .begin = handler_begin,
        .message = handler_message,
        .end = handler_end,
        .close = handler_close,
    };
}

void qc_rpc_flush(struct qc_rpc *rpc)
{
    qc_peers_flush(rpc->peers);
}

/* The peers borrow the options until they are off the loop. */
static void peers_closed(void *ctx)
{
    struct qc_rpc *rpc = ctx;

    qc_rates_free(rpc->rates);
    if (rpc->closed != NULL) {
        rpc->closed(rpc->closed_ctx);
    }
    free(rpc);
}

uint64_t qc_rpc_peers_refused(const struct qc_rpc *rpc)
{
    return qc_peers_refused(rpc->peers);
}

void qc_rpc_close(struct qc_rpc *rpc, void (*closed)(void *ctx), void *ctx)
{
    rpc->closed = closed;
    rpc->closed_ctx = ctx;
    if (rpc->peers != NULL) {
        qc_peers_close(rpc->peers, peers_closed, rpc);
    } else {
        peers_closed(rpc);
    }
}
