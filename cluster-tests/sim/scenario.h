/*
 * Directed scenarios: what random faults alone find too seldom. Each leads a
 * cluster of 3 or 5 nodes to a point, asserts on the way that it gets there,
 * and ends with all that is checked at the end of a run.
 */
#ifndef QC_SIM_SCENARIO_H
#define QC_SIM_SCENARIO_H

#include <stdbool.h>

#include "cluster-tests/sim/world.h"

struct sim_scenario {
    const char *name; /* A sentence that is true. */
    void (*run)(struct sim_world *world);
    void (*prepare)(struct sim_plan *plan); /* NULL: a plain plan will do. */
};

const struct sim_scenario *sim_scenarios(unsigned *n_out);

/* NULL: there is none of that name. */
const struct sim_scenario *sim_scenario_of(const char *name);

/* As sim_run(). */
void sim_scenario_run(const struct sim_scenario *scenario, unsigned n_nodes);

#endif
