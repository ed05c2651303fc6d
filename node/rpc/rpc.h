/*
 * The edge: one generic handler for every RPC, and the replica's network.
 *
 * A call comes in with a path and bytes; the path leads to a row of the command
 * table; the rest follows from the row: who may call, how the request is
 * decoded and what its limits are, whether it is proposed, read or answered by
 * the node itself. Whatever depends on local tables (phone numbers, clocks,
 * addresses) happens here, never when an entry is applied.
 */
#ifndef QC_RPC_RPC_H
#define QC_RPC_RPC_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "command/hashes.h"
#include "http2/call.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/replica.h"
#include "rpc/rate.h"

struct qc_arena;
struct qc_desktop_listener;
struct qc_machine;
struct qc_outbox_listener;
struct qc_rpc;
struct qc_tls;

/* What a node has to do, while it drains and else. */
struct qc_rpc_load {
    int64_t draining_ms; /* Since when; 0: it does not. */
    uint64_t connections;
    uint64_t calls;   /* Unary ones of clients, */
    uint64_t streams; /* and their streams. */
    bool drained;     /* It could be stopped. */
};

/* Everything is borrowed for as long as the edge lives. */
struct qc_rpc_options {
    uv_loop_t *loop;
    struct qc_tls *tls; /* For peers; NULL: cleartext, on loopback only. */
    const char *cluster_id;
    uint64_t node_id;
    const char *address; /* Where this node answers. */
    /* How old word from a leader may be for this node to be ready. */
    int64_t silence_max_ms;
    const char *version;
    const struct qc_server *servers; /* Members to begin with. */
    unsigned n_servers;
    const struct qc_machine *machine;
    const struct qc_hashes *hashes;
    struct qc_clocks clocks;
    struct qc_checkpoints checkpoints; /* Of which parts are read. */
    /* The newest checkpoint's manifest, encoded; empty: there is none. */
    struct qc_bytes (*manifest)(void *ctx);
    /* The longest that the loop has been busy at one time, with and without
     * what it has waited for a processor. */
    void (*loop_stall)(void *ctx,
                       uint64_t *stall_us_out,
                       uint64_t *own_stall_us_out);
    /* Begins to drain, or takes it back; false when it cannot be taken back. */
    bool (*set_drain)(void *ctx, bool drain);
    struct qc_rpc_load (*load)(void *ctx);
    /* Reads the configuration again, and fills the answer, in the arena. False:
     * nothing has changed, and |text_out| says what is wrong. */
    bool (*reload)(void *ctx,
                   struct qc_arena *arena,
                   Qc__V1__ReloadConfigResponse *response,
                   char *text_out,
                   size_t text_size);
    /* The node must stop: a call of the replica answered with a fault. */
    void (*fault)(void *ctx, int fault);
    /* A peer says that the entry |index| has removed this node. */
    void (*removed)(void *ctx, uint64_t index);
    void (*notice)(void *ctx, enum qc_notice notice, const char *text);
    void *ctx;
};

/* How much this node takes of whom; a rate of 0 a second is none. */
struct qc_rpc_limits {
    struct qc_rate of_address; /* But loopback, and who is exempt. */
    struct qc_rate of_principal;
};

/* Gives; freed by qc_rpc_close(). NULL when memory is short. */
struct qc_rpc *qc_rpc_new(const struct qc_rpc_options *options);

/* The network to give the replica. */
struct qc_network qc_rpc_network(struct qc_rpc *rpc);

/* To be told before any call comes. */
void qc_rpc_set_replica(struct qc_rpc *rpc, struct qc_replica *replica);

/* The members are these from now on; copied. May be called while the replica is
 * in the middle of something. */
void qc_rpc_set_members(struct qc_rpc *rpc,
                        const struct qc_server *servers,
                        size_t n);

/* From now on; at first there are none. */
void qc_rpc_set_limits(struct qc_rpc *rpc, const struct qc_rpc_limits *limits);

/* The handler to give the server. */
struct qc_call_handler qc_rpc_handler(struct qc_rpc *rpc);

/* To give the machine, for as long as the edge lives: so it learns whose
 * desktops have changed. */
const struct qc_desktop_listener *qc_rpc_desktops(const struct qc_rpc *rpc);

/* The same, of what connectors are to do. */
const struct qc_outbox_listener *qc_rpc_outbox(const struct qc_rpc *rpc);

/* Sends what peers and watchers are to be told: last in each turn of the loop.
 */
void qc_rpc_flush(struct qc_rpc *rpc);

/* Sends what peers alone are to be told, after that. */
void qc_rpc_flush_peers(struct qc_rpc *rpc);

/* How many streams of would-be peers were turned away. */
uint64_t qc_rpc_peers_refused(const struct qc_rpc *rpc);

/* As qc_peers_rtt_us(). */
uint64_t qc_rpc_peer_rtt_us(const struct qc_rpc *rpc, uint64_t peer);

/* Whether watchers wait to be told more: then the loop must not sleep before
 * the next turn. (Telling is bounded to 1 ms a turn.) */
bool qc_rpc_busy(const struct qc_rpc *rpc);

/* No call may come any more. |closed| is called when nothing is left on the
 * loop. */
void qc_rpc_close(struct qc_rpc *rpc, void (*closed)(void *ctx), void *ctx);

#endif
