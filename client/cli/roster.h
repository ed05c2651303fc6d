/*
 * All members of a cluster, each asked how it is.
 *
 * The endpoints are asked first; what the leader says, or else the node of the
 * highest term, are the members. Those that are no endpoints are asked then, at
 * the addresses that the cluster has of them.
 */
#ifndef QC_CLI_ROSTER_H
#define QC_CLI_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/observer.h"
#include "cli/options.h"

struct qc_roster_member {
    uint64_t node_id;
    const char *address;
    bool voter;
    bool connected;       /* To the node that told. */
    uint64_t match_index; /* As the leader knows it; 0 when none leads. */
    const struct qc_node_view *view; /* NULL: it does not answer. */
};

struct qc_roster {
    struct qc_observer endpoints;
    struct qc_observer others;
    const struct qc_node_view *teller; /* Who said who the members are. */
    const struct qc_node_view *leader; /* NULL: none says it leads. */
    struct qc_roster_member members[QC_MEMBER_VIEWS_MAX];
    unsigned n_members;
};

/* Looks at all, once. Waits up to twice the timeout. What it finds lives in
 * |roster|, which must not be moved. False, and a message on stderr, when
 * the endpoints are no list of addresses, or memory is short; that no node
 * answers is a roster without a teller. */
QC_MUST_CHECK bool qc_roster_look(struct qc_roster *roster,
                                  const struct qc_options *options);

/* The member of this id; NULL when there is none. */
const struct qc_roster_member *qc_roster_find(const struct qc_roster *roster,
                                              uint64_t node_id);

/* How many entries the member's log is behind the leader's, as the leader knows
 * or else the member says. False when neither does. */
QC_MUST_CHECK bool qc_roster_lag(const struct qc_roster *roster,
                                 const struct qc_roster_member *member,
                                 uint64_t *lag_out);

/* Asks one node, for verbs that are about one: false, and a message on stderr,
 * when |endpoint| is no address, or memory is short. */
QC_MUST_CHECK bool qc_roster_look_at_one(struct qc_observer *observer,
                                         const struct qc_options *options,
                                         const char *endpoint);

#endif
