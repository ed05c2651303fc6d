/* From a plan that fails to the simplest one found that still does. */
#ifndef QC_SIM_SHRINK_H
#define QC_SIM_SHRINK_H

#include "cluster-tests/sim/children.h"

/* |job| has failed with |result|; both become those of the smaller one. Takes a
 * minute, about, at most. */
void sim_shrink(struct sim_job *job, struct sim_result *result);

#endif
