/* qcctl node check-quorum-critical: asked before each stop of a node. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/quorum.h"
#include "cli/roster.h"
#include "cli/words.h"

/* Prints what counts of each voter, and what is left. */
static void print_quorum(const struct qc_roster *roster,
                         uint64_t node_id,
                         const struct qc_quorum *quorum,
                         const struct qc_options *options)
{
    bool critical = quorum->n_left < quorum->majority;
    struct qc_table *table;

    if (options->json) {
        qc_print_value(json_pack(
            "{s:I,s:b,s:b,s:i,s:i,s:i}", "node_id", (json_int_t)node_id,
            "voter", quorum->is_voter, "critical", critical && quorum->is_voter,
            "voters", (int)quorum->n_voters, "majority", (int)quorum->majority,
            "left", (int)quorum->n_left));
        return;
    }
    table = qc_table_new("node,address,counts,why", options->raw);
    for (unsigned i = 0; table != NULL && i < roster->n_members; i++) {
        const struct qc_roster_member *member = &roster->members[i];
        const char *unfit = !member->voter ? "is a standby"
                            : member->node_id == node_id
                                ? "is the one to be stopped"
                                : qc_quorum_unfit(roster, member);
        char id[24];
        const char *const cells[] = {id, member->address,
                                     unfit == NULL ? "yes" : "no", unfit};

        snprintf(id, sizeof(id), "%" PRIu64, member->node_id);
        qc_table_row(table, cells, 4);
    }
    if (table != NULL) {
        qc_table_print(table);
    }
}

enum qc_exit qc_node_check_quorum_critical(const struct qc_verb *verb,
                                           const struct qc_options *options)
{
    struct qc_quorum quorum;
    struct qc_roster roster;
    struct qc_words words;
    uint64_t node_id;
    bool critical;

    if (!qc_words_read(verb, options, 1, 1, &words) ||
        !qc_node_id_read(words.bare[0], &node_id)) {
        return QC_EXIT_USAGE;
    }
    if (!qc_roster_look(&roster, options)) {
        return QC_EXIT_USAGE;
    }
    if (roster.teller == NULL) {
        fprintf(stderr, "qcctl: no node answers\n");
        return QC_EXIT_UNREACHABLE;
    }
    if (qc_roster_find(&roster, node_id) == NULL) {
        fprintf(stderr, "qcctl: node %" PRIu64 " is no member\n", node_id);
        return QC_EXIT_FAILED;
    }
    quorum = qc_quorum_without(&roster, node_id);
    critical = quorum.is_voter && quorum.n_left < quorum.majority;
    print_quorum(&roster, node_id, &quorum, options);
    fprintf(stderr,
            "node %" PRIu64 " %s: %u of %u voters would be left, %u are a "
            "majority\n",
            node_id, critical ? "is critical" : "can be stopped", quorum.n_left,
            quorum.n_voters, quorum.majority);
    return critical ? QC_EXIT_UNHEALTHY : QC_EXIT_OK;
}
