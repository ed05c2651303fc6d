#include "machine/import.h"

#include <stdbool.h>

#include "machine/agent.h"
#include "machine/branch.h"
#include "machine/context_rule.h"
#include "machine/disposition.h"
#include "machine/draft.h"
#include "machine/hours.h"
#include "machine/member.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/queue.h"
#include "machine/reason.h"
#include "machine/region.h"
#include "machine/rematch.h"
#include "machine/session.h"
#include "machine/skill.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "machine/text.h"

/* Nodes that keep to an older version know of no other items. */
static bool is_known(struct qc_txn *txn, const Qc__V1__ConfigItem *item)
{
    return item->item_case <= QC__V1__CONFIG_ITEM__ITEM_BRANCH ||
           qc_cluster_version(txn) >= QC_TENANT_AGENTS_SINCE;
}

static int put(struct qc_txn *txn,
               const Qc__V1__ConfigItem *item,
               enum qc_change *change_out)
{
    if (!is_known(txn, item)) {
        return qc_refuse(txn, QC_REFUSED_INVALID, NULL);
    }
    switch (item->item_case) {
    case QC__V1__CONFIG_ITEM__ITEM_SUBJECT:
        /* Subjects may name one another: see lead(). */
        return qc_config_put(txn, &qc_subject_kind, &item->subject->base, 0,
                             change_out);
    case QC__V1__CONFIG_ITEM__ITEM_POOL:
        return qc_pool_put(txn, item->pool, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_NUMBER:
        return qc_number_put(txn, item->number, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_BRANCH:
        return qc_branch_put(txn, item->branch, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_SKILL:
        return qc_skill_put(txn, item->skill, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_AGENT:
        return qc_agent_put(txn, item->agent, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_REASON:
        return qc_reason_put(txn, item->reason, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_DISPOSITION_SET:
        return qc_disposition_set_put(txn, item->disposition_set, 0,
                                      change_out);
    case QC__V1__CONFIG_ITEM__ITEM_QUEUE:
        return qc_queue_put(txn, item->queue, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_HOURS:
        return qc_hours_put(txn, item->hours, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM_REGION:
        return qc_region_put(txn, item->region, 0, change_out);
    case QC__V1__CONFIG_ITEM__ITEM__NOT_SET:
    case _QC__V1__CONFIG_ITEM__ITEM__CASE_IS_INT_SIZE:
        break;
    }
    return qc_refuse(txn, QC_REFUSED_INVALID, NULL);
}

static void count(struct qc_import_counts *counts, enum qc_change change)
{
    switch (change) {
    case QC_CHANGE_NONE:
        counts->unchanged++;
        break;
    case QC_CHANGE_CREATED:
        counts->created++;
        break;
    case QC_CHANGE_UPDATED:
        counts->updated++;
        break;
    }
}

/* "items[3]", or "items[3].pool.subject" */
static const char *field_of(struct qc_txn *txn, size_t nth, const char *field)
{
    const char *parts[] = {
        "items[",
        qc_text_decimal(txn, (int64_t)nth),
        field != NULL ? "]." : "]",
        field != NULL ? field : "",
    };

    return qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
}

/* Whether the subjects lead to subjects that there are, now that all have been
 * put. */
static int lead(struct qc_txn *txn,
                Qc__V1__ConfigItem *const *items,
                size_t n_items)
{
    int r = 0;

    for (size_t i = 0; i < n_items && r == 0; i++) {
        if (items[i]->item_case == QC__V1__CONFIG_ITEM__ITEM_SUBJECT) {
            r = qc_context_rules_lead(txn, items[i]->subject);
        }
        if (r > 0) {
            txn->detail.field = field_of(txn, i, txn->detail.field);
        }
    }
    return r;
}

/* Agents may be able to do other things than before, or fewer be kept for those
 * who call. */
static void rematch(struct qc_txn *txn,
                    Qc__V1__ConfigItem *const *items,
                    size_t n_items)
{
    bool any = false;

    for (size_t i = 0; i < n_items && txn->fault == 0; i++) {
        if (items[i]->item_case == QC__V1__CONFIG_ITEM__ITEM_AGENT) {
            qc_session_agent_changed(txn, items[i]->agent);
            any = true;
        }
        any = any || items[i]->item_case == QC__V1__CONFIG_ITEM__ITEM_QUEUE;
    }
    if (any) {
        qc_rematch(txn, 0);
    }
}

int qc_import(struct qc_txn *txn,
              Qc__V1__ConfigItem *const *items,
              size_t n_items,
              struct qc_import_counts *counts_out)
{
    struct qc_import_counts counts = {.created = 0};
    int r = 0;

    qc_draft_begin(txn);
    for (size_t i = 0; i < n_items && r == 0 && txn->fault == 0; i++) {
        enum qc_change change = QC_CHANGE_NONE;

        r = put(txn, items[i], &change);
        if (r > 0) {
            txn->detail.field = field_of(txn, i, txn->detail.field);
        } else {
            count(&counts, change);
        }
    }
    if (r == 0) {
        r = lead(txn, items, n_items);
    }
    qc_draft_end(txn, r == 0);
    if (r == 0) {
        *counts_out = counts;
        rematch(txn, items, n_items);
    }
    return r;
}
