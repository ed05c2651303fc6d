/*
 * Subscriptions: a visitor who finds that it would take too long is told, by a
 * push, when an agent becomes available (domain model C.9, B.26).
 *
 *   WAITING --an agent is available--> NOTIFIED --claims--> CLAIMED
 *    |   |                              |  |  |
 *    |   +-- calls anyway -> CLAIMED    |  |  +-- declines -----> DECLINED
 *    +------ cancelled ----> CANCELLED <+  +----- in no time ---> EXPIRED
 *    +------ four hours ---> EXPIRED    +-------- push failed --> FAILED
 *
 * Whoever is told is not promised an agent: none is held back. But as long as
 * he may claim, and having claimed until his call comes or ought to have come,
 * an agent is counted on for him, and nobody else is told because of that one
 * (notify.h). Such a subscription is *open*.
 *
 * All functions are about the tenant of the transaction. Rows live in the
 * arena.
 */
#ifndef QC_MACHINE_SUBSCRIPTION_H
#define QC_MACHINE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/allocation.pb-c.h"
#include "quorumcall/state/v1/effect.pb-c.h"
#include "quorumcall/state/v1/subscription.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

enum {
    QC_SUBSCRIPTION_MS = 4 * 60 * 60 * 1000,
    QC_CLAIM_MS = 120 * 1000, /* To claim; and after that, to call. */
    QC_CLAIM_BONUS = 50,      /* Of priority. */
};

#define QC_SUBSCRIPTION_PREFIX "av_"

extern const struct qc_entity qc_subscription_entity;

/* NULL when there is none. */
Qc__State__SubscriptionRow *qc_subscription_get(struct qc_txn *txn,
                                                uint64_t id);

uint64_t qc_subscription_id(const Qc__State__SubscriptionRow *row);

/* The one of which |text| is the id, if the caller may have it: a widget must
 * prove its visit (B.2), or it is NULL as if there were none. */
Qc__State__SubscriptionRow *qc_subscription_prove(struct qc_txn *txn,
                                                  const char *text,
                                                  struct qc_bytes token);

/* The first of |subject| that waits; NULL when none does. */
Qc__State__SubscriptionRow *qc_subscription_first(struct qc_txn *txn,
                                                  const char *subject);

/* What the visit gets. */
struct qc_subscribed {
    Qc__State__SubscriptionRow *row;
    ProtobufCBinaryData visit_token;
    bool reused; /* The visit had it already. */
};

/* Lets the visitor wait. Refuses: SUBJECT_UNKNOWN; BAD_STATE, a subject that is
 * disabled or has no queue; QUOTA; IP_LIMIT. */
QC_MUST_CHECK int qc_subscription_add(
    struct qc_txn *txn,
    const Qc__V1__SubscribeAgentAvailableRequest *request,
    struct qc_subscribed *subscribed_out);

/* The next ones change |row| and write it. */

/* Its visitor is told. It is WAITING. */
void qc_subscription_notify(struct qc_txn *txn,
                            Qc__State__SubscriptionRow *row);

/* These refuse: BAD_STATE. What is so already stays so, and is no refusal. */
QC_MUST_CHECK int qc_subscription_claim(struct qc_txn *txn,
                                        Qc__State__SubscriptionRow *row);
QC_MUST_CHECK int qc_subscription_decline(struct qc_txn *txn,
                                          Qc__State__SubscriptionRow *row);
QC_MUST_CHECK int qc_subscription_cancel(struct qc_txn *txn,
                                         Qc__State__SubscriptionRow *row);

/* The subscription that AllocateNumber |request| claims, of the subject that
 * was found; NULL without a claim. Refuses: NOT_FOUND, also when the token is
 * not the subscription's, whoever asks. */
QC_MUST_CHECK int qc_subscription_of_claim(
    struct qc_txn *txn,
    const Qc__V1__AllocateNumberRequest *request,
    const char *subject,
    Qc__State__SubscriptionRow **row_out);

/* Whether a number may be given for it: it was told or claimed, in time, and
 * none was given yet. */
bool qc_subscription_may_allocate(const Qc__State__SubscriptionRow *row);

/* |allocation| has been given for it, which is so. */
void qc_subscription_allocated(struct qc_txn *txn,
                               Qc__State__SubscriptionRow *row,
                               const char *allocation);

/* A call for |subject| has come, from |ani| ("": withheld), of |visit| (NULL:
 * of none): who waited to be told need not be. Returns by how much it comes
 * before others: 0 unless the caller had been told. */
int32_t qc_subscription_call(struct qc_txn *txn,
                             const char *subject,
                             const char *ani,
                             const Qc__State__AllocationRow *visit);

/* Of PUSH_SEND, see effect.c: |effect| is over. */
void qc_subscription_push_ended(struct qc_txn *txn,
                                const Qc__State__EffectRow *effect);

#endif
