/* What the files of this floor share: the edge, and what it keeps of a call. */
#ifndef QC_RPC_EDGE_H
#define QC_RPC_EDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "command/table.h"
#include "http2/call.h"
#include "rpc/desk.h"
#include "rpc/doubt.h"
#include "rpc/health.h"
#include "rpc/lease.h"
#include "rpc/peers.h"
#include "rpc/phone_book.h"
#include "rpc/rate.h"
#include "rpc/rpc.h"
#include "rpc/served.h"
#include "rpc/watch.h"

enum {
    QC_SPARE_ARENAS = 64,
};

struct qc_rpc {
    struct qc_rpc_options options; /* Borrowed things. */
    struct qc_replica *replica;
    struct qc_peers *peers;
    struct qc_rates *rates;
    struct qc_served *served;
    struct qc_health_watchers health;
    struct qc_watches watches;
    struct qc_desks desks;
    struct qc_leases leases;
    struct qc_doubts *doubts;
    struct qc_phone_book *phones;
    struct qc_arena spare[QC_SPARE_ARENAS]; /* With some memory each. */
    unsigned n_spare;
    struct qc_rpc_limits limits;
    unsigned n_members;
    uint64_t n_requests;       /* That the node made the id of. */
    char client_id[48];        /* Of callers that give none. */
    void (*closed)(void *ctx); /* While closing. */
    void *closed_ctx;
};

/* Answers ClusterService.GetStatus. (node_status.c) Fills |response|, in the
 * arena; false when it is full. */
bool qc_node_status(const struct qc_rpc *rpc,
                    const ProtobufCMessage *request,
                    struct qc_arena *arena,
                    ProtobufCMessage *response);

/* Whether the page that |call| is from is on any list, of any tenant: of a
 * preflight nothing more is known. (authentication.c) */
bool qc_origin_may_ask(const struct qc_rpc *rpc, const struct qc_call *call);

/* An arena of at most |limit| bytes, and back with it. What a request needs
 * fits into what the one before it has needed. */
struct qc_arena qc_rpc_take_arena(struct qc_rpc *rpc, size_t limit);
void qc_rpc_give_arena(struct qc_rpc *rpc, struct qc_arena *arena);
/* Takes one call, or one question of a stream, from what the address of |call|
 * may send; false: that was too much, and the call has ended. Whoever it is
 * pays nothing but this before anything is looked up. (authentication.c) */
bool qc_address_may(struct qc_rpc *rpc, struct qc_call *call);

struct qc_request;

/* Answers, or fails, what is asked of this node itself. (node_control.c) */
void qc_node_answer(struct qc_request *request);

#endif
