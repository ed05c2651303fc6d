#include "command/glue.h"
#include "machine/store.h"
#include "machine/subscription.h"
#include "machine/subscription_page.h"

/* NumberService: who wants to be told that an agent is available. */

QC_NOTHING_TO_CHECK(SubscribeAgentAvailable, subscribe_agent_available)

int qc_subscribe_agent_available_run(
    struct qc_txn *txn,
    const Qc__V1__SubscribeAgentAvailableRequest *request,
    Qc__V1__SubscribeAgentAvailableResponse *response)
{
    struct qc_subscribed got;
    int r = qc_subscription_add(txn, request, &got);

    if (r != 0) {
        return r;
    }
    response->subscription_id = got.row->subscription->subscription_id;
    response->state = got.row->subscription->state;
    response->expires_ms = got.row->subscription->expires_ms;
    response->visit_token = got.visit_token;
    response->reused = got.reused;
    return 0;
}

/* NULL when there is none for the caller, and then that is the refusal. */
static Qc__State__SubscriptionRow *find(struct qc_txn *txn,
                                        const char *subscription_id,
                                        ProtobufCBinaryData token,
                                        int *r_out)
{
    Qc__State__SubscriptionRow *row = qc_subscription_prove(
        txn, subscription_id, (struct qc_bytes){token.data, token.len});

    *r_out = row != NULL
                 ? 0
                 : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "subscription_id");
    return row;
}

QC_NOTHING_TO_CHECK(ClaimAvailability, claim_availability)

int qc_claim_availability_run(struct qc_txn *txn,
                              const Qc__V1__ClaimAvailabilityRequest *request,
                              Qc__V1__ClaimAvailabilityResponse *response)
{
    int r;
    Qc__State__SubscriptionRow *row =
        find(txn, request->subscription_id, request->visit_token, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_subscription_claim(txn, row);
    if (r == 0) {
        response->state = row->subscription->state;
        response->claim_until_ms = row->subscription->claim_until_ms;
    }
    return r;
}

QC_NOTHING_TO_CHECK(DeclineAvailability, decline_availability)

int qc_decline_availability_run(
    struct qc_txn *txn,
    const Qc__V1__DeclineAvailabilityRequest *request,
    Qc__V1__DeclineAvailabilityResponse *response)
{
    int r;
    Qc__State__SubscriptionRow *row =
        find(txn, request->subscription_id, request->visit_token, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_subscription_decline(txn, row);
    if (r == 0) {
        response->state = row->subscription->state;
    }
    return r;
}

QC_NOTHING_TO_CHECK(CancelAvailabilitySubscription,
                    cancel_availability_subscription)

int qc_cancel_availability_subscription_run(
    struct qc_txn *txn,
    const Qc__V1__CancelAvailabilitySubscriptionRequest *request,
    Qc__V1__CancelAvailabilitySubscriptionResponse *response)
{
    int r;
    Qc__State__SubscriptionRow *row =
        find(txn, request->subscription_id, request->visit_token, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_subscription_cancel(txn, row);
    if (r == 0) {
        response->state = row->subscription->state;
    }
    return r;
}

QC_NOTHING_TO_CHECK(GetAvailabilitySubscription, get_availability_subscription)

int qc_get_availability_subscription_run(
    struct qc_txn *txn,
    const Qc__V1__GetAvailabilitySubscriptionRequest *request,
    Qc__V1__GetAvailabilitySubscriptionResponse *response)
{
    int r;
    const Qc__State__SubscriptionRow *row =
        find(txn, request->subscription_id, request->visit_token, &r);

    if (row != NULL) {
        response->subscription = row->subscription;
    }
    return r;
}

int qc_list_availability_subscriptions_check(
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    struct qc_refusal_detail *detail)
{
    if (request->state >
        QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILED) {
        detail->field = "state";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_list_availability_subscriptions_run(
    struct qc_txn *txn,
    const Qc__V1__ListAvailabilitySubscriptionsRequest *request,
    Qc__V1__ListAvailabilitySubscriptionsResponse *response)
{
    struct qc_page page;
    int r = qc_subscription_page(txn, request, &page);

    if (r != 0) {
        return r;
    }
    response->items =
        qc_alloc(txn, page.n_rows * sizeof(Qc__V1__Subscription *));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__SubscriptionRow *row = page.rows[i];

        response->items[response->n_items++] = row->subscription;
    }
    response->next_token = page.next_token;
    return 0;
}
