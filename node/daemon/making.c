/* How a data directory is made. */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/quoted.h"
#include "command/apply.h"
#include "daemon/inside.h"
#include "daemon/offline.h"
#include "replica/configuration.h"
#include "storage/backup.h"
#include "storage/checkpoint.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    MEMBERS_MIN = 3,
    RESTORED_GENERATION = 2, /* 1 is that of a log without a manifest. */
    MEMBERS_ARENA_SIZE = 1024 * 1024,
};

/* --- who it is ------------------------------------------------------------ */

static void identity_begin(const Qc__Config__NodeConfig *config,
                           struct qc_identity *identity_out)
{
    static_assert((int)QC_MEMBERS_MAX >= (int)QC_SERVERS_MAX, "must fit");
    *identity_out = (struct qc_identity){.node_id = config->node_id};
    snprintf(identity_out->cluster_id, sizeof(identity_out->cluster_id), "%s",
             config->cluster_id);
}

/* In the order of ids, whatever that of the configuration: the cluster's first
 * entry is made of them, and must be the same on every node. */
static void identity_add(struct qc_identity *identity,
                         const Qc__Config__InitialMember *member)
{
    struct qc_directory_member *members = identity->members;
    struct qc_directory_member *to;
    unsigned at = identity->n_members++;

    for (; at > 0 && members[at - 1].id > member->id; at--) {
        members[at] = members[at - 1];
    }
    to = &members[at];
    to->id = member->id;
    snprintf(to->address, sizeof(to->address), "%s", member->address);
}

/* Of a node of a new cluster. */
static bool identity_of_initial(const struct qc_node *node,
                                struct qc_identity *identity_out)
{
    const Qc__Config__NodeConfig *config = node->config;
    bool member = false;

    identity_begin(config, identity_out);
    for (size_t i = 0; i < config->n_initial_members && i < QC_MEMBERS_MAX;
         i++) {
        identity_add(identity_out, config->initial_members[i]);
        member = member || config->initial_members[i]->id == config->node_id;
    }
    return (member && identity_out->n_members >= MEMBERS_MIN) ||
           qc_node_fail(node, "init",
                        "initial_members must name at least three nodes, this "
                        "one among them");
}

/* Of a node that joins. Its own id does not stand among the members: by that
 * it is known, when it starts, that the cluster does not begin with it. */
static bool identity_of_joining(const struct qc_node *node,
                                struct qc_identity *identity_out)
{
    const Qc__Config__NodeConfig *config = node->config;

    identity_begin(config, identity_out);
    for (size_t i = 0; i < config->n_initial_members && i < QC_MEMBERS_MAX;
         i++) {
        if (config->initial_members[i]->id != config->node_id) {
            identity_add(identity_out, config->initial_members[i]);
        }
    }
    return identity_out->n_members > 0 ||
           qc_node_fail(node, "join",
                        "initial_members must name at least one member of the "
                        "cluster that this node joins");
}

/* --- what it begins with -------------------------------------------------- */

static bool make_log(struct qc_node *node)
{
    struct qc_log_options options = {
        .path = qc_directory_log(node->directory),
        .create = true,
        .persisted = qc_node_persisted,
        .ctx = node,
    };
    char text[QC_NODE_TEXT_SIZE] = "";

    return qc_log_open(&options, &node->backing.log, text, sizeof(text)) == 0 ||
           qc_node_fail(node, "log", text);
}

/* Until everything that was queued is durable. */
static bool log_is_durable(struct qc_node *node, uint64_t index)
{
    uint64_t done = 0;

    while (done < index || !qc_log_restarted(node->backing.log)) {
        const struct timespec pause = {.tv_nsec = 1000000};
        uint64_t polled = 0;

        if (qc_log_poll(node->backing.log, &polled) != 0) {
            return qc_node_fail(node, "log", qc_log_error(node->backing.log));
        }
        done = polled > done ? polled : done;
        nanosleep(&pause, NULL);
    }
    return true;
}

bool qc_node_take_over(struct qc_node *node,
                       const struct qc_server *servers,
                       unsigned n_servers,
                       uint64_t term)
{
    struct qc_log *log = node->backing.log;
    struct qc_log_entry entry = {
        .index = qc_log_last(log) + 1,
        .term = term,
        .kind = RAFT_CHANGE,
    };
    struct raft_buffer buffer;
    int r = qc_configuration_encode(servers, n_servers, &buffer);

    if (r != 0) {
        return qc_node_fail(node, "members",
                            "two members have one id or one address");
    }
    entry.data = (struct qc_bytes){buffer.base, buffer.len};
    /* The term first: no entry may be of a later one than the node knows. */
    r = qc_log_set_term_and_vote(log, term, 0);
    if (r == 0) {
        r = qc_log_append(log, &entry, 1);
    }
    raft_free(buffer.base);
    if (r != 0) {
        return qc_node_fail(node, "log", qc_log_error(log));
    }
    return log_is_durable(node, entry.index);
}

