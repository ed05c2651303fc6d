/*
 * What is kept for those who call: of calls that campaigns made an offer leaves
 * so many agents who could take one that comes in (domain model D.3, exclusion
 * 4).
 *
 * A queue says how many (roster.h, qc_roster_reserve()). They are counted among
 * the agents of the steps so far of what waits, and who could take no call that
 * comes in is not kept from others.
 */
#ifndef QC_MACHINE_RESERVE_H
#define QC_MACHINE_RESERVE_H

#include "machine/roster_parts.h"

/* How many |queue| keeps. */
uint32_t qc_reserve_of(const struct qc_roster *roster, const char *queue);

/* Whether all who are left of |class| are kept. */
bool qc_reserve_binds(const struct qc_roster *roster,
                      const struct qc_class *class);

/* Whether |agent| is kept from what waits in |class|. */
bool qc_reserve_keeps(const struct qc_roster *roster,
                      const struct qc_class *class,
                      uint32_t agent);

/* Whether two rosters keep the same. */
bool qc_reserve_is_same(const struct qc_roster *a, const struct qc_roster *b);

void qc_reserve_free(struct qc_roster *roster);

#endif
