#include "command/test/visitors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    VISITORS = 16,
    SUBJECTS_MAX = 4,
    TOKEN_SIZE = 64,
    NUMBER_SIZE = 32,
};

/* An app, with what it was given last; "": nothing yet. */
struct visitor {
    char subscriptions[SUBJECTS_MAX][QC_SHOP_ID_SIZE];
    char token[TOKEN_SIZE];
    char number[NUMBER_SIZE];
};

static struct visitor visitors[VISITORS];
static const char *const *subjects;
static unsigned n_subjects;

void qc_visitors_come(const char *const *wanted, unsigned n)
{
    assert_true(n <= SUBJECTS_MAX);
    memset(visitors, 0, sizeof(visitors));
    subjects = wanted;
    n_subjects = n;
}

static void keep_token(struct visitor *visitor, ProtobufCBinaryData token)
{
    visitor->token[0] = '\0';
    for (size_t i = 0; i < token.len; i++) {
        snprintf(visitor->token + 2 * i, 3, "%02x", token.data[i]);
    }
}

bool qc_visitors_subscribe(unsigned agent)
{
    unsigned subject = qc_shop_draw(n_subjects);
    unsigned n = qc_shop_draw(VISITORS);
    struct visitor *visitor = &visitors[n];
    const Qc__V1__SubscribeAgentAvailableResponse *response;

    (void)agent;
    if (!QC_ASK("SubscribeAgentAvailable subject=%s push_provider=fcm "
                "token_ref=device customer_phone=+4477009000%02u%s%s",
                subjects[subject], n,
                visitor->token[0] != '\0' ? " visit_token=" : "",
                visitor->token)) {
        return false;
    }
    response =
        (const Qc__V1__SubscribeAgentAvailableResponse *)qc_shop.reply.response;
    snprintf(visitor->subscriptions[subject], QC_SHOP_ID_SIZE, "%s",
             response->subscription_id);
    keep_token(visitor, response->visit_token);
    return true;
}

/* One of those who were told and may come still: its subscription. A query, so
 * that nothing is written while there is none. */
static bool find_told(char subscription[QC_SHOP_ID_SIZE])
{
    const Qc__V1__ListAvailabilitySubscriptionsResponse *response;
    const Qc__V1__Subscription *chosen = NULL;
    uint32_t n = 0;

    assert_true(QC_ASK("ListAvailabilitySubscriptions page_size=500"));
    response = (const Qc__V1__ListAvailabilitySubscriptionsResponse *)
                   qc_shop.reply.response;
    for (size_t i = 0; i < response->n_items; i++) {
        if (response->items[i]->claim_until_ms != 0 && qc_shop_draw(++n) == 0) {
            chosen = response->items[i];
        }
    }
    if (chosen != NULL) {
        snprintf(subscription, QC_SHOP_ID_SIZE, "%s", chosen->subscription_id);
    }
    return chosen != NULL;
}

static bool answer(const char *method)
{
    char subscription[QC_SHOP_ID_SIZE];

    return find_told(subscription) &&
           QC_ASK("%s subscription_id=%s", method, subscription);
}

bool qc_visitors_claim(unsigned agent)
{
    (void)agent;
    return answer("ClaimAvailability");
}

bool qc_visitors_decline(unsigned agent)
{
    (void)agent;
    return answer("DeclineAvailability");
}

bool qc_visitors_cancel(unsigned agent)
{
    const char *subscription = visitors[qc_shop_draw(VISITORS)]
                                   .subscriptions[qc_shop_draw(n_subjects)];

    (void)agent;
    return subscription[0] != '\0' &&
           QC_ASK("CancelAvailabilitySubscription subscription_id=%s",
                  subscription);
}

/* Visitor |n|, told of |subject|, gets a number. */
static bool allocate(unsigned n, unsigned subject)
{
    struct visitor *visitor = &visitors[n];
    const Qc__V1__AllocateNumberResponse *response;

    if (!QC_ASK("AllocateNumber subject=%s origin=ORIGIN_MOBILE "
                "customer_phone=+4477009000%02u availability_claim=%s "
                "visit_token=%s",
                subjects[subject], n, visitor->subscriptions[subject],
                visitor->token)) {
        return false;
    }
    response = (const Qc__V1__AllocateNumberResponse *)qc_shop.reply.response;
    snprintf(visitor->number, sizeof(visitor->number), "%s", response->number);
    return true;
}

bool qc_visitors_allocate(unsigned agent)
{
    char subscription[QC_SHOP_ID_SIZE];

    (void)agent;
    if (!find_told(subscription)) {
        return false;
    }
    for (unsigned i = 0; i < VISITORS * n_subjects; i++) {
        if (strcmp(visitors[i / n_subjects].subscriptions[i % n_subjects],
                   subscription) == 0) {
            return allocate(i / n_subjects, i % n_subjects);
        }
    }
    return false; /* Its visitor has another one by now. */
}

/* The first from a random one on who has a number calls it, once. */
bool qc_visitors_call(unsigned agent)
{
    unsigned from = qc_shop_draw(VISITORS);

    (void)agent;
    for (unsigned i = 0; i < VISITORS; i++) {
        unsigned n = (from + i) % VISITORS;

        if (visitors[n].number[0] != '\0') {
            bool done =
                QC_ASK("MatchCall dnis=%s ani=+4477009000%02u connector=pbx "
                       "ext_ref=c%u",
                       visitors[n].number, n, qc_shop.n_calls++);

            visitors[n].number[0] = '\0';
            return done;
        }
    }
    return false;
}

bool qc_visitors_push(unsigned agent)
{
    const Qc__V1__LeaseEffectsResponse *response;
    const Qc__V1__LeasedEffect *effect;

    (void)agent;
    if (!QC_ASK("LeaseEffects connector=fcm max=1 "
                "kinds=EFFECT_KIND_PUSH_SEND")) {
        return false;
    }
    response = (const Qc__V1__LeaseEffectsResponse *)qc_shop.reply.response;
    if (response->n_items == 0) {
        return false;
    }
    effect = response->items[0];
    return QC_ASK("%s effect_id=%s token=%llu",
                  qc_shop_draw(4) == 0 ? "NackEffect" : "AckEffect",
                  effect->effect_id, (unsigned long long)effect->token);
}
