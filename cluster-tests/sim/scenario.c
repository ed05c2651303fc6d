#include "cluster-tests/sim/scenario.h"

#include <stddef.h>
#include <string.h>

#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/scenarios.h"
#include "cluster-tests/sim/stage.h"

static const struct sim_scenario scenarios[] = {
#define SIM_SCENARIO_ROW(function, prepare, text) \
    {text, sim_scenario_##function, prepare},
#include "cluster-tests/sim/scenarios.def"
#undef SIM_SCENARIO_ROW
};

const struct sim_scenario *sim_scenarios(unsigned *n_out)
{
    *n_out = sizeof(scenarios) / sizeof(scenarios[0]);
    return scenarios;
}

const struct sim_scenario *sim_scenario_of(const char *name)
{
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

void sim_scenario_run(const struct sim_scenario *scenario, unsigned n_nodes)
{
    struct sim_world *world;
    struct sim_plan plan;

    sim_plan_init(&plan, 1);
    plan.nodes = n_nodes;
    plan.callers = 4;
    plan.numbers = 16;
    plan.checkpoint_entries = 0;
    plan.compare_ms = 600000; /* Nothing comes in between. */
    if (scenario->prepare != NULL) {
        scenario->prepare(&plan);
    }
    world = sim_world_new(&plan);
    sim_stage_begin(world);
    scenario->run(world);
    sim_ledger_replay(world->ledger);
    sim_requests_check_end(world->requests);
    sim_world_free(world);
}
