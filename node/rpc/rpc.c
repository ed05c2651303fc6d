#include "rpc/rpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/edge.h"
#include "rpc/failure.h"
#include "rpc/phone.h"
#include "rpc/service.h"

/* --- peers ---------------------------------------------------------------- */

static enum qc_call_kind peers_kind(const char *path)
{
    return qc_peers_path(path) ? QC_CALL_CLIENT_STREAM : QC_CALL_UNKNOWN;
}

static void peers_begin(struct qc_rpc *rpc, struct qc_call *call)
{
    qc_peers_begin(rpc->peers, call);
}

static void peers_message(struct qc_rpc *rpc,
                          struct qc_call *call,
                          struct qc_bytes message)
{
    qc_peers_message(rpc->peers, call, message);
}

static void peers_end(struct qc_rpc *rpc, struct qc_call *call)
{
    qc_peers_end(rpc->peers, call);
}

static void peers_close(struct qc_rpc *rpc, struct qc_call *call)
{
    qc_peers_stream_closed(rpc->peers, call);
}

static const struct qc_service peers_service = {
    .kind = peers_kind,
    .begin = peers_begin,
    .message = peers_message,
    .end = peers_end,
    .close = peers_close,
};

/* --- the handler ---------------------------------------------------------- */

static const struct qc_service *const others[] = {
    &peers_service,
    &qc_health_service,
    &qc_reflection_service,
};

/* Most calls are of the table, which has a prefix of its own; and so is what
 * nobody knows. */
static const struct qc_service *service_of_path(const char *path)
{
    static const char prefix[] = "/quorumcall.v1.";

    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0) {
        return &qc_request_service;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i]->kind(path) != QC_CALL_UNKNOWN) {
            return others[i];
        }
    }
    return &qc_request_service;
}

static const struct qc_service *service_of(const struct qc_call *call)
{
    return service_of_path(qc_call_path(call));
}

static enum qc_call_kind handler_kind(void *ctx, const char *path, bool is_get)
{
    (void)ctx;
    return is_get ? QC_CALL_UNKNOWN : service_of_path(path)->kind(path);
}

static void handler_begin(void *ctx, struct qc_call *call)
{
    const struct qc_service *service = service_of(call);
    bool preflight = qc_call_kind(call) == QC_CALL_PREFLIGHT;
    struct qc_rpc *rpc = ctx;
    bool may_ask;

    if (service == &peers_service && !preflight) {
        service->begin(rpc, call);
        return;
    }
    may_ask = qc_origin_may_ask(rpc, call);
    if (may_ask && !preflight) {
        /* So that the page can read why it is refused, if it is. */
        qc_call_allow_origin(call);
    }
    if (!qc_address_may(rpc, call)) {
        return;
    }
    if (preflight) {
        qc_call_answer_preflight(call, may_ask);
    } else if (service->begin != NULL) {
        service->begin(rpc, call);
    }
}

static void handler_message(void *ctx,
                            struct qc_call *call,
                            struct qc_bytes message)
{
    service_of(call)->message(ctx, call, message);
}

static void handler_end(void *ctx, struct qc_call *call)
{
    const struct qc_service *service = service_of(call);

    if (service->end != NULL) {
        service->end(ctx, call);
    }
}

static void handler_writable(void *ctx, struct qc_call *call)
{
    const struct qc_service *service = service_of(call);

    if (service->writable != NULL) {
        service->writable(ctx, call);
    }
}

static void handler_leaving(void *ctx, struct qc_call *call)
{
    const struct qc_service *service = service_of(call);
    const struct qc_failure failure = {
        .status = QC_STATUS_UNAVAILABLE,
        .reason = "LEAVING",
        .text = "the connection is about to end: ask again on another",
    };

    if (service->leaving != NULL) {
        service->leaving(ctx, call);
    } else {
        qc_failure_send(call, &failure);
    }
}