/* Makes the directory; |begin| puts into it what the node begins with. */
static int make(struct qc_node *node,
                const struct qc_identity *identity,
                bool (*begin)(struct qc_node *node, void *ctx),
                void *ctx)
{
    char text[QC_NODE_TEXT_SIZE] = "";
    bool good;

    if (qc_directory_prepare(node->config->data_dir, identity, &node->directory,
                             text, sizeof(text)) != 0) {
        qc_node_fail(node, "directory", text);
        return 1;
    }
    good = begin(node, ctx);
    qc_log_close(node->backing.log);
    node->backing.log = NULL;
    qc_backing_close(&node->backing);
    if (good && qc_directory_seal(node->directory, text, sizeof(text)) != 0) {
        good = qc_node_fail(node, "directory", text);
    }
    qc_directory_close(node->directory);
    if (good) {
        qc_logger_write(node->logger, QC_LEVEL_INFO, "initialised data_dir=%s",
                        qc_quoted(text, sizeof(text), node->config->data_dir));
    }
    return good ? 0 : 1;
}

/* An empty log: its first entry is written by the replica, or comes from a
 * leader. */
static bool begin_empty(struct qc_node *node, void *ctx)
{
    (void)ctx;
    return make_log(node);
}

int qc_node_init(const Qc__Config__NodeConfig *config, struct qc_logger *logger)
{
    static struct qc_node node; /* Large. */
    struct qc_identity identity;

    node = (struct qc_node){.config = config, .logger = logger};
    return identity_of_initial(&node, &identity)
               ? make(&node, &identity, begin_empty, NULL)
               : 1;
}

int qc_node_join(const Qc__Config__NodeConfig *config, struct qc_logger *logger)
{
    static struct qc_node node; /* Large. */
    struct qc_identity identity;

    node = (struct qc_node){.config = config, .logger = logger};
    return identity_of_joining(&node, &identity)
               ? make(&node, &identity, begin_empty, NULL)
               : 1;
}

/* --- from a backup -------------------------------------------------------- */

struct restoration {
    const char *file;
    const struct qc_identity *identity;
};

static unsigned servers_of(const struct qc_identity *identity,
                           struct qc_server servers_out[QC_SERVERS_MAX])
{
    for (unsigned i = 0; i < identity->n_members; i++) {
        servers_out[i] = (struct qc_server){
            .id = identity->members[i].id,
            .address = identity->members[i].address,
            .voter = true,
        };
    }
    return identity->n_members;
}

/* Ids that the rows hold to be gone, or not to be right, stay so. */
static bool ids_are_free(const struct qc_node *node,
                         const struct qc_identity *identity)
{
    const struct qc_machine *machine = &node->backing.machine;
    const Qc__State__MembersRow *row;
    char text[QC_NODE_TEXT_SIZE];
    struct qc_arena arena;
    bool good = true;
    int fault = 0;

    qc_arena_init(&arena, MEMBERS_ARENA_SIZE);
    row = qc_machine_members(machine, &arena, &fault);
    for (unsigned i = 0; good && row != NULL && i < identity->n_members; i++) {
        uint64_t id = identity->members[i].id;

        if (qc_member_removed_at(row, id) != 0 ||
            qc_machine_differs(machine, id, NULL) != 0) {
            snprintf(text, sizeof(text),
                     "node id %" PRIu64 " was removed from the cluster of the "
                     "backup, and is never used again: take ids above %" PRIu64,
                     id, row->last_node_id);
            good = qc_node_fail(node, "restore", text);
        }
    }
    qc_arena_done(&arena);
    return good && (fault == 0 ||
                    qc_node_fail(node, "restore", "the rows cannot be read"));
}

/* The backup's manifest, as that of the new cluster. */
static bool restart_log(struct qc_node *node,
                        const struct qc_identity *identity,
                        const Qc__Peer__Manifest *backup)
{
    struct qc_server servers[QC_SERVERS_MAX];
    Qc__Peer__Server written[QC_SERVERS_MAX];
    Qc__Peer__Server *list[QC_SERVERS_MAX];
    Qc__Peer__Manifest manifest = *backup;
    struct qc_arena arena;
    struct qc_bytes bytes;
    int r;

    for (unsigned i = 0; i < identity->n_members; i++) {
        qc__peer__server__init(&written[i]);
        written[i].id = identity->members[i].id;
        written[i].address = identity->members[i].address;
        written[i].role = RAFT_VOTER;
        list[i] = &written[i];
    }
    manifest.cluster_id = identity->cluster_id;
    manifest.servers = list;
    manifest.n_servers = identity->n_members;
    qc_arena_init(&arena, (size_t)4 * QC_MANIFEST_SIZE_MAX);
    r = qc_manifest_write(&manifest, &arena, &bytes);
    if (r == 0) {
        r = qc_log_restart(node->backing.log, bytes, RESTORED_GENERATION);
    }
    qc_arena_done(&arena);
    if (r != 0) {
        return qc_node_fail(node, "log", qc_log_error(node->backing.log));
    }
    return qc_node_take_over(node, servers, servers_of(identity, servers),
                             manifest.term + 1);
}

