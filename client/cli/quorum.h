/* Whether a node can be stopped without stopping the cluster. */
#ifndef QC_CLI_QUORUM_H
#define QC_CLI_QUORUM_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/roster.h"

enum {
    /* A node further behind than this does not count: it would have to catch
     * up before anything is committed with its help. */
    QC_QUORUM_LAG_MAX = 1000,
};

struct qc_quorum {
    unsigned n_voters;
    unsigned majority;
    unsigned n_left; /* Voters that are fit, without the node. */
    bool is_voter;   /* The node. */
};

/* What keeps a member from counting: "does not answer"; NULL when it is fit. */
const char *qc_quorum_unfit(const struct qc_roster *roster,
                            const struct qc_roster_member *member);

/* Counts as if node |node_id| were stopped. */
struct qc_quorum qc_quorum_without(const struct qc_roster *roster,
                                   uint64_t node_id);

#endif
