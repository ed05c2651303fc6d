/* A run: a plan, lived through, first with faults and then without. */
#ifndef QC_SIM_RUN_H
#define QC_SIM_RUN_H

#include "cluster-tests/sim/plan.h"

/* What it came to is in sim_result; when a check ends it, it does not return.
 */
void sim_run(const struct sim_plan *plan);

#endif
