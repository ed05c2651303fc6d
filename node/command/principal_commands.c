#include "command/glue.h"
#include "machine/config.h"
#include "machine/cors.h"
#include "machine/origin.h"
#include "machine/principal.h"
#include "machine/store.h"

/* AdminService: who may call. */

static Qc__V1__Principal *principal_show(const Qc__State__PrincipalRow *row)
{
    return row != NULL ? row->principal : NULL;
}

int qc_put_principal_check(const Qc__V1__PutPrincipalRequest *request,
                           struct qc_refusal_detail *detail)
{
    return qc_principal_check(request, detail);
}

int qc_put_principal_run(struct qc_txn *txn,
                         const Qc__V1__PutPrincipalRequest *request,
                         Qc__V1__PutPrincipalResponse *response)
{
    enum qc_change change;
    int r = qc_principal_put(txn, request, &change);

    if (r == 0) {
        response->principal =
            principal_show(qc_principal_get(txn, request->principal->key));
    }
    return r;
}

int qc_get_principal_check(const Qc__V1__GetPrincipalRequest *request,
                           struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_principal_run(struct qc_txn *txn,
                         const Qc__V1__GetPrincipalRequest *request,
                         Qc__V1__GetPrincipalResponse *response)
{
    response->principal = principal_show(qc_principal_get(txn, request->key));
    return response->principal != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "key");
}

int qc_list_principals_check(const Qc__V1__ListPrincipalsRequest *request,
                             struct qc_refusal_detail *detail)
{
    if (request->page_token[0] != '\0' &&
        !qc_config_is_key(request->page_token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

int qc_list_principals_run(struct qc_txn *txn,
                           const Qc__V1__ListPrincipalsRequest *request,
                           Qc__V1__ListPrincipalsResponse *response)
{
    struct qc_page page;

    qc_entity_page(txn, &qc_principal_entity, txn->tenant, request->page_token,
                   request->page_size, &page);
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        response->items[response->n_items++] = principal_show(page.rows[i]);
    }
    response->next_token = page.next_token;
    return 0;
}

int qc_put_cors_origins_check(const Qc__V1__PutCorsOriginsRequest *request,
                              struct qc_refusal_detail *detail)
{
    return qc_origins_check(request->origins, request->n_origins, "origins",
                            detail);
}

int qc_put_cors_origins_run(struct qc_txn *txn,
                            const Qc__V1__PutCorsOriginsRequest *request,
                            Qc__V1__PutCorsOriginsResponse *response)
{
    int r =
        qc_cors_put(txn, request->origins, request->n_origins, request->if_rev);

    if (r == 0) {
        response->cors = qc_cors_get(txn);
    }
    return r;
}

int qc_get_cors_origins_check(const Qc__V1__GetCorsOriginsRequest *request,
                              struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_cors_origins_run(struct qc_txn *txn,
                            const Qc__V1__GetCorsOriginsRequest *request,
                            Qc__V1__GetCorsOriginsResponse *response)
{
    (void)request;
    response->cors = qc_cors_get(txn);
    return 0;
}
