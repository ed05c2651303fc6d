#include "daemon/limits.h"

#include <assert.h>

#include "daemon/files.h"

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
};

struct qc_http2_limits qc_limits_of_api(const Qc__Config__ApiConfig *api,
                                        uint64_t n_files)
{
    struct qc_http2_limits limits = qc_http2_limits_default();

    limits.message_size = api->message_kib * KIB;
    limits.header_size = api->header_kib * KIB;
    limits.headers = api->headers;
    limits.concurrent_streams = api->streams;
    limits.connections = qc_files_connections(n_files, api->connections);
    limits.connections_per_address = api->connections_per_address;
    limits.preface_ms = api->preface_ms;
    limits.headers_ms = api->headers_ms;
    limits.idle_ms = api->idle_ms;
    limits.age_ms = api->age_ms;
    limits.age_grace_ms = api->age_grace_ms;
    limits.write_stall_ms = api->write_stall_ms;
    limits.output_size = api->output_kib * KIB;
    limits.output_total_size = (uint64_t)api->output_total_mib * MIB;
    limits.noise_burst = api->noise_burst;
    limits.noise_per_s = api->noise_per_s;
    limits.reset_burst = api->reset_burst;
    limits.reset_per_s = api->reset_per_s;
    for (size_t i = 0; i < api->n_exempt_addresses; i++) {
        bool good = qc_http2_limits_exempt(&limits, api->exempt_addresses[i]);

        assert(good); /* It was checked when it was read. */
    }
    return limits;
}

struct qc_rpc_limits qc_rpc_limits_of_api(const Qc__Config__ApiConfig *api)
{
    return (struct qc_rpc_limits){
        .of_address = {api->address_rate_per_s, api->address_rate_burst},
        .of_principal = {api->principal_rate_per_s, api->principal_rate_burst},
    };
}