static bool restore_rows(struct qc_node *node, uint64_t index)
{
    struct qc_backing *backing = &node->backing;
    char text[QC_NODE_TEXT_SIZE] = "";
    char path[PATH_MAX];

    qc_directory_generation(node->directory, RESTORED_GENERATION, path);
    if (qc_checkpoint_make_rows(qc_directory_checkpoints(node->directory),
                                index, path, text, sizeof(text)) != 0 ||
        qc_rows_open(path, &backing->rows, text, sizeof(text)) != 0) {
        return qc_node_fail(node, "restore", text);
    }
    if (qc_machine_open(&backing->machine, qc_rows_store(backing->rows)) != 0) {
        return qc_node_fail(node, "restore", qc_rows_error(backing->rows));
    }
    backing->machine_open = true;
    return true;
}

static bool backup_fits(const struct qc_node *node,
                        const Qc__Peer__Manifest *backup)
{
    char text[QC_NODE_TEXT_SIZE];

    if (strcmp(backup->cluster_id, node->config->cluster_id) == 0) {
        return qc_node_fail(
            node, "restore",
            "a backup is restored into a new cluster, under a new cluster_id: "
            "the old one may still run somewhere, and the two must never meet");
    }
    if (backup->cluster_version > QC_CLUSTER_VERSION_MAX) {
        snprintf(text, sizeof(text),
                 "the backup was written by a newer release: its cluster keeps "
                 "to version %" PRIu32 ", and this program supports %d",
                 backup->cluster_version, QC_CLUSTER_VERSION_MAX);
        return qc_node_fail(node, "restore", text);
    }
    return true;
}

static bool begin_restored(struct qc_node *node, void *ctx)
{
    const struct restoration *restoration = ctx;
    struct qc_manifest backup = {.message = NULL};
    char text[QC_NODE_TEXT_SIZE] = "";
    bool good;

    if (qc_directory_tidy(node->directory, RESTORED_GENERATION, text,
                          sizeof(text)) != 0 ||
        qc_backup_unpack(restoration->file,
                         qc_directory_checkpoints(node->directory), &backup,
                         text, sizeof(text)) != 0) {
        return qc_node_fail(node, "restore", text);
    }
    good = backup_fits(node, backup.message) &&
           restore_rows(node, backup.message->index) &&
           ids_are_free(node, restoration->identity) && make_log(node) &&
           restart_log(node, restoration->identity, backup.message);
    qc_manifest_done(&backup);
    return good;
}

int qc_node_restore(const Qc__Config__NodeConfig *config,
                    struct qc_logger *logger,
                    const char *file)
{
    static struct qc_node node; /* Large. */
    struct qc_identity identity;
    struct restoration restoration = {.file = file, .identity = &identity};

    node = (struct qc_node){.config = config, .logger = logger};
    return identity_of_initial(&node, &identity)
               ? make(&node, &identity, begin_restored, &restoration)
               : 1;
}

int qc_node_inspect(struct qc_logger *logger, const char *file)
{
    const struct qc_node node = {.logger = logger};
    struct qc_manifest manifest = {.message = NULL};
    char text[QC_NODE_TEXT_SIZE] = "";
    const Qc__Peer__Manifest *backup;

    if (qc_backup_inspect(file, &manifest, text, sizeof(text)) != 0) {
        qc_node_fail(&node, "inspect", text);
        return 1;
    }
    backup = manifest.message;
    printf("cluster          %s\n", backup->cluster_id);
    printf("cluster version  %" PRIu32 "\n", backup->cluster_version);
    printf("index            %" PRIu64 "\n", backup->index);
    printf("term             %" PRIu64 "\n", backup->term);
    printf("log time         %" PRId64 " ms\n", backup->now_ms);
    printf("rows             %" PRIu64 "\n", backup->n_rows);
    printf("files            %zu\n", backup->n_files);
    printf("size             %" PRIu64 " bytes\n", qc_manifest_size(backup));
    printf("state hash       ");
    for (size_t i = 0; i < backup->state_hash.len; i++) {
        printf("%02x", backup->state_hash.data[i]);
    }
    printf("\n");
    for (size_t i = 0; i < backup->n_servers; i++) {
        printf("member           %" PRIu64 " %s %s\n", backup->servers[i]->id,
               backup->servers[i]->address,
               backup->servers[i]->role == RAFT_VOTER ? "voter" : "standby");
    }
    printf("checksums        good\n");
    qc_manifest_done(&manifest);
    return 0;
}
