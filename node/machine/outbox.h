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

/* Leases what |request| asks for, and tells what was taken back. */
void qc_outbox_lease(struct qc_txn *txn,
                     const Qc__V1__LeaseEffectsRequest *request,
                     Qc__V1__LeaseEffectsResponse *response);

/* A page of effects, as EffectRow. Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_outbox_page(struct qc_txn *txn,
                                 const Qc__V1__ListEffectsRequest *request,
                                 struct qc_page *page_out);

#endif
