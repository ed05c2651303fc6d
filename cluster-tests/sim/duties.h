/*
 * Duties: what must hold of agents and of what waits for them, written down
 * once more, plainly, over the rows as they are seen (desks.h): invariants 23
 * to 29.
 */
#ifndef QC_SIM_DUTIES_H
#define QC_SIM_DUTIES_H

#include "cluster-tests/sim/desks.h"

struct sim_store;

/* The presence at |desk| is about to become |is|. */
void sim_duties_presence(const struct sim_desks *desks,
                         const struct sim_desk *desk,
                         const Qc__State__PresenceRow *is);

/* |was| has become |is|; NULL: there is none. */
void sim_duties_contact(struct sim_desks *desks,
                        const Qc__State__InteractionRow *was,
                        const Qc__State__InteractionRow *is);

/* All rows of the entry have been seen. */
void sim_duties_hold(const struct sim_desks *desks,
                     const struct sim_store *store);

#endif