static void handler_close(void *ctx, struct qc_call *call)
{
    const struct qc_service *service = service_of(call);

    if (service->close != NULL) {
        service->close(ctx, call);
    }
}

/* --- the edge ------------------------------------------------------------- */

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
    char warmed[QC_E164_SIZE];
    uint8_t dice[QC_ENTROPY_SIZE];

    if (rpc == NULL) {
        return NULL;
    }
    /* The library makes its tables when it reads the first number, which takes
     * it tens of milliseconds: no caller is to wait for that. */
    (void)qc_phone_read("+441134960000", "GB", warmed);
    rpc->options = *options;
    rpc->n_members = options->n_servers;
    make_client_id(rpc);
    qc_watches_init(&rpc->watches);
    qc_desks_init(rpc);
    qc_leases_init(rpc);
    options->clocks.entropy(options->clocks.ctx, dice);
    rpc->rates = qc_rates_new(dice);
    rpc->doubts = qc_doubts_new(dice);
    rpc->phones = qc_phone_book_new();
    rpc->served = qc_served_new();
    rpc->peers = qc_peers_new(&rpc->options);
    if (rpc->rates == NULL || rpc->doubts == NULL || rpc->phones == NULL ||
        rpc->served == NULL || rpc->peers == NULL) {
        qc_rpc_close(rpc, NULL, NULL);
        return NULL;
    }
    return rpc;
}

struct qc_arena qc_rpc_take_arena(struct qc_rpc *rpc, size_t limit)
{
    struct qc_arena arena;

    qc_arena_init(&arena, limit);
    if (rpc->n_spare > 0) {
        arena.newest = rpc->spare[--rpc->n_spare].newest;
    }
    return arena;
}

void qc_rpc_give_arena(struct qc_rpc *rpc, struct qc_arena *arena)
{
    qc_arena_reset(arena);
    if (arena->newest != NULL && rpc->n_spare < QC_SPARE_ARENAS) {
        rpc->spare[rpc->n_spare++] = *arena;
    } else {
        qc_arena_done(arena);
    }
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

void qc_rpc_set_limits(struct qc_rpc *rpc, const struct qc_rpc_limits *limits)
{
    rpc->limits = *limits;
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
        .writable = handler_writable,
        .leaving = handler_leaving,
    };
}

const struct qc_desktop_listener *qc_rpc_desktops(const struct qc_rpc *rpc)
{
    return &rpc->desks.listener;
}

const struct qc_outbox_listener *qc_rpc_outbox(const struct qc_rpc *rpc)
{
    return &rpc->leases.listener;
}

void qc_rpc_flush(struct qc_rpc *rpc)
{
    qc_leases_turn(rpc);
    qc_watch_turn(rpc);
    qc_desks_turn(rpc);
    qc_health_turn(rpc);
    qc_peers_flush(rpc->peers);
}

void qc_rpc_flush_peers(struct qc_rpc *rpc)
{
    qc_peers_flush(rpc->peers);
}

bool qc_rpc_busy(const struct qc_rpc *rpc)
{
    return rpc->watches.busy || rpc->desks.busy || rpc->leases.busy;
}

/* The peers borrow the options until they are off the loop. */
static void peers_closed(void *ctx)
{
    struct qc_rpc *rpc = ctx;

    while (rpc->n_spare > 0) {
        qc_arena_done(&rpc->spare[--rpc->n_spare]);
    }
    qc_phone_book_free(rpc->phones);
    qc_rates_free(rpc->rates);
    qc_served_free(rpc->served);
    qc_doubts_free(rpc->doubts);
    if (rpc->closed != NULL) {
        rpc->closed(rpc->closed_ctx);
    }
    free(rpc);
}

uint64_t qc_rpc_peers_refused(const struct qc_rpc *rpc)
{
    return qc_peers_refused(rpc->peers);
}

uint64_t qc_rpc_peer_rtt_us(const struct qc_rpc *rpc, uint64_t peer)
{
    return qc_peers_rtt_us(rpc->peers, peer);
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
