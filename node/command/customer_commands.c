#include "command/glue.h"
#include "machine/customer.h"
#include "machine/row.h"
#include "machine/store.h"

/* CustomerService, but Put, Get and List of profiles (config_commands.c). */

int qc_get_customer_history_check(
    const Qc__V1__GetCustomerHistoryRequest *request,
    struct qc_refusal_detail *detail)
{
    if ((request->customer[0] == '\0') == (request->phone[0] == '\0')) {
        detail->field = request->customer[0] == '\0' ? "customer" : "phone";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_get_customer_history_run(
    struct qc_txn *txn,
    const Qc__V1__GetCustomerHistoryRequest *request,
    Qc__V1__GetCustomerHistoryResponse *response)
{
    const Qc__State__CustomerRow *profile;
    struct qc_page page;
    int r = qc_customer_history(txn, request, &profile, &page);

    if (r != 0) {
        return r;
    }
    response->customer = profile != NULL ? profile->customer : NULL;
    response->items =
        qc_alloc(txn, (page.n_rows + 1) * sizeof(Qc__V1__Interaction *));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__InteractionRow *row = page.rows[i];

        response->items[response->n_items++] = row->interaction;
    }
    response->next_token = page.next_token;
    return txn->fault;
}
