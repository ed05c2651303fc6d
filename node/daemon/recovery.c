/* How one node takes over a cluster that has lost its majority for ever. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <raft.h>

#include "daemon/inside.h"
#include "daemon/offline.h"
#include "replica/configuration.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/manifest.h"

/* What the log says. */
struct past {
    uint64_t last_term;
    bool known; /* Whether |members| are. */
    struct raft_configuration members;
};

static int look_at(void *ctx, const struct qc_log_entry *entry)
{
    struct past *past = ctx;
    struct raft_buffer buffer;

    past->last_term = entry->term;
    if (entry->kind != RAFT_CHANGE) {
        return 0;
    }
    if (!qc_configuration_is_sound(entry->data)) {
        return QC_E_CORRUPT;
    }
    buffer.base = malloc(entry->data.size);
    if (buffer.base == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(buffer.base, entry->data.data, entry->data.size);
    buffer.len = entry->data.size;
    raft_configuration_close(&past->members);
    past->known = raft_configuration_decode(&buffer, &past->members) == 0;
    free(buffer.base);
    return past->known ? 0 : QC_E_NOMEM;
}

/* What a checkpoint says of what was before the log. */
static bool look_at_manifest(const struct qc_node *node, struct past *past)
{
    struct qc_bytes bytes = qc_log_manifest(node->backing.log);
    struct qc_manifest manifest = {.message = NULL};
    bool good = true;

    if (bytes.size == 0) {
        return true;
    }
    if (qc_manifest_read(bytes, &manifest) != 0) {
        return qc_node_fail(node, "log", "the manifest in the log is damaged");
    }
    past->last_term = manifest.message->term;
    for (size_t i = 0; good && i < manifest.message->n_servers; i++) {
        const Qc__Peer__Server *server = manifest.message->servers[i];

        good = raft_configuration_add(&past->members, server->id,
                                      server->address, (int)server->role) == 0;
    }
    past->known = good && manifest.message->n_servers > 0;
    qc_manifest_done(&manifest);
    return good || qc_node_fail(node, "log", "the manifest names one twice");
}

static bool look_at_log(const struct qc_node *node, struct past *past)
{
    struct qc_log *log = node->backing.log;
    uint64_t first = qc_log_first(log);

    if (!look_at_manifest(node, past)) {
        return false;
    }
    if (first != 0 && qc_log_read(log, first, qc_log_last(log) - first + 1,
                                  SIZE_MAX, look_at, past) != 0) {
        return qc_node_fail(node, "log", qc_log_error(log));
    }
    return past->known ||
           qc_node_fail(node, "recover",
                        "this node has joined no cluster yet: there is nothing "
                        "in it to go on from");
}

static void tell(const struct qc_node *node,
                 const struct past *past,
                 uint64_t term)
{
    const struct qc_log *log = node->backing.log;

    printf("node       %" PRIu64 " of cluster %s\n", node->config->node_id,
           node->config->cluster_id);
    printf("directory  %s\n", node->config->data_dir);
    printf("log        %" PRIu64 "..%" PRIu64 ", last term %" PRIu64
           ", current term %" PRIu64 "\n",
           qc_log_first(log), qc_log_last(log), past->last_term, term);
    printf("applied    %" PRIu64 "\n", node->backing.machine.applied_index);
    for (unsigned i = 0; i < past->members.n; i++) {
        const struct raft_server *server = &past->members.servers[i];

        printf("member     %llu %s %s\n", server->id, server->address,
               server->role == RAFT_VOTER ? "voter" : "standby");
    }
}

/* The address under which the others knew it. */
static struct qc_server self_in(const struct qc_node *node,
                                const struct past *past)
{
    const struct raft_server *server =
        qc_configuration_find(&past->members, node->config->node_id);

    return (struct qc_server){
        .id = node->config->node_id,
        .address = server != NULL ? server->address : node->config->listen,
        .voter = true,
    };
}

static bool take_over(struct qc_node *node,
                      const struct past *past,
                      uint64_t term,
                      bool dry_run)
{
    const struct qc_server self = self_in(node, past);
    uint64_t last = qc_log_last(node->backing.log);
    const struct raft_server *only = past->members.servers;

    if (past->members.n == 1 && only->id == self.id &&
        only->role == RAFT_VOTER) {
        printf("done       already: this node is the only member. Start it, "
               "wipe the directories of the others, and let them join under "
               "new ids.\n");
        return true;
    }
    if (node->backing.machine.applied_index > last) {
        return qc_node_fail(node, "recover",
                            "this node's rows are ahead of its log, so it "
                            "cannot go on alone: recover another node, or "
                            "restore a backup");
    }
    printf("%s entry %" PRIu64 " of term %" PRIu64 ", by which node %" PRIu64
           " at %s is the only member\n",
           dry_run ? "would add " : "adds      ", last + 1, term + 1, self.id,
           self.address);
    if (dry_run) {
        return true;
    }
    if (!qc_node_take_over(node, &self, 1, term + 1)) {
        return false;
    }
    printf("done       what only others had is lost. Start this node, wipe the "
           "directories of the others, and let them join under new ids. Do "
           "this on no other node.\n");
    return true;
}

/* Log and rows are open. */
static bool recover(struct qc_node *node, bool dry_run)
{
    struct past past = {.last_term = 0};
    uint64_t term;
    uint64_t vote;
    bool good;

    raft_configuration_init(&past.members);
    good = look_at_log(node, &past);
    if (good) {
        qc_log_term_and_vote(node->backing.log, &term, &vote);
        if (past.last_term > term) {
            term = past.last_term;
        }
        tell(node, &past, term);
        good = take_over(node, &past, term, dry_run);
    }
    raft_configuration_close(&past.members);
    return good;
}

int qc_node_recover(const Qc__Config__NodeConfig *config,
                    struct qc_logger *logger,
                    bool dry_run)
{
    static struct qc_node node; /* Large. */
    char text[QC_NODE_TEXT_SIZE] = "";
    bool good;

    node = (struct qc_node){.config = config, .logger = logger};
    if (qc_directory_open(config->data_dir, &node.directory, text,
                          sizeof(text)) != 0) {
        good = qc_node_fail(&node, "directory", text);
    } else {
        good = qc_node_open_offline(&node) && qc_node_standing_is_good(&node) &&
               recover(&node, dry_run);
    }
    qc_log_close(node.backing.log);
    qc_backing_close(&node.backing);
    qc_directory_close(node.directory);
    return good ? 0 : 1;
}
