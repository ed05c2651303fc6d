#include "machine/rematch.h"

#include <stdbool.h>

#include "machine/notify.h"
#include "machine/rosters.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/timer.h"
#include "quorumcall/state/v1/rematch.pb-c.h"

static struct qc_key key_of(const struct qc_txn *txn)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_REMATCH);
    return key;
}

static Qc__State__RematchRow *get(struct qc_txn *txn)
{
    struct qc_key key = key_of(txn);

    return qc_row_get(txn, qc_rematch_entity.type, &key);
}

static void put(struct qc_txn *txn,
                const Qc__State__RematchRow *was,
                const Qc__State__RematchRow *row)
{
    struct qc_key key = key_of(txn);

    if (was != NULL || row != NULL) {
        qc_entity_put(txn, &qc_rematch_entity, &key, was, row);
    }
}

uint32_t qc_rematch_from(struct qc_txn *txn)
{
    const Qc__State__RematchRow *row = get(txn);

    return row != NULL ? row->from : UINT32_MAX;
}

void qc_rematch_later(struct qc_txn *txn, uint32_t from)
{
    const Qc__State__RematchRow *was = get(txn);
    Qc__State__RematchRow *row;

    if (was != NULL && was->from <= from) {
        return;
    }
    row = qc_row_new(txn, qc_rematch_entity.type);
    if (row != NULL) {
        row->from = from;
        /* Not now: then this entry would fire it. */
        row->timer = qc_timer_new(txn, QC_TIMER_REMATCH, txn->now_ms + 1, 0);
        put(txn, was, row);
    }
}

/* Asks agents from |from| on. Gives the index of who is next; UINT32_MAX when
 * nobody is. */
static uint32_t ask(struct qc_txn *txn, uint32_t from)
{
    struct qc_roster *roster = qc_roster_of(txn);

    for (unsigned n = 0; roster != NULL && txn->fault == 0; n++) {
        uint32_t agent;

        if (!qc_roster_next_able(roster, from, &agent)) {
            return UINT32_MAX;
        }
        if (n == QC_REMATCH_AGENTS_MAX ||
            !qc_routing_ask(txn, agent, QC_REMATCH_OFFERS_MAX)) {
            return agent;
        }
        from = agent + 1;
    }
    return UINT32_MAX;
}

void qc_rematch(struct qc_txn *txn, uint32_t from)
{
    uint32_t next = ask(txn, from);

    if (next != UINT32_MAX) {
        qc_rematch_later(txn, next);
    }
    qc_notify_soon(txn);
}

void qc_rematch_due(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__RematchRow *was = get(txn);

    (void)object;
    if (was != NULL) {
        put(txn, was, NULL);
        qc_rematch(txn, was->from);
    }
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__RematchRow *of = row;

    qc_timer_derive(txn, key, of->timer, how);
}

const struct qc_entity qc_rematch_entity = {
    .name = "rematch",
    .space = QC_SPACE_REMATCH,
    .type = &qc__state__rematch_row__descriptor,
    .derive = derive,
};
