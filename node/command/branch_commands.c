#include "command/glue.h"
#include "machine/branch.h"
#include "machine/row.h"
#include "machine/store.h"

/* NumberService: NearestBranch. */

enum {
    LIMIT = 3, /* When nothing else is asked for. */
};

int qc_nearest_branch_check(const Qc__V1__NearestBranchRequest *request,
                            struct qc_refusal_detail *detail)
{
    if (request->limit > QC_BRANCH_NEAREST_MAX) {
        detail->field = "limit";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_nearest_branch_run(struct qc_txn *txn,
                          const Qc__V1__NearestBranchRequest *request,
                          Qc__V1__NearestBranchResponse *response)
{
    struct qc_branch_distance nearest[QC_BRANCH_NEAREST_MAX];
    struct qc_place place = {request->lat_e7, request->lon_e7};
    size_t limit = request->limit > 0 ? request->limit : LIMIT;
    size_t n = qc_branch_nearest(txn, place, limit, nearest);

    response->items = qc_alloc(txn, n * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < n; i++) {
        Qc__V1__BranchDistance *item =
            qc_row_new(txn, &qc__v1__branch_distance__descriptor);

        if (item == NULL) {
            break;
        }
        item->branch = qc_config_show(txn, &qc_branch_kind,
                                      qc_branch_get(txn, nearest[i].key));
        item->metres = nearest[i].metres;
        response->items[response->n_items++] = item;
    }
    return 0;
}
