/*
 * qcctl member add, promote, remove: what is asked for is written down at once;
 * the leader makes it so, one change at a time, and --wait waits for that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/confirm.h"
#include "cli/inquiry.h"
#include "cli/membership.h"
#include "cli/output.h"
#include "cli/patience.h"
#include "cli/roster.h"

enum {
    QUESTION_SIZE = 400,
    LOOK_EVERY_MS = 100,
};

/* Sends the change, prints the member as it is now, and waits if that is asked
 * for. Each answer has the member as its only field. */
static enum qc_exit change(const struct qc_options *options,
                           const struct qc_words *words,
                           const struct qc_rpc *rpc,
                           const ProtobufCMessage *request,
                           uint64_t node_id)
{
    struct qc_client_answer answer;
    struct qc_arena arena;
    enum qc_exit exit;

    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = qc_inquiry_ask_once(options, options->endpoints, rpc, request,
                               &arena, &answer);
    if (exit == QC_EXIT_OK && options->json) {
        exit = qc_print_json(answer.response) ? QC_EXIT_OK : QC_EXIT_FAILED;
        putchar('\n');
    } else if (exit == QC_EXIT_OK) {
        qc_print_fields(answer.response, options->raw);
    }
    qc_arena_done(&arena);
    if (exit == QC_EXIT_OK && words->wait) {
        exit = qc_membership_wait(options, node_id, words->wait_ms);
    }
    return exit;
}

/* What keeps |newcomer| from being added to the cluster of |roster|; false, and
 * why on stderr. */
static bool may_be_added(const struct qc_node_view *newcomer,
                         const struct qc_roster *roster,
                         const struct qc_words *words)
{
    const char *address = words->bare[0];

    if (strcmp(newcomer->cluster_id, roster->teller->cluster_id) != 0) {
        fprintf(stderr,
                "qcctl: %s is a node of cluster %s, and this is %s: make its "
                "directory with the right cluster_id\n",
                address, newcomer->cluster_id, roster->teller->cluster_id);
        return false;
    }
    if (words->id != 0 && words->id != newcomer->node_id) {
        fprintf(stderr,
                "qcctl: the node at %s has id %" PRIu64 ", and not %" PRIu64
                "\n",
                address, newcomer->node_id, words->id);
        return false;
    }
    for (unsigned i = 0; i < roster->n_members; i++) {
        const struct qc_roster_member *member = &roster->members[i];
        bool same_id = member->node_id == newcomer->node_id;

        if (same_id != (strcmp(member->address, address) == 0)) {
            fprintf(stderr,
                    "qcctl: %s %s is that of member %" PRIu64 " at %s\n",
                    same_id ? "the id of the node at" : "address", address,
                    member->node_id, member->address);
            return false;
        }
    }
    return true;
}

/* Asks the newcomer, who may have been started a moment ago, until it answers
 * or time is over. */
static bool find_newcomer(const struct qc_options *options,
                          const char *address,
                          struct qc_observer *newcomer)
{
    int64_t deadline_ms = qc_patience_now_ms() + options->timeout_ms;

    do {
        if (!qc_roster_look_at_one(newcomer, options, address)) {
            return false;
        }
    } while (!newcomer->views[0].answered &&
             qc_patience_pause(deadline_ms, LOOK_EVERY_MS));
    return true;
}

/* Asks the cluster who is in it, and the newcomer who it is: a wrong address
 * must not come into a configuration. */
static enum qc_exit examine(const struct qc_options *options,
                            const struct qc_words *words,
                            uint64_t *node_id_out)
{
    const struct qc_node_view *view;
    struct qc_observer newcomer;
    struct qc_roster roster;

    if (!qc_roster_look(&roster, options) ||
        !find_newcomer(options, words->bare[0], &newcomer)) {
        return QC_EXIT_USAGE;
    }
    view = &newcomer.views[0];
    if (roster.teller == NULL) {
        fprintf(stderr, "qcctl: no node of the cluster answers at %s\n",
                options->endpoints);
        return QC_EXIT_UNREACHABLE;
    }
    if (newcomer.endpoints.n != 1) {
        fprintf(stderr, "qcctl: \"%s\": one node at a time\n", words->bare[0]);
        return QC_EXIT_USAGE;
    }
    if (!view->answered) {
        fprintf(stderr,
                "qcctl: no node answers at %s (%s): make its directory with "
                "quorumcalld --join and start it, then add it\n",
                words->bare[0], view->trouble);
        return QC_EXIT_UNREACHABLE;
    }
    *node_id_out = view->node_id;
    return may_be_added(view, &roster, words) ? QC_EXIT_OK : QC_EXIT_FAILED;
}

