/*
 * What directed scenarios are made of: waiting for something, having one node
 * lead, and holding back messages.
 */
#ifndef QC_SIM_STAGE_H
#define QC_SIM_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/world.h"

/* The scenario has not come to its point, unless |holds|. */
void sim_stage_require(bool holds, const char *what);

/* Begins: the shop is open, and nobody asks but the scenario. */
void sim_stage_begin(struct sim_world *world);

/* All is healed; all nodes run; nothing is held back any more. */
void sim_stage_heal(struct sim_world *world);

/* Steps until |holds| does, for |ms| at most: whether it does. */
typedef bool (*sim_stage_fn)(struct sim_world *world, struct sim_node *node);
bool sim_stage_wait(struct sim_world *world,
                    sim_stage_fn holds,
                    struct sim_node *node,
                    int64_t ms);

/* Steps until |node| leads and has committed an entry of its term, which takes
 * every means: nobody else may ask for votes. Required. */
void sim_stage_make_leader(struct sim_node *node);

/* Only |id| may ask for votes; 0: everybody may. */
void sim_stage_only_candidate(unsigned id);

/* Of |from|, messages with entries are lost, except those to |but| (0: all
 * are); with |from| 0 none are. */
void sim_stage_hold_entries(unsigned from, unsigned but);

/* Of |from|, entries of its own term are not sent, only those before them. */
void sim_stage_hold_own_term(unsigned from);

/* Changes of members that |from| has appended are not sent. */
void sim_stage_hold_changes(unsigned from);

/* Both ways, between the two groups. Bit |id| of |side|: in the first. */
void sim_stage_part(struct sim_world *world, uint64_t side);

/* A request for a number, tried at |node|. */
struct sim_request *sim_stage_ask(struct sim_node *node);

/* The same, and it must be acknowledged within |ms|. */
struct sim_request *sim_stage_ask_and_wait(struct sim_node *node, int64_t ms);

/* |n| of them, wherever, each acknowledged. */
void sim_stage_fill(struct sim_world *world, unsigned n);

struct qc_replica_status sim_stage_status(const struct sim_node *node);

/* Some node that runs and is not |node|. */
struct sim_node *sim_stage_other(struct sim_world *world,
                                 const struct sim_node *node);

/* The index of |node|'s last entry. */
uint64_t sim_stage_last(const struct sim_node *node);

/* Waits until all nodes that run have applied the same; required. */
void sim_stage_settle(struct sim_world *world);

#endif
