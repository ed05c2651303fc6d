/*
 * Runs, each in a process of its own: so a run that dies is a failure like any
 * other, nothing of one is left for the next, and two can run at a time.
 */
#ifndef QC_SIM_CHILDREN_H
#define QC_SIM_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>

#include "cluster-tests/sim/check.h"
#include "cluster-tests/sim/plan.h"

struct sim_scenario;

enum {
    SIM_JOBS_MAX = 64,
};

struct sim_job {
    const struct sim_scenario *scenario; /* NULL: |plan| is run. */
    struct sim_plan plan;                /* Of a scenario, its nodes count. */
    int bug;                             /* Planted; 0: none. */
    enum sim_check required;
    bool perturbed; /* Fresh memory holds something else. */
    bool traced;
    size_t number; /* The caller's own. */
};

/* Runs it, and waits. */
void sim_child_run(const struct sim_job *job, struct sim_result *result_out);

/*
 * Runs whatever |next| gives until it returns false, |n_jobs| at a time, and
 * tells |ended| of each. False from |ended| ends it: no more is begun.
 */
struct sim_children {
    bool (*next)(void *ctx, struct sim_job *job_out);
    bool (*ended)(void *ctx,
                  const struct sim_job *job,
                  const struct sim_result *result);
    void *ctx;
};

void sim_children_run(const struct sim_children *children, unsigned n_jobs);

#endif
