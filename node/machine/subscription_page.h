/* Subscriptions, page by page. */
#ifndef QC_MACHINE_SUBSCRIPTION_PAGE_H
#define QC_MACHINE_SUBSCRIPTION_PAGE_H

#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

/* A page of subscriptions (qc_page holds their rows), in the order of their
 * ids. A page may be short, even empty, without being the last: no more than so
 * many rows are looked at. Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_subscription_page(
    struct qc_txn *txn,
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    struct qc_page *page_out);

#endif
