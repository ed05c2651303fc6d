#include "rpc/readiness.h"

#include "replica/replica.h"

static bool is_member(const struct qc_replica_status *status, uint64_t node_id)
{
    for (unsigned i = 0; i < status->n_servers; i++) {
        if (status->servers[i].id == node_id) {
            return true;
        }
    }
    return false;
}

struct qc_readiness qc_readiness_of(const struct qc_replica_status *status,
                                    uint64_t node_id,
                                    int64_t silence_max_ms)
{
    return (struct qc_readiness){
        .joined = is_member(status, node_id),
        .leader = status->leader_id != 0 && status->leader_contact_ms >= 0 &&
                  status->leader_contact_ms <= silence_max_ms,
        .current =
            !status->installing &&
            status->commit_index <= status->applied_index + QC_READY_LAG_MAX,
        .staying = !status->draining,
        .writable = !status->read_only,
    };
}

bool qc_is_ready(const struct qc_readiness *readiness)
{
    return readiness->joined && readiness->leader && readiness->current &&
           readiness->staying && readiness->writable;
}
