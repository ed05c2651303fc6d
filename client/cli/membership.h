/* The members as the cluster has them written down, and changes of them that
 * take their time. */
#ifndef QC_CLI_MEMBERSHIP_H
#define QC_CLI_MEMBERSHIP_H

#include <stdint.h>

#include "cli/exit.h"
#include "cli/options.h"
#include "cli/words.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

struct qc_arena;

enum {
    QC_MEMBERSHIP_ARENA_SIZE_MAX = 1024 * 1024,
};

/* "voter", "standby", "none". Static. */
const char *qc_member_role_name(Qc__V1__MemberRole role);

/* Asks for all members. The answer lives in |arena|. Says on stderr what went
 * wrong, if anything did. */
QC_MUST_CHECK enum qc_exit qc_membership_ask(
    const struct qc_options *options,
    struct qc_arena *arena,
    const Qc__V1__ListMembersResponse **list_out);

/* The member of this id; NULL when there is none. */
const Qc__V1__MemberState *qc_membership_find(
    const Qc__V1__ListMembersResponse *list,
    uint64_t node_id);

/* The entry that removed the node; 0 when none did. */
uint64_t qc_membership_removed_at(const Qc__V1__ListMembersResponse *list,
                                  uint64_t node_id);

/* Waits until the node is what it is wanted to be, or no member any more; tells
 * on stderr how far it is. TIMED_OUT when that takes longer than |wait_ms|. */
QC_MUST_CHECK enum qc_exit qc_membership_wait(const struct qc_options *options,
                                              uint64_t node_id,
                                              int64_t wait_ms);

#endif
