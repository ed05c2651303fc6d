#include "command/glue.h"
#include "machine/branch.h"
#include "machine/row.h"
#include "machine/store.h"

/* Branches: of AdminService, and NearestBranch of NumberService. */

static Qc__V1__Branch *show(const Qc__State__BranchRow *row)
{
    return row != NULL ? row->branch : NULL;
}

int qc_put_branch_check(const Qc__V1__PutBranchRequest *request,
                        struct qc_refusal_detail *detail)
{
    return qc_branch_check(request->branch, detail);
}

int qc_put_branch_run(struct qc_txn *txn,
                      const Qc__V1__PutBranchRequest *request,
                      Qc__V1__PutBranchResponse *response)
{
    enum qc_change change;
    int r = qc_branch_put(txn, request->branch, request->if_rev, &change);

    if (r == 0) {
        response->branch = show(qc_branch_get(txn, request->branch->key));
    }
    return r;
}

int qc_get_branch_check(const Qc__V1__GetBranchRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_branch_run(struct qc_txn *txn,
                      const Qc__V1__GetBranchRequest *request,
                      Qc__V1__GetBranchResponse *response)
{
    response->branch = show(qc_branch_get(txn, request->key));
    return response->branch != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "key");
}

int qc_list_branches_check(const Qc__V1__ListBranchesRequest *request,
                           struct qc_refusal_detail *detail)
{
    if (request->page_token[0] != '\0' &&
        !qc_config_is_key(request->page_token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

int qc_list_branches_run(struct qc_txn *txn,
                         const Qc__V1__ListBranchesRequest *request,
                         Qc__V1__ListBranchesResponse *response)
{
    struct qc_page page;

    qc_entity_page(txn, &qc_branch_entity, txn->tenant, request->page_token,
                   request->page_size, &page);
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        response->items[response->n_items++] = show(page.rows[i]);
    }
    response->next_token = page.next_token;
    return 0;
}

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
        item->branch = show(qc_branch_get(txn, nearest[i].key));
        item->metres = nearest[i].metres;
        response->items[response->n_items++] = item;
    }
    return 0;
}
