/*
 * Faults: each kind strikes by itself, again and again, as often as the plan
 * says, and undoes what it did a while later.
 */
#ifndef QC_SIM_NEMESIS_H
#define QC_SIM_NEMESIS_H

#include "cluster-tests/sim/world.h"

struct sim_nemesis;

/* Begins. */
struct sim_nemesis *sim_nemesis_new(struct sim_world *world);
void sim_nemesis_free(struct sim_nemesis *nemesis);

/* Strikes no more, and all that it did is undone; but |down| nodes, at most, of
 * those that are down stay down: the others are enough for a quorum. */
void sim_nemesis_end(struct sim_nemesis *nemesis, unsigned down);

#endif
