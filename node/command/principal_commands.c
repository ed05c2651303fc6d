#include "command/glue.h"
#include "machine/config.h"
#include "machine/cors.h"
#include "machine/origin.h"
#include "machine/principal.h"
#include "machine/store.h"

/* AdminService: who may call. Get and List are in config_commands.c. */

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
            qc_config_show(txn, &qc_principal_kind,
                           qc_principal_get(txn, request->principal->key));
    }
    return r;
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
