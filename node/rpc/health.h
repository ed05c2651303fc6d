/*
 * grpc.health.v1: whether this node serves, for anybody who may connect.
 *
 * The truth is that of readiness.h, the same for the node as a whole ("") and
 * for each service: any node answers for all of them. Watch tells it at once,
 * and again at the end of the turn of the loop in which it changes.
 */
#ifndef QC_RPC_HEALTH_H
#define QC_RPC_HEALTH_H

#include <stdbool.h>
#include <sys/queue.h>

struct qc_rpc;
struct qc_served;

struct qc_health_watchers {
    LIST_HEAD(, qc_health_watcher) list;
    int told; /* What all were told who read. */
};

/* Whether |service| is served here; "" is the node itself. */
bool qc_health_knows(const struct qc_served *served, const char *service);

/* The end of a turn: tells those who watch what has changed. */
void qc_health_turn(struct qc_rpc *rpc);

#endif
