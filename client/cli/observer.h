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
struct qc_credentials;

enum {
    QC_STATE_HASH_SIZE = 33,
    QC_TROUBLE_SIZE = 128,
    QC_CLUSTER_ID_SIZE = 65,
    QC_RELEASE_SIZE = 33,
    QC_MEMBER_VIEWS_MAX = 16,
};

struct qc_observer;

/* A member, as the asked node knows it. */
struct qc_member_view {
    uint64_t node_id;
    char address[QC_ENDPOINT_SIZE];
    bool voter;
    bool connected;
    uint64_t match_index; /* Told by a leader; else 0. */
};

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
    char cluster_id[QC_CLUSTER_ID_SIZE];
    char release[QC_RELEASE_SIZE];
    uint32_t version_max; /* 0: it does not tell. */
    uint64_t first_index;
    uint64_t last_index;
    uint64_t checkpoint_index; /* 0: it has none. */
    uint64_t loop_stall_us;
    bool draining;
    bool drained;
    uint64_t draining_ms; /* For how long. */
    uint64_t connections;
    uint64_t calls;   /* Of clients, */
    uint64_t streams; /* and their streams. */
    bool read_only;
    bool installing;
    struct qc_member_view members[QC_MEMBER_VIEWS_MAX];
    unsigned n_members;
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

/* False when |endpoints| is no list of host:port, or memory is short.
 * |credentials| are borrowed for as long as it observes. */
QC_MUST_CHECK bool qc_observer_init(struct qc_observer *observer,
                                    uv_loop_t *loop,
                                    const char *endpoints,
                                    const struct qc_credentials *credentials);

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

/* Whether |view| answered and has found its place: one of |leader|'s members
 * follows it or is it, one that waits to be added or was removed need not. */
bool qc_observer_in_place(const struct qc_node_view *view,
                          const struct qc_node_view *leader);

/* "leader". Static. */
const char *qc_role_name(Qc__V1__NodeRole role);

#endif
