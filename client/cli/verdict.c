#include "cli/verdict.h"

#include <string.h>

const char *qc_verdict_text(enum qc_verdict verdict)
{
    switch (verdict) {
    case QC_VERDICT_HEALTHY:
        return "healthy";
    case QC_VERDICT_NOBODY_ANSWERED:
        return "no node answers";
    case QC_VERDICT_NODE_DOWN:
        return "a node does not answer";
    case QC_VERDICT_NO_LEADER:
        return "no node leads";
    case QC_VERDICT_NOT_FOLLOWED:
        return "a node does not follow the leader";
    case QC_VERDICT_ALARMED:
        return "an alarm is raised: see qcctl alarm list";
    case QC_VERDICT_HASHES_DIFFER:
    default:
        return "the nodes' states differ: stop them and keep their data";
    }
}

/* Whether those who remember their state at the same index had the same. */
static bool hashes_agree(const struct qc_observer *observer)
{
    const struct qc_node_view *first = NULL;

    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (!view->answered || view->hash_index == 0) {
            continue;
        }
        if (first == NULL) {
            first = view;
        } else if (view->hash_index == first->hash_index &&
                   strcmp(view->state_hash, first->state_hash) != 0) {
            return false;
        }
    }
    return true;
}

/* Who leads: by its own word, or, when it is none of the endpoints, by that of
 * all who answered. 0: nobody. */
static uint64_t leader_id(const struct qc_observer *observer)
{
    const struct qc_node_view *leader = qc_observer_leader(observer);
    uint64_t id = 0;

    if (leader != NULL) {
        return leader->node_id;
    }
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (view->answered &&
            (view->leader_id == 0 || view->leader_id == view->node_id ||
             (id != 0 && view->leader_id != id))) {
            return 0;
        }
        id = view->answered ? view->leader_id : id;
    }
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        if (observer->views[i].answered && observer->views[i].node_id == id) {
            return 0; /* It was asked, and does not say so. */
        }
    }
    return id;
}

/* How many nodes answered, and how many of these know |leader|. */
static void count(const struct qc_observer *observer,
                  uint64_t leader,
                  unsigned *n_answered_out,
                  unsigned *n_follow_out)
{
    *n_answered_out = *n_follow_out = 0;
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        *n_answered_out += view->answered ? 1 : 0;
        *n_follow_out +=
            view->answered && leader != 0 && view->leader_id == leader ? 1 : 0;
    }
}

enum qc_verdict qc_verdict_of(const struct qc_observer *observer)
{
    uint64_t leader = leader_id(observer);
    unsigned n_answered;
    unsigned n_follow;

    count(observer, leader, &n_answered, &n_follow);
    if (n_answered == 0) {
        return QC_VERDICT_NOBODY_ANSWERED;
    }
    if (!hashes_agree(observer)) {
        return QC_VERDICT_HASHES_DIFFER;
    }
    if (leader == 0) {
        return QC_VERDICT_NO_LEADER;
    }
    if (n_answered < observer->endpoints.n) {
        return QC_VERDICT_NODE_DOWN;
    }
    return n_follow < n_answered ? QC_VERDICT_NOT_FOLLOWED : QC_VERDICT_HEALTHY;
}
