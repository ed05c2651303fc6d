/* What the configuration says of the port, as server and edge count it. */
#ifndef QC_DAEMON_LIMITS_H
#define QC_DAEMON_LIMITS_H

#include "http2/server.h"
#include "quorumcall/config/v1/node.pb-c.h"
#include "rpc/rpc.h"

/* |n_files| is how many files the process may hold open, 0 when that is not
 * known: there are no more connections than they let. */
struct qc_http2_limits qc_limits_of_api(const Qc__Config__ApiConfig *api,
                                        uint64_t n_files);

/* The same for the edge. */
struct qc_rpc_limits qc_rpc_limits_of_api(const Qc__Config__ApiConfig *api);

#endif
