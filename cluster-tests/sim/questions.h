/*
 * What there is to ask for: the requests of the shop's visitors, of its
 * telephone network and, where there are any, of its agents (contacts.h).
 */
#ifndef QC_SIM_QUESTIONS_H
#define QC_SIM_QUESTIONS_H

#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/visits.h"
#include "quorumcall/v1/allocation.pb-c.h"

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
