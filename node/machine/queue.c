#include "machine/queue.h"

#include <stddef.h>

#include "machine/hours.h"
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

const struct qc_entity qc_queue_entity = {
    .name = "queue",
    .space = QC_SPACE_QUEUE,
    .type = &qc__state__queue_row__descriptor,
    .counted = true,
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
    return qc_config_put(txn, &qc_queue_kind, &queue->base, if_rev, change_out);
}

void qc_queue_seed(struct qc_txn *txn)
{
    Qc__V1__Queue queue = QC__V1__QUEUE__INIT;

    queue.key = QC_QUEUE_DEFAULT;
    queue.label = QC_QUEUE_DEFAULT;
    qc_config_seed(txn, &qc_queue_kind, &queue.base);
}
