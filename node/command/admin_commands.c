#include "command/glue.h"
#include "machine/import.h"
#include "machine/number.h"
#include "machine/store.h"
#include "machine/tenant.h"

/*
 * AdminService: tenants, numbers and imports; config_commands.c has the other
 * objects. What a field must be by itself, and that an object is there at all,
 * is in its limits (proto/), which are checked before anything here.
 */

/* A page token is the name that the last page ended with. */
static int check_key_token(const char *token, struct qc_refusal_detail *detail)
{
    if (token[0] != '\0' && !qc_config_is_key(token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

static int check_number_token(const char *token,
                              struct qc_refusal_detail *detail)
{
    if (token[0] != '\0' && !qc_config_is_e164(token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

/* --- tenants ----------------------------------------------------------------
 */

static Qc__V1__Tenant *tenant_of_key(struct qc_txn *txn, const char *key)
{
    const Qc__State__TenantRow *row = NULL;
    uint32_t tenant;

    if (qc_tenant_of_key(txn, key, &tenant)) {
        row = qc_tenant_get(txn, tenant);
    }
    return row != NULL ? row->tenant : NULL;
}

int qc_put_tenant_check(const Qc__V1__PutTenantRequest *request,
                        struct qc_refusal_detail *detail)
{
    return qc_tenant_check(request->tenant, detail);
}

int qc_put_tenant_run(struct qc_txn *txn,
                      const Qc__V1__PutTenantRequest *request,
                      Qc__V1__PutTenantResponse *response)
{
    enum qc_change change;
    int r = qc_tenant_put(txn, request->tenant, request->if_rev, &change);

    if (r == 0) {
        response->tenant = tenant_of_key(txn, request->tenant->key);
    }
    return r;
}

int qc_get_tenant_check(const Qc__V1__GetTenantRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_tenant_run(struct qc_txn *txn,
                      const Qc__V1__GetTenantRequest *request,
                      Qc__V1__GetTenantResponse *response)
{
    response->tenant = tenant_of_key(txn, request->key);
    return response->tenant != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "key");
}

int qc_list_tenants_check(const Qc__V1__ListTenantsRequest *request,
                          struct qc_refusal_detail *detail)
{
    return check_key_token(request->page_token, detail);
}

int qc_list_tenants_run(struct qc_txn *txn,
                        const Qc__V1__ListTenantsRequest *request,
                        Qc__V1__ListTenantsResponse *response)
{
    struct qc_page page;

    qc_entity_page(txn, &qc_tenant_key_entity, 0, request->page_token,
                   request->page_size, &page);
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__TenantKeyRow *named = page.rows[i];
        const Qc__State__TenantRow *row = qc_tenant_get(txn, named->tenant);

        if (row == NULL) {
            return qc_txn_fail(txn, QC_E_CORRUPT);
        }
        response->items[response->n_items++] = row->tenant;
    }
    response->next_token = page.next_token;
    return 0;
}

/* --- numbers ------------------------------------------------------------ */

int qc_put_number_check(const Qc__V1__PutNumberRequest *request,
                        struct qc_refusal_detail *detail)
{
    return qc_number_check(request->number, detail);
}

int qc_put_number_run(struct qc_txn *txn,
                      const Qc__V1__PutNumberRequest *request,
                      Qc__V1__PutNumberResponse *response)
{
    enum qc_change change;
    int r = qc_number_put(txn, request->number, request->if_rev, &change);

    if (r == 0) {
        response->number =
            qc_number_show(txn, qc_number_get(txn, request->number->number));
    }
    return r;
}

int qc_get_number_check(const Qc__V1__GetNumberRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_number_run(struct qc_txn *txn,
                      const Qc__V1__GetNumberRequest *request,
                      Qc__V1__GetNumberResponse *response)
{
    response->number = qc_number_show(txn, qc_number_get(txn, request->number));
    return response->number != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_NUMBER_UNKNOWN, "number");
}

int qc_list_numbers_check(const Qc__V1__ListNumbersRequest *request,
                          struct qc_refusal_detail *detail)
{
    return check_number_token(request->page_token, detail);
}

int qc_list_numbers_run(struct qc_txn *txn,
                        const Qc__V1__ListNumbersRequest *request,
                        Qc__V1__ListNumbersResponse *response)
{
    struct qc_page page;

    qc_number_page(txn, request->pool, request->state, request->page_token,
                   request->page_size, &page);
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        response->items[response->n_items++] =
            qc_number_show(txn, page.rows[i]);
    }
    response->next_token = page.next_token;
    return 0;
}

/* --- many at once ----------------------------------------------------------
 */

/* Rules of the single items are checked when they are written, because only
 * there it can be said which item it was. */
int qc_import_config_check(const Qc__V1__ImportConfigRequest *request,
                           struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i < request->n_items; i++) {
        if (request->items[i]->item_case ==
            QC__V1__CONFIG_ITEM__ITEM__NOT_SET) {
            detail->field = "items";
            return QC_REFUSED_INVALID;
        }
    }
    return 0;
}

int qc_import_config_run(struct qc_txn *txn,
                         const Qc__V1__ImportConfigRequest *request,
                         Qc__V1__ImportConfigResponse *response)
{
    struct qc_import_counts counts;
    int r = qc_import(txn, request->items, request->n_items, &counts);

    if (r == 0) {
        response->created = counts.created;
        response->updated = counts.updated;
        response->unchanged = counts.unchanged;
    }
    return r;
}
