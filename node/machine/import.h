/* Import: many objects of a configuration at once, all of them or none. */
#ifndef QC_MACHINE_IMPORT_H
#define QC_MACHINE_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "quorumcall/v1/admin_service.pb-c.h"

struct qc_txn;

/* What became of the objects. */
struct qc_import_counts {
    uint32_t created;
    uint32_t updated;
    uint32_t unchanged;
};

/*
 * Creates or replaces |items| in their order; each may refer to those before
 * it. Refuses what putting one of them alone would, and then has written none;
 * the detail's field begins with the item's place: "items[3].pool.subject".
 */
QC_MUST_CHECK int qc_import(struct qc_txn *txn,
                            Qc__V1__ConfigItem *const *items,
                            size_t n_items,
                            struct qc_import_counts *counts_out);

#endif
