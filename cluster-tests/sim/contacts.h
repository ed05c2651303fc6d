/*
 * What agents, connectors and those who lead them ask for.
 *
 * What they ask follows from the rows as they are, mostly; and now and then
 * from what they were told long ago.
 */
#ifndef QC_SIM_CONTACTS_H
#define QC_SIM_CONTACTS_H

#include "cluster-tests/sim/requests.h"

/* Some request of |client|, by chance. */
struct sim_request *sim_contacts_any(struct sim_world *world,
                                     struct sim_random *random,
                                     uint64_t client);

#endif
