/*
 * A plan: everything about a run that is not chance. Drawn from a seed, or read
 * from a file that a failure was shrunk to.
 */
#ifndef QC_SIM_PLAN_H
#define QC_SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sim_plan {
    uint64_t seed;
#define SIM_PLAN(name, least, most, standard, kind, text) int64_t name;
#include "cluster-tests/sim/plan.def"
#undef SIM_PLAN
};

enum sim_plan_kind {
    SIM_PLAN_FIXED,
    SIM_PLAN_FAULT,
    SIM_PLAN_SIZE,
};

struct sim_plan_field {
    const char *name;
    size_t offset;
    int64_t least;
    int64_t most;
    int64_t standard;
    enum sim_plan_kind kind;
};

const struct sim_plan_field *sim_plan_fields(unsigned *n_out);
int64_t *sim_plan_at(struct sim_plan *plan, const struct sim_plan_field *field);

/* Nothing goes wrong in it. */
void sim_plan_init(struct sim_plan *plan, uint64_t seed);

/* Which faults there are, how often, and how large everything is: from the
 * seed (swarm.c). */
void sim_plan_draw(struct sim_plan *plan, uint64_t seed);

/* Lines "name value"; what is not said keeps its default. False, and a message
 * on standard error, when it is no plan. */
bool sim_plan_read(struct sim_plan *plan, FILE *file);

/* What differs from the default. */
void sim_plan_write(const struct sim_plan *plan, FILE *file);

#endif
