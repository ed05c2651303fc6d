#include "command/glue.h"
#include "machine/store.h"
#include "machine/zone.h"

/* AdminService: time zones, which belong to the cluster. */

/* Rules of the single zones are checked when they are installed, because only
 * there it can be said which one it was. */
int qc_install_time_zones_check(const Qc__V1__InstallTimeZonesRequest *request,
                                struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_install_time_zones_run(struct qc_txn *txn,
                              const Qc__V1__InstallTimeZonesRequest *request,
                              Qc__V1__InstallTimeZonesResponse *response)
{
    struct qc_zone_counts counts;
    int r = qc_zone_install(txn, request->zones, request->n_zones, &counts);

    if (r == 0) {
        response->created = counts.created;
        response->updated = counts.updated;
        response->unchanged = counts.unchanged;
    }
    return r;
}

int qc_list_time_zones_check(const Qc__V1__ListTimeZonesRequest *request,
                             struct qc_refusal_detail *detail)
{
    if (request->page_token[0] != '\0' &&
        !qc_zone_is_name(request->page_token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

int qc_list_time_zones_run(struct qc_txn *txn,
                           const Qc__V1__ListTimeZonesRequest *request,
                           Qc__V1__ListTimeZonesResponse *response)
{
    struct qc_page page;

    qc_entity_page(txn, &qc_zone_entity, 0, request->page_token,
                   request->page_size, &page);
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__ZoneRow *row = page.rows[i];

        response->items[response->n_items++] = row->zone;
    }
    response->next_token = page.next_token;
    return 0;
}
