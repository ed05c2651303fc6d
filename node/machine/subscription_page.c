#include "machine/subscription_page.h"

#include <string.h>

#include "machine/id.h"
#include "machine/listing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subscription.h"

static bool passes(void *ctx, const void *row)
{
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request = ctx;
    const Qc__State__SubscriptionRow *of = row;
    const Qc__V1__Subscription *s = of->subscription;

    return (request->state ==
                QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_UNSPECIFIED ||
            request->state == s->state) &&
           (request->subject[0] == '\0' ||
            strcmp(request->subject, s->subject) == 0);
}

int qc_subscription_page(
    struct qc_txn *txn,
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    struct qc_page *page_out)
{
    Qc__V1__ListAvailabilitySubscriptionsRequest asked = *request;
    struct qc_listing listing = {
        .entity = &qc_subscription_entity,
        .id_prefix = QC_SUBSCRIPTION_PREFIX,
        .token = request->page_token,
        .size = request->page_size,
        .passes = passes,
        .ctx = &asked,
    };

    return qc_listing_page(txn, &listing, page_out);
}