enum qc_exit qc_member_add_verb(const struct qc_verb *verb,
                                const struct qc_options *options)
{
    Qc__V1__AddMemberRequest request = QC__V1__ADD_MEMBER_REQUEST__INIT;
    struct qc_words words;
    uint64_t node_id;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 1, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    exit = examine(options, &words, &node_id);
    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (words.dry_run) {
        printf("would add node %" PRIu64 " at %s as a standby%s\n", node_id,
               words.bare[0],
               words.standby ? "" : ", and make it a voter when it is there");
        return QC_EXIT_OK;
    }
    request.node_id = node_id;
    request.address = words.bare[0];
    request.standby = words.standby;
    return change(options, &words, &qc_rpc_add_member, &request.base, node_id);
}

/* Reads the id that the verb is about. */
static bool id_read(const struct qc_verb *verb,
                    const struct qc_words *words,
                    uint64_t *node_id_out)
{
    if (qc_node_id_read(words->bare[0], node_id_out)) {
        return true;
    }
    fprintf(stderr, "qcctl: %s: not the id of a node\n\n", words->bare[0]);
    qc_verb_explain(stderr, verb);
    return false;
}

/* What a removal does, or would do. False when there is no such member; then it
 * says so. |list| is of all. */
static bool describe_removal(const Qc__V1__ListMembersResponse *list,
                             uint64_t node_id,
                             char text_out[QUESTION_SIZE])
{
    const Qc__V1__MemberState *member = qc_membership_find(list, node_id);
    uint64_t removed_at = qc_membership_removed_at(list, node_id);
    unsigned n_voters = 0;

    if (member == NULL && removed_at != 0) {
        fprintf(stderr,
                "qcctl: node %" PRIu64 " was removed already, by entry %" PRIu64
                "\n",
                node_id, removed_at);
        return false;
    }
    if (member == NULL) {
        fprintf(stderr, "qcctl: node %" PRIu64 " is no member\n", node_id);
        return false;
    }
    for (size_t i = 0; i < list->n_members; i++) {
        n_voters += list->members[i]->wanted ==
                                QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER &&
                            list->members[i]->node_id != node_id
                        ? 1
                        : 0;
    }
    snprintf(text_out, QUESTION_SIZE,
             "Node %" PRIu64 " at %s (%s) leaves the cluster for ever, and its "
             "id with it; voters left: %u, of which %u make a majority",
             node_id, member->address, qc_member_role_name(member->role),
             n_voters, n_voters / 2 + 1);
    return true;
}

enum qc_exit qc_member_remove_verb(const struct qc_verb *verb,
                                   const struct qc_options *options)
{
    Qc__V1__RemoveMemberRequest request = QC__V1__REMOVE_MEMBER_REQUEST__INIT;
    const Qc__V1__ListMembersResponse *list;
    char question[QUESTION_SIZE];
    struct qc_words words;
    struct qc_arena arena;
    uint64_t node_id;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 1, 1, &words) ||
        !id_read(verb, &words, &node_id)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = qc_membership_ask(options, &arena, &list);
    if (exit == QC_EXIT_OK && !describe_removal(list, node_id, question)) {
        exit = QC_EXIT_FAILED;
    }
    qc_arena_done(&arena);
    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (words.dry_run) {
        printf("%s\n", question);
        return QC_EXIT_OK;
    }
    exit = qc_confirm(&words, question);
    if (exit != QC_EXIT_OK) {
        return exit;
    }
    request.node_id = node_id;
    return change(options, &words, &qc_rpc_remove_member, &request.base,
                  node_id);
}

enum qc_exit qc_member_promote_verb(const struct qc_verb *verb,
                                    const struct qc_options *options)
{
    Qc__V1__PromoteMemberRequest request = QC__V1__PROMOTE_MEMBER_REQUEST__INIT;
    struct qc_words words;
    uint64_t node_id;

    if (!qc_words_read(verb, options, 1, 1, &words) ||
        !id_read(verb, &words, &node_id)) {
        return QC_EXIT_USAGE;
    }
    if (words.dry_run) {
        printf("would make node %" PRIu64
               " a voter as soon as it has caught up\n",
               node_id);
        return QC_EXIT_OK;
    }
    request.node_id = node_id;
    return change(options, &words, &qc_rpc_promote_member, &request.base,
                  node_id);
}
