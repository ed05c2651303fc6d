/* Asks each node of a list how it is, all at the same time, by itself and once:
 * what a client of the cluster hides, an observer wants to see. */
#ifndef QC_CLI_OBSERVER_H
#define QC_CLI_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "lib/endpoints.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

struct qc_client;

enum {
    QC_STATE_HASH_SIZE = 33,
    QC_TROUBLE_SIZE = 128,
};

struct qc_observer;

/* What a node told, or why it did not. */
struct qc_node_view {
    struct qc_observer *observer;
    const char *address;
    bool answered;
    char trouble[QC_TROUBLE_SIZE]; /* "" when it answered. */
    uint64_t node_id;
    Qc__V1__NodeRole role;
    uint64_t leader_id; /* 0: it knows of none. */
    uint64_t term;
    uint64_t commit_index;
    uint64_t applied_index;
    uint64_t hash_index; /* 0: the hash asked for is not remembered. */
    char state_hash[QC_STATE_HASH_SIZE];
    uint64_t open_requests;
};

struct qc_observer {
    uv_loop_t *loop;
    struct qc_endpoints endpoints;
    struct qc_client *clients[QC_ENDPOINTS_MAX];
    struct qc_node_view views[QC_ENDPOINTS_MAX];
    unsigned n_waiting;
    void (*done)(void *ctx);
    void *ctx;
};

/* False when |endpoints| is no list of host:port, or memory is short. */
QC_MUST_CHECK bool qc_observer_init(struct qc_observer *observer,
                                    uv_loop_t *loop,
                                    const char *endpoints);

/* The observer may go once the loop has run empty. Takes a half-made one. */
void qc_observer_done(struct qc_observer *observer);

/*
 * Looks at all nodes; |hash_at_index| as in GetStatusRequest. |done| is called
 * once, later, when every node has answered or been given up; then |views|
 * holds what they told. One look at a time. False, and |done| never called,
 * when memory is short.
 */
QC_MUST_CHECK bool qc_observer_look(struct qc_observer *observer,
                                    uint64_t hash_at_index,
                                    int64_t timeout_ms,
                                    void (*done)(void *ctx),
                                    void *ctx);

/* The same, and runs the loop until it is done. */
QC_MUST_CHECK bool qc_observer_look_now(struct qc_observer *observer,
                                        uint64_t hash_at_index,
                                        int64_t timeout_ms);

/* The node that leads, by its own word, in the highest term; NULL when none
 * says so. */
const struct qc_node_view *qc_observer_leader(
    const struct qc_observer *observer);

/* "leader". Static. */
const char *qc_role_name(Qc__V1__NodeRole role);

#endif
