#include "cli/membership.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "cli/inquiry.h"
#include "cli/patience.h"
#include "cli/roster.h"

enum {
    LOOK_EVERY_MS = 300,
    PROGRESS_SIZE = 160,
};

const char *qc_member_role_name(Qc__V1__MemberRole role)
{
    switch (role) {
    case QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER:
        return "voter";
    case QC__V1__MEMBER_ROLE__MEMBER_ROLE_STANDBY:
        return "standby";
    case QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED:
    case _QC__V1__MEMBER_ROLE_IS_INT_SIZE:
    default:
        return "none";
    }
}

enum qc_exit qc_membership_ask(const struct qc_options *options,
                               struct qc_arena *arena,
                               const Qc__V1__ListMembersResponse **list_out)
{
    Qc__V1__ListMembersRequest request = QC__V1__LIST_MEMBERS_REQUEST__INIT;
    struct qc_client_answer answer;
    enum qc_exit exit =
        qc_inquiry_ask_once(options, options->endpoints, &qc_rpc_list_members,
                            &request.base, arena, &answer);

    if (exit == QC_EXIT_OK) {
        *list_out = (const Qc__V1__ListMembersResponse *)answer.response;
    }
    return exit;
}

const Qc__V1__MemberState *qc_membership_find(
    const Qc__V1__ListMembersResponse *list,
    uint64_t node_id)
{
    for (size_t i = 0; i < list->n_members; i++) {
        if (list->members[i]->node_id == node_id) {
            return list->members[i];
        }
    }
    return NULL;
}

uint64_t qc_membership_removed_at(const Qc__V1__ListMembersResponse *list,
                                  uint64_t node_id)
{
    for (size_t i = 0; i < list->n_removed; i++) {
        if (list->removed[i]->node_id == node_id) {
            return list->removed[i]->log_index;
        }
    }
    return 0;
}

/* How far the node is, for people. */
static void describe(const Qc__V1__MemberState *member,
                     const struct qc_roster *roster,
                     char text_out[PROGRESS_SIZE])
{
    const struct qc_roster_member *there =
        qc_roster_find(roster, member->node_id);
    int used =
        snprintf(text_out, PROGRESS_SIZE, "node %" PRIu64 ": is %s, wanted %s",
                 member->node_id, qc_member_role_name(member->role),
                 qc_member_role_name(member->wanted));
    uint64_t lag;

    if (there == NULL || member->role == member->wanted || used < 0 ||
        used >= PROGRESS_SIZE) {
        return;
    }
    if (there->view != NULL && there->view->installing) {
        snprintf(text_out + used, (size_t)(PROGRESS_SIZE - used),
                 ", is fetching a checkpoint");
    } else if (qc_roster_lag(roster, there, &lag) && lag > 0) {
        snprintf(text_out + used, (size_t)(PROGRESS_SIZE - used),
                 ", %" PRIu64 " entries behind", lag);
    } else if (roster->leader != NULL && !there->connected) {
        snprintf(text_out + used, (size_t)(PROGRESS_SIZE - used),
                 ", not connected to the leader");
    }
}

/* Looks once. Whether the node is what it shall be; and what to tell of it. */
static enum qc_exit look(const struct qc_options *options,
                         uint64_t node_id,
                         bool *done_out,
                         char text_out[PROGRESS_SIZE])
{
    const Qc__V1__ListMembersResponse *list;
    const Qc__V1__MemberState *member;
    struct qc_roster roster;
    struct qc_arena arena;
    enum qc_exit exit;

    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = qc_membership_ask(options, &arena, &list);
    if (exit == QC_EXIT_OK) {
        member = qc_membership_find(list, node_id);
        *done_out = member == NULL || member->role == member->wanted;
        if (member == NULL) {
            snprintf(text_out, PROGRESS_SIZE,
                     "node %" PRIu64 ": is no member any more", node_id);
        } else if (qc_roster_look(&roster, options)) {
            describe(member, &roster, text_out);
        }
    }
    qc_arena_done(&arena);
    return exit;
}

enum qc_exit qc_membership_wait(const struct qc_options *options,
                                uint64_t node_id,
                                int64_t wait_ms)
{
    int64_t deadline_ms = qc_patience_now_ms() + wait_ms;
    char told[PROGRESS_SIZE] = "";
    bool done = false;

    for (;;) {
        char text[PROGRESS_SIZE] = "";
        enum qc_exit exit = look(options, node_id, &done, text);

        /* There may be no leader for a while: that is what changes do. */
        if (exit != QC_EXIT_OK && exit != QC_EXIT_UNREACHABLE &&
            exit != QC_EXIT_TIMED_OUT) {
            return exit;
        }
        if (exit == QC_EXIT_OK && strcmp(text, told) != 0) {
            fprintf(stderr, "%s\n", text);
            snprintf(told, sizeof(told), "%s", text);
        }
        if (exit == QC_EXIT_OK && done) {
            return QC_EXIT_OK;
        }
        if (!qc_patience_pause(deadline_ms, LOOK_EVERY_MS)) {
            fprintf(stderr,
                    "qcctl: node %" PRIu64
                    ": time ran out; the cluster goes on with it\n",
                    node_id);
            return QC_EXIT_TIMED_OUT;
        }
    }
}
