#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/inside.h"

int qc_replica_report(struct qc_replica *replica)
{
    const struct qc_replica_options *options = &replica->options;
    struct qc_duties *duties = &replica->duties;
    Qc__V1__ReportNodeRequest request = QC__V1__REPORT_NODE_REQUEST__INIT;
    uint32_t reported;

    if (duties->is_reported || options->version_max == 0 ||
        qc_errand_waits(replica, &duties->report) || replica->leader_id == 0 ||
        !qc_replica_is_member(replica)) {
        return 0;
    }
    (void)options->applier.version(options->applier.ctx, &reported);
    if (duties->report.is_done && reported == options->version_max) {
        duties->is_reported = true;
        return 0;
    }
    request.node_id = options->id;
    request.version_max = options->version_max;
    request.release = options->release;
    request.client_ts_ms = qc_replica_request_ms(replica);
    return qc_replica_run_errand(replica, &duties->report,
                                 QC_COMMAND_REPORT_NODE, &request.base);
}
