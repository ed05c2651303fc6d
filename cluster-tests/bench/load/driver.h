/*
 * The load: lanes, which are streams of connections, on which operations of one
 * workload are done.
 *
 * In a closed loop each lane begins the next operation as soon as its last is
 * done. In an open loop operations are due at times of a Poisson process, which
 * the seed decides, whether or not the system keeps up: one that finds no lane
 * free waits for one, and its latency counts from when it was due.
 *
 * The first answer that is not what was asked for ends the run: a stored
 * answer, a refusal, an error, a broken connection.
 */
#ifndef QC_LOAD_DRIVER_H
#define QC_LOAD_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster-tests/bench/load/latency.h"
#include "cluster-tests/bench/load/workload.h"

struct qc_load_plan {
    const struct qc_workload *workload;
    const char *endpoint; /* "host:port" */
    const char *tenant;   /* NULL: none is named. */
    const char *subject;
    const char (*ids)[QC_LANE_ID_SIZE]; /* "attach": |n_keys| of them. */
    uint32_t n_keys;
    uint32_t n_connections;
    uint32_t n_streams;  /* On each. */
    uint32_t warm_up_ms; /* From the beginning; is not measured. */
    uint32_t measured_ms;
    uint32_t n_operations; /* Not 0: that many, and all are measured; keys come
                              in turn instead of at random. */
    uint32_t rate; /* Operations a second, in an open loop; 0: a closed one. */
    uint64_t seed;
};

struct qc_load_record {
    struct qc_latency latency; /* Of operations that are measured. */
    struct qc_latency calls[QC_WORKLOAD_STEPS_MAX]; /* Of their calls. */
    uint64_t n_operations; /* All that were done, measured or not. */
    uint64_t n_acks;       /* Calls that were answered. */
    uint64_t n_lost; /* How often one began anew since another was quicker. */
    uint64_t elapsed_ns; /* From the first that was measured to the last. */
    uint64_t
        behind_max_us; /* Open loop: how late an operation began at most. */
    char
        failure[256]; /* "": there was none; else nothing else is to be used. */
};

/* Runs it to its end, or until SIGTERM, after which nothing begins. False, with
 * |failure|, when anything was not as it should be. */
QC_MUST_CHECK bool qc_load_run(const struct qc_load_plan *plan,
                               struct qc_load_record *record_out);

#endif
