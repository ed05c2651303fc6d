/*
 * Whether a node serves: what readyz and grpc.health.v1 tell, in one place.
 *
 * It does not depend on who leads, since any node answers; it does on whether
 * there is a leader, and on how far this node lags behind.
 */
#ifndef QC_RPC_READINESS_H
#define QC_RPC_READINESS_H

#include <stdbool.h>
#include <stdint.h>

struct qc_replica_status;

enum {
    QC_READY_LAG_MAX = 10000, /* Committed entries that wait to be applied. */
};

/* Each is one check, and true when it is well. */
struct qc_readiness {
    bool joined;   /* A member of the cluster. */
    bool leader;   /* It sees one. */
    bool current;  /* Its rows do not lag, nor are they being replaced. */
    bool staying;  /* It is not draining. */
    bool writable; /* The cluster is not read-only. */
};

/* |silence_max_ms|: how old word from a leader, or from a quorum, may be. */
struct qc_readiness qc_readiness_of(const struct qc_replica_status *status,
                                    uint64_t node_id,
                                    int64_t silence_max_ms);

/* Whether every check is well. */
bool qc_is_ready(const struct qc_readiness *readiness);

#endif
