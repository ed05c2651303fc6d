/*
 * Takers: who could take what waits, and what is to be taken first, said once
 * more over rows (desks.h). duties.h asks.
 */
#ifndef QC_SIM_TAKERS_H
#define QC_SIM_TAKERS_H

#include "cluster-tests/sim/desks.h"

bool sim_taker_is_ready(const struct sim_desk *desk);

/* Whether one more of |media| fits beside what the agent of |presence| is at,
 * the offer of |but| not counted. NULL: at nothing. */
bool sim_taker_fits(const struct sim_desks *desks,
                    const Qc__State__AgentRow *agent,
                    const Qc__State__PresenceRow *presence,
                    Qc__V1__Media media,
                    const char *but);

/* Whether the agent is one of those that |row| is meant for by now: the one it
 * is held for, or those of its steps. */
bool sim_taker_is_meant(const Qc__State__InteractionRow *row,
                        const Qc__State__AgentRow *agent);

/* Whether the agent is not to be asked yet, or was not when it was |at_ms|. */
bool sim_taker_is_excluded(const Qc__State__InteractionRow *row,
                           const Qc__State__AgentRow *agent,
                           int64_t at_ms);

/* Whether the agent may be asked because he has had the customer before. For
 * messages it does not matter what he can do. */
bool sim_taker_is_acquainted(const struct sim_desks *desks,
                             const Qc__State__InteractionRow *row,
                             const Qc__State__AgentRow *agent);

/* Whether the agent at |desk| could be asked to take |row| at |at_ms|, |but|
 * not counted among what he is at. */
bool sim_taker_could_take(const struct sim_desks *desks,
                          const struct sim_desk *desk,
                          const Qc__State__InteractionRow *row,
                          const char *but,
                          int64_t at_ms);

/* Whether |a| has to be served before |b|: not only by their ids, unless they
 * have come the same way. */
bool sim_is_before(const Qc__V1__Tenant *tenant,
                   const Qc__V1__Interaction *a,
                   const Qc__V1__Interaction *b);

/* Whether the same agents may take both, by the same steps. */
bool sim_has_same_needs(const Qc__State__InteractionRow *a,
                        const Qc__State__InteractionRow *b);

#endif
