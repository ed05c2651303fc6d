/*
 * The outbox: effects as connectors find them, many at once (effect.h).
 *
 * A lease takes the soonest from the queues of the ready, one for each class of
 * connectors and kind: it costs a few looks into the index for each effect that
 * it gives, and none for those that must wait.
 *
 * All functions are about the tenant of the transaction. Rows live in the
 * arena.
 */
#ifndef QC_MACHINE_OUTBOX_H
#define QC_MACHINE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/v1/effect_service.pb-c.h"

struct qc_txn;

enum {
    QC_LEASE_ITEMS = 16, /* When nothing else is asked for. */
    QC_LEASE_ITEMS_MAX = 256,
    /* Of payloads in one answer, about: an entry may hold many leases, and its
     * answers are stored. */
    QC_LEASE_SIZE_MAX = 64 * 1024,
    QC_LEASE_MS = 30 * 1000, /* When nothing else is asked for. */
    QC_LEASE_MS_MIN = 1000,
    QC_LEASE_MS_MAX = 300 * 1000,
};

/* What has become of effects that some class of connectors asks for. */
enum qc_outbox_news {
    QC_OUTBOX_READY,      /* One may be leased, once its time has come. */
    QC_OUTBOX_TAKEN_BACK, /* One that is leased was taken back. */
    QC_OUTBOX_REPLACED,   /* All of any tenant may have become others. */
};

/* Who wants to know. Told while an entry is applied, before it is committed:
 * what has changed is to be read afterwards. No part of the state. */
struct qc_outbox_listener {
    /* |connector|: the class; "": any. */
    void (*changed)(void *ctx,
                    uint32_t tenant,
                    const char *connector,
                    enum qc_outbox_news news);
    void *ctx;
};

/* From when on something may be leased of what |request| asks for; INT64_MAX:
 * there is nothing. Costs a look into an index for each kind. */
int64_t qc_outbox_next_ms(struct qc_txn *txn,
                          const Qc__V1__LeaseEffectsRequest *request);

/* Whether effects were taken back that the class |connector| has; which. */
bool qc_outbox_has_taken_back(struct qc_txn *txn, const char *connector);
void qc_outbox_tell_taken_back(struct qc_txn *txn,
                               const char *connector,
                               Qc__V1__LeaseEffectsResponse *response);

/* Leases what |request| asks for, and tells what was taken back. */
void qc_outbox_lease(struct qc_txn *txn,
                     const Qc__V1__LeaseEffectsRequest *request,
                     Qc__V1__LeaseEffectsResponse *response);

/* A page of effects, as EffectRow. Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_outbox_page(struct qc_txn *txn,
                                 const Qc__V1__ListEffectsRequest *request,
                                 struct qc_page *page_out);

#endif
