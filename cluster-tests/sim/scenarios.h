/* What scenarios.def names. */
#ifndef QC_SIM_SCENARIOS_H
#define QC_SIM_SCENARIOS_H

#include "cluster-tests/sim/world.h"

#define SIM_SCENARIO_ROW(function, prepare, text) \
    void sim_scenario_##function(struct sim_world *world);
#include "cluster-tests/sim/scenarios.def"
#undef SIM_SCENARIO_ROW

void sim_prepare_starvation(struct sim_plan *plan);
void sim_prepare_snapshots(struct sim_plan *plan);

#endif
