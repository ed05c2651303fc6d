#include "cli/quorum.h"

const char *qc_quorum_unfit(const struct qc_roster *roster,
                            const struct qc_roster_member *member)
{
    uint64_t lag;

    if (member->view == NULL) {
        return "does not answer";
    }
    if (roster->leader == NULL) {
        return "follows nobody, for no node leads";
    }
    if (member->view->leader_id != roster->leader->node_id) {
        return "does not follow the leader";
    }
    if (member->view->installing) {
        return "is fetching a checkpoint";
    }
    if (!qc_roster_lag(roster, member, &lag) || lag > QC_QUORUM_LAG_MAX) {
        return "is too far behind";
    }
    return NULL;
}

struct qc_quorum qc_quorum_without(const struct qc_roster *roster,
                                   uint64_t node_id)
{
    struct qc_quorum quorum = {.n_voters = 0};

    for (unsigned i = 0; i < roster->n_members; i++) {
        const struct qc_roster_member *member = &roster->members[i];

        if (!member->voter) {
            continue;
        }
        quorum.n_voters++;
        if (member->node_id == node_id) {
            quorum.is_voter = true;
        } else if (qc_quorum_unfit(roster, member) == NULL) {
            quorum.n_left++;
        }
    }
    quorum.majority = quorum.n_voters / 2 + 1;
    return quorum;
}
