#include "machine/queue.h"

#include <stddef.h>

#include "machine/hours.h"
#include "machine/rematch.h"
#include "machine/rosters.h"
#include "machine/store.h"
#include "quorumcall/v1/tenant.pb-c.h"

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__QueueRow *row = message;

    (void)key;
    return row->queue->hours[0] != '\0' &&
                   qc_hours_get(txn, row->queue->hours) == NULL
               ? "has hours that do not exist"
               : NULL;
}

static void enlist(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__V1__Queue *queue = ((const Qc__State__QueueRow *)row)->queue;
    struct qc_roster *roster = qc_roster_of(txn);

    (void)key;
    if (roster != NULL &&
        !qc_roster_reserve(roster, queue->key,
                           how == QC_DERIVE_ADD ? queue->reserved_inbound_agents
                                                : 0)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
}

const struct qc_entity qc_queue_entity = {
    .name = "queue",
    .space = QC_SPACE_QUEUE,
    .type = &qc__state__queue_row__descriptor,
    .counted = true,
    .enlist = enlist,
    .verify = verify,
};

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Queue *queue = object;

    if (queue->selection > QC__V1__SELECTION__SELECTION_ROUND_ROBIN) {
        detail->field = "queue.selection";
        return QC_REFUSED_INVALID;
    }
    if (queue->last_agent_mode >
        QC__V1__LAST_AGENT_MODE__LAST_AGENT_MODE_WAIT) {
        detail->field = "queue.last_agent_mode";
        return QC_REFUSED_INVALID;
    }
    /* Callbacks are still to come. */
    if (queue->accept_when_no_agents >
        QC__V1__WHEN_NO_AGENTS__WHEN_NO_AGENTS_REJECT) {
        detail->field = "queue.accept_when_no_agents";
        return QC_REFUSED_INVALID;
    }
    if (queue->announce_interval_ms != 0 &&
        queue->announce_interval_ms < QC_ANNOUNCE_MIN_MS) {
        detail->field = "queue.announce_interval_ms";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__Queue *queue = object;

    (void)txn;
    (void)was;
    if (queue->selection == QC__V1__SELECTION__SELECTION_UNSPECIFIED) {
        queue->selection = QC__V1__SELECTION__SELECTION_LONGEST_IDLE;
    }
    if (queue->last_agent_mode ==
        QC__V1__LAST_AGENT_MODE__LAST_AGENT_MODE_UNSPECIFIED) {
        queue->last_agent_mode = QC__V1__LAST_AGENT_MODE__LAST_AGENT_MODE_OFF;
    }
    if (queue->accept_when_no_agents ==
        QC__V1__WHEN_NO_AGENTS__WHEN_NO_AGENTS_UNSPECIFIED) {
        queue->accept_when_no_agents =
            QC__V1__WHEN_NO_AGENTS__WHEN_NO_AGENTS_QUEUE;
    }
    if (queue->announce_position && queue->announce_interval_ms == 0) {
        queue->announce_interval_ms = QC_ANNOUNCE_MS;
    }
    if (queue->max_waiting == 0) {
        queue->max_waiting = QC_QUEUE_MAX_WAITING;
    }
}

static int admit(struct qc_txn *txn, const void *was, const void *object)
{
    const Qc__V1__Queue *queue = object;

    (void)was;
    return queue->hours[0] == '\0' || qc_hours_get(txn, queue->hours) != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_HOURS_UNKNOWN, "queue.hours");
}

const struct qc_config_kind qc_queue_kind = {
    .entity = &qc_queue_entity,
    .key_field = "queue.key",
    .unknown = QC_REFUSED_QUEUE_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, queues),
    .check = check,
    .complete = complete,
    .admit = admit,
};

const Qc__State__QueueRow *qc_queue_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_queue_kind, key);
}

int qc_queue_put(struct qc_txn *txn,
                 const Qc__V1__Queue *queue,
                 uint64_t if_rev,
                 enum qc_change *change_out)
{
    const Qc__State__QueueRow *was = qc_queue_get(txn, queue->key);
    uint32_t kept = was != NULL ? was->queue->reserved_inbound_agents : 0;
    int r =
        qc_config_put(txn, &qc_queue_kind, &queue->base, if_rev, change_out);

    if (r == 0 && txn->draft == NULL && queue->reserved_inbound_agents < kept) {
        qc_rematch(txn, 0);
    }
    return r;
}

void qc_queue_seed(struct qc_txn *txn)
{
    Qc__V1__Queue queue = QC__V1__QUEUE__INIT;

    queue.key = QC_QUEUE_DEFAULT;
    queue.label = QC_QUEUE_DEFAULT;
    qc_config_seed(txn, &qc_queue_kind, &queue.base);
}
