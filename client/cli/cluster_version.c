/* qcctl cluster version, finalize: what the nodes can do, and what all of them
 * have agreed to do. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/confirm.h"
#include "cli/inquiry.h"
#include "cli/membership.h"
#include "cli/output.h"

enum {
    NUMBER_SIZE = 24,
    QUESTION_SIZE = 200,
};

/* The newest version that all members support; 0 while one has not reported. */
static uint32_t newest_of_all(const Qc__V1__ListMembersResponse *list)
{
    uint32_t newest = list->n_members > 0 ? UINT32_MAX : 0;

    for (size_t i = 0; i < list->n_members; i++) {
        if (list->members[i]->version_max < newest) {
            newest = list->members[i]->version_max;
        }
    }
    return newest;
}

static void print_table(const Qc__V1__ListMembersResponse *list, bool raw)
{
    struct qc_table *table = qc_table_new("node,address,supports,release", raw);

    for (size_t i = 0; table != NULL && i < list->n_members; i++) {
        const Qc__V1__MemberState *member = list->members[i];
        char texts[2][NUMBER_SIZE];
        const char *const cells[] = {texts[0], member->address, texts[1],
                                     member->release};

        snprintf(texts[0], NUMBER_SIZE, "%" PRIu64, member->node_id);
        snprintf(texts[1], NUMBER_SIZE, "%" PRIu32, member->version_max);
        qc_table_row(table, cells, 4);
    }
    if (table != NULL) {
        qc_table_print(table);
    }
}

static void print_json(const Qc__V1__ListMembersResponse *list)
{
    json_t *nodes = json_array();

    for (size_t i = 0; i < list->n_members; i++) {
        const Qc__V1__MemberState *member = list->members[i];

        json_array_append_new(nodes,
                              json_pack("{s:I,s:s,s:I,s:s}", "node_id",
                                        (json_int_t)member->node_id, "address",
                                        member->address, "version_max",
                                        (json_int_t)member->version_max,
                                        "release", member->release));
    }
    qc_print_value(json_pack("{s:I,s:I,s:o}", "cluster_version",
                             (json_int_t)list->cluster_version, "supported",
                             (json_int_t)newest_of_all(list), "nodes", nodes));
}

/* Says what version it is, and what can be done about it. */
static void print_verdict(const Qc__V1__ListMembersResponse *list)
{
    uint32_t newest = newest_of_all(list);

    fprintf(stderr, "cluster version %" PRIu32, list->cluster_version);
    if (newest == 0) {
        fprintf(stderr, "; not all members have told what they support\n");
    } else if (newest > list->cluster_version) {
        fprintf(stderr, "; all support %" PRIu32 ": qcctl cluster finalize\n",
                newest);
    } else {
        fputc('\n', stderr);
    }
}

enum qc_exit qc_cluster_version_verb(const struct qc_verb *verb,
                                     const struct qc_options *options)
{
    const Qc__V1__ListMembersResponse *list;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 0, &words)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = qc_membership_ask(options, &arena, &list);
    if (exit == QC_EXIT_OK && options->json) {
        print_json(list);
    } else if (exit == QC_EXIT_OK) {
        print_table(list, options->raw);
        print_verdict(list);
    }
    qc_arena_done(&arena);
    return exit;
}

/* Which version is meant, 0 when there is nothing to do. False, and why on
 * stderr, when the members do not support it. */
static bool choose_version(const Qc__V1__ListMembersResponse *list,
                           const struct qc_words *words,
                           uint32_t *version_out)
{
    uint32_t newest = newest_of_all(list);
    uint32_t wanted = words->version != 0 ? (uint32_t)words->version : newest;

    if (wanted == 0 || wanted > newest) {
        for (size_t i = 0; i < list->n_members; i++) {
            const Qc__V1__MemberState *member = list->members[i];

            if (member->version_max == 0 || member->version_max < wanted) {
                fprintf(stderr, "qcctl: node %" PRIu64 " at %s %s\n",
                        member->node_id, member->address,
                        member->version_max == 0
                            ? "has not told what it supports"
                            : "does not support that version: upgrade it");
            }
        }
        return false;
    }
    *version_out = wanted > list->cluster_version ? wanted : 0;
    return true;
}

static enum qc_exit raise_version(const struct qc_options *options,
                                  struct qc_arena *arena,
                                  uint32_t version)
{
    Qc__V1__FinalizeVersionRequest request =
        QC__V1__FINALIZE_VERSION_REQUEST__INIT;
    struct qc_client_answer answer;
    enum qc_exit exit;

    request.version = version;
    exit = qc_inquiry_ask_once(options, options->endpoints,
                               &qc_rpc_finalize_version, &request.base, arena,
                               &answer);
    if (exit == QC_EXIT_OK && options->json) {
        exit = qc_print_json(answer.response) ? QC_EXIT_OK : QC_EXIT_FAILED;
        putchar('\n');
    } else if (exit == QC_EXIT_OK) {
        qc_print_fields(answer.response, options->raw);
    }
    return exit;
}

static enum qc_exit finalize(const struct qc_options *options,
                             const struct qc_words *words,
                             struct qc_arena *arena)
{
    const Qc__V1__ListMembersResponse *list;
    enum qc_exit exit = qc_membership_ask(options, arena, &list);
    char question[QUESTION_SIZE];
    uint32_t version;

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (!choose_version(list, words, &version)) {
        return QC_EXIT_FAILED;
    }
    if (version == 0) {
        fprintf(stderr, "the cluster version is %" PRIu32 " already\n",
                list->cluster_version);
        return QC_EXIT_OK;
    }
    snprintf(question, sizeof(question),
             "Cluster version %" PRIu32 " becomes %" PRIu32
             ": after that no node can go back to a release that does not "
             "support it",
             list->cluster_version, version);
    if (words->dry_run) {
        printf("%s\n", question);
        return QC_EXIT_OK;
    }
    exit = qc_confirm(words, question);
    return exit == QC_EXIT_OK ? raise_version(options, arena, version) : exit;
}

enum qc_exit qc_cluster_finalize(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 0, &words)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = finalize(options, &words, &arena);
    qc_arena_done(&arena);
    return exit;
}
