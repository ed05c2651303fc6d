/*
 * The rosters of all tenants, as the machine holds them.
 */
#ifndef QC_MACHINE_ROSTERS_H
#define QC_MACHINE_ROSTERS_H

#include "machine/key.h"
#include "machine/roster.h"

struct qc_rosters;
struct qc_txn;

/* NULL when memory is short. */
struct qc_rosters *qc_rosters_new(void);
void qc_rosters_free(struct qc_rosters *rosters);

/* The roster of txn->tenant, made when it is first asked for; NULL is a fault,
 * already remembered. */
struct qc_roster *qc_roster_of(struct qc_txn *txn);

/* What differs, for verification, and of which tenant; NULL when nothing does.
 */
const char *qc_rosters_difference(struct qc_rosters *a,
                                  struct qc_rosters *b,
                                  uint32_t *tenant_out);

#endif
