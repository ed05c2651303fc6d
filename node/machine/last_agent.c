#include "machine/last_agent.h"

#include "machine/agent.h"
#include "machine/customer.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/queue.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "quorumcall/state/v1/last_agent.pb-c.h"

#define OFF QC__V1__LAST_AGENT_MODE__LAST_AGENT_MODE_OFF

static struct qc_key key_of(const struct qc_txn *txn,
                            const char *customer,
                            const char *queue)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_LAST_AGENT);
    qc_key_put_str(&key, customer);
    qc_key_put_str(&key, queue);
    return key;
}

static Qc__State__LastAgentRow *get(struct qc_txn *txn,
                                    const char *customer,
                                    const char *queue)
{
    struct qc_key key = key_of(txn, customer, queue);

    return qc_row_get(txn, &qc__state__last_agent_row__descriptor, &key);
}

bool qc_last_agent_counts(const Qc__State__QueueRow *queue)
{
    return queue != NULL && queue->queue->last_agent_mode > OFF;
}

bool qc_last_agent_find(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        uint32_t *agent_out)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const Qc__State__LastAgentRow *last;

    if (row->customer_key[0] == '\0') {
        row->customer_key = qc_customer_name(txn, row);
    }
    if (row->customer_key[0] == '\0' || tenant == NULL) {
        return false;
    }
    last = get(txn, row->customer_key, row->interaction->queue);
    if (last == NULL ||
        txn->now_ms - last->ended_ms > tenant->tenant->conversation_window_ms) {
        return false;
    }
    *agent_out = last->agent;
    return true;
}

void qc_last_agent_remember(struct qc_txn *txn,
                            Qc__State__InteractionRow *row,
                            const Qc__V1__Segment *segment)
{
    Qc__State__LastAgentRow last = QC__STATE__LAST_AGENT_ROW__INIT;
    const Qc__State__AgentRow *agent;
    struct qc_key key;

    if (!qc_last_agent_counts(qc_queue_get(txn, segment->queue))) {
        return;
    }
    agent = qc_agent_get(txn, segment->agent);
    if (agent == NULL) {
        return;
    }
    if (row->customer_key[0] == '\0') {
        row->customer_key = qc_customer_name(txn, row);
    }
    if (row->customer_key[0] != '\0') {
        last.agent = agent->index;
        last.ended_ms = txn->now_ms;
        last.interaction = qc_interaction_id(row);
        key = key_of(txn, row->customer_key, segment->queue);
        qc_row_put(txn, &key, &last);
    }
}

void qc_last_agent_forget(struct qc_txn *txn,
                          const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;

    for (size_t i = 0; row->customer_key[0] != '\0' && i < x->n_segments; i++) {
        const char *queue = x->segments[i]->queue;
        const Qc__State__LastAgentRow *last =
            x->segments[i]->answered_ms != 0
                ? get(txn, row->customer_key, queue)
                : NULL;

        if (last != NULL && last->interaction == qc_interaction_id(row)) {
            struct qc_key key = key_of(txn, row->customer_key, queue);

            qc_del(txn, &key);
        }
    }
}
