/*
 * The shop: what there is of tenants, subjects, pools and numbers, and, where
 * the plan has agents, of skills, queues and agents; and how that is changed
 * while they work.
 */
#ifndef QC_SIM_SHOP_H
#define QC_SIM_SHOP_H

#include "cluster-tests/sim/requests.h"

enum {
    SIM_SHOP_SALES = 0, /* Of calls of numbers. */
    SIM_SHOP_CHAT,
    SIM_SHOP_HELP, /* Waits here end by themselves. */
    SIM_SHOP_SUBJECTS,
};

/* The key of the subject |which|. */
const char *sim_shop_subject(unsigned which);

/* The |step|th request, from 0, that sets up the shop; NULL: it is set up. */
struct sim_request *sim_shop_of_setup(struct sim_world *world, unsigned step);

/* Changes something of it by chance: somebody can do more than before, or less.
 */
struct sim_request *sim_shop_change(struct sim_world *world,
                                    struct sim_random *random,
                                    uint64_t client);

#endif
