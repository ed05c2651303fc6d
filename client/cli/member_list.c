/* qcctl member list: who is in the cluster, and how each of them is. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/inquiry.h"
#include "cli/membership.h"
#include "cli/output.h"
#include "cli/roster.h"

enum {
    NUMBER_SIZE = 24,
};

/* Whether the leader has a connection to it; "" when none leads. */
static const char *connected(const struct qc_roster *roster,
                             const struct qc_roster_member *there)
{
    if (there == NULL || roster->leader == NULL) {
        return "";
    }
    return there->connected ? "yes" : "no";
}

static bool leads(const struct qc_roster *roster, uint64_t node_id)
{
    return roster->leader != NULL && roster->leader->node_id == node_id;
}

static void row(struct qc_table *table,
                const struct qc_roster *roster,
                const Qc__V1__MemberState *member)
{
    const struct qc_roster_member *there =
        qc_roster_find(roster, member->node_id);
    char id[NUMBER_SIZE];
    char lag_text[NUMBER_SIZE] = "";
    char version[NUMBER_SIZE] = "";
    uint64_t lag;
    const char *const cells[] = {
        id,
        member->address,
        qc_member_role_name(member->role),
        qc_member_role_name(member->wanted),
        leads(roster, member->node_id) ? "yes" : "no",
        connected(roster, there),
        lag_text,
        version,
        member->release,
    };

    snprintf(id, sizeof(id), "%" PRIu64, member->node_id);
    if (there != NULL && qc_roster_lag(roster, there, &lag)) {
        snprintf(lag_text, sizeof(lag_text), "%" PRIu64, lag);
    }
    if (member->version_max > 0) {
        snprintf(version, sizeof(version), "%" PRIu32, member->version_max);
    }
    qc_table_row(table, cells, 9);
}

static void print_table(const struct qc_roster *roster,
                        const Qc__V1__ListMembersResponse *list,
                        bool raw)
{
    struct qc_table *table = qc_table_new(
        "id,address,role,wanted,leader,connected,lag,version,release", raw);

    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < list->n_members; i++) {
        row(table, roster, list->members[i]);
    }
    qc_table_print(table);
    for (size_t i = 0; i < list->n_removed; i++) {
        fprintf(stderr, "node %" PRIu64 " was removed by entry %" PRIu64 "\n",
                list->removed[i]->node_id, list->removed[i]->log_index);
    }
}

static json_t *member_json(const struct qc_roster *roster,
                           const Qc__V1__MemberState *member)
{
    const struct qc_roster_member *there =
        qc_roster_find(roster, member->node_id);
    json_t *json = json_pack(
        "{s:I,s:s,s:s,s:s,s:b,s:I,s:s}", "node_id", (json_int_t)member->node_id,
        "address", member->address, "role", qc_member_role_name(member->role),
        "wanted", qc_member_role_name(member->wanted), "leader",
        leads(roster, member->node_id), "version_max",
        (json_int_t)member->version_max, "release", member->release);
    uint64_t lag;

    if (there != NULL && roster->leader != NULL) {
        json_object_set_new(json, "connected", json_boolean(there->connected));
    }
    if (there != NULL && qc_roster_lag(roster, there, &lag)) {
        json_object_set_new(json, "lag", json_integer((json_int_t)lag));
    }
    return json;
}

static void print_json(const struct qc_roster *roster,
                       const Qc__V1__ListMembersResponse *list)
{
    json_t *members = json_array();
    json_t *removed = json_array();
    json_t *all;

    for (size_t i = 0; i < list->n_members; i++) {
        json_array_append_new(members, member_json(roster, list->members[i]));
    }
    for (size_t i = 0; i < list->n_removed; i++) {
        json_array_append_new(
            removed,
            json_pack("{s:I,s:I}", "node_id",
                      (json_int_t)list->removed[i]->node_id, "log_index",
                      (json_int_t)list->removed[i]->log_index));
    }
    all = json_pack("{s:I,s:o,s:o}", "cluster_version",
                    (json_int_t)list->cluster_version, "members", members,
                    "removed", removed);
    qc_print_value(all);
}

enum qc_exit qc_member_list_verb(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    const Qc__V1__ListMembersResponse *list;
    struct qc_roster roster;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 0, &words)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, QC_MEMBERSHIP_ARENA_SIZE_MAX);
    exit = qc_membership_ask(options, &arena, &list);
    if (exit == QC_EXIT_OK && !qc_roster_look(&roster, options)) {
        exit = QC_EXIT_FAILED;
    }
    if (exit == QC_EXIT_OK && options->json) {
        print_json(&roster, list);
    } else if (exit == QC_EXIT_OK) {
        print_table(&roster, list, options->raw);
    }
    qc_arena_done(&arena);
    return exit;
}
