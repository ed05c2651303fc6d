/*
 * What there is to ask for: the requests that set up a shop, and those of its
 * visitors and of its telephone network.
 */
#ifndef QC_SIM_QUESTIONS_H
#define QC_SIM_QUESTIONS_H

#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/visits.h"
#include "quorumcall/v1/allocation.pb-c.h"

/* The |step|th request, from 0, that sets up the shop; NULL: it is set up. */
struct sim_request *sim_question_of_setup(struct sim_world *world,
                                          unsigned step);

/* Some request of |client|, by chance. */
struct sim_request *sim_question_any(struct sim_world *world,
                                     struct sim_random *random,
                                     uint64_t client);

/* What operators ask for. */
struct sim_request *sim_question_add_member(struct sim_world *world,
                                            const struct sim_node *node,
                                            bool standby);
struct sim_request *sim_question_promote_member(struct sim_world *world,
                                                unsigned id);
struct sim_request *sim_question_remove_member(struct sim_world *world,
                                               unsigned id);

/* AllocateNumber. */
struct sim_request *sim_question_allocate(struct sim_world *world,
                                          struct sim_random *random,
                                          uint64_t client);

#endif
