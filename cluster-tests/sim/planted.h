/*
 * Bugs on purpose: those of the transport, and the table of all of them, with
 * the check that must see each (`make check-planted`).
 */
#ifndef QC_SIM_PLANTED_H
#define QC_SIM_PLANTED_H

#include "base/bytes.h"
#include "cluster-tests/sim/world.h"

/* Messages of consensus of a node that leads, or follows, as a faulty transport
 * would change them. Allocated anew when |bytes| changes; NULL when not. */
uint8_t *sim_planted_change(const struct sim_node *from,
                            struct qc_bytes bytes,
                            size_t *size_out);

#endif
