/* Small things of which the cluster has one: row 0/meta. */
#ifndef QC_MACHINE_META_H
#define QC_MACHINE_META_H

#include "machine/entity.h"
#include "quorumcall/state/v1/cluster.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_meta_entity;

/* In the arena, to be changed and put; NULL is a fault. */
Qc__State__MetaRow *qc_meta_get(struct qc_txn *txn);

void qc_meta_put(struct qc_txn *txn, const Qc__State__MetaRow *row);

#endif
