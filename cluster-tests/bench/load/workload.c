#include "cluster-tests/bench/load/workload.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct qc_workload *const WORKLOADS[] = {
    &qc_workload_put,       &qc_workload_get,         &qc_workload_attach,
    &qc_workload_take,      &qc_workload_visit,       &qc_workload_contact,
    &qc_workload_pause,     &qc_workload_queue,       &qc_workload_estimate,
    &qc_workload_etcd_put,  &qc_workload_etcd_range,  &qc_workload_etcd_visit,
    &qc_workload_redis_set, &qc_workload_redis_visit, &qc_workload_numbers,
    &qc_workload_etcd_fill,
};

const struct qc_workload *qc_workload_named(const char *name)
{
    for (size_t i = 0; i < sizeof(WORKLOADS) / sizeof(WORKLOADS[0]); i++) {
        if (strcmp(WORKLOADS[i]->name, name) == 0) {
            return WORKLOADS[i];
        }
    }
    return NULL;
}

void qc_load_key(uint32_t key, char key_out[QC_LOAD_KEY_SIZE])
{
    snprintf(key_out, QC_LOAD_KEY_SIZE, "branch%010" PRIu32, key);
}

void qc_load_value(uint64_t operation, char value_out[QC_LOAD_VALUE_SIZE])
{
    snprintf(value_out, QC_LOAD_VALUE_SIZE, "%0128" PRIu64, operation);
}

void qc_load_record_value(uint32_t key,
                          char value_out[QC_LOAD_RECORD_VALUE_SIZE])
{
    snprintf(value_out, QC_LOAD_RECORD_VALUE_SIZE, "%0100" PRIu32, key);
}

uint32_t qc_load_batch(const struct qc_lane *lane,
                       uint32_t max,
                       uint32_t *first_out)
{
    uint64_t first = lane->operation * max;
    uint64_t left =
        first < lane->ground->n_keys ? lane->ground->n_keys - first : 0;

    *first_out = (uint32_t)first;
    return left < max ? (uint32_t)left : max;
}
