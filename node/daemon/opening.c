/* How a node is put together, from its directory to its port. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/quoted.h"
#include "command/apply.h"
#include "daemon/address.h"
#include "daemon/admin.h"
#include "daemon/clocks.h"
#include "daemon/files.h"
#include "daemon/inside.h"
#include "daemon/keeper.h"
#include "daemon/limits.h"
#include "daemon/node.h"
#include "http2/server.h"
#include "http2/tls.h"
#include "rpc/hello.h"
#include "rpc/rpc.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/manifest.h"
#include "storage/rows.h"

enum {
    MEMBERS_ARENA_SIZE = 1024 * 1024,
    MIB = 1024 * 1024,
};

static enum qc_level level_of(enum qc_notice notice)
{
    switch (notice) {
    case QC_NOTICE_DEBUG:
        return QC_LEVEL_DEBUG;
    case QC_NOTICE_INFO:
        return QC_LEVEL_INFO;
    case QC_NOTICE_WARNING:
    default:
        return QC_LEVEL_WARN;
    }
}

/* Edge and keeper name their events; what the replica says is a sentence. */
static void event_notice(void *ctx, enum qc_notice notice, const char *text)
{
    const struct qc_node *node = ctx;

    qc_logger_write(node->logger, level_of(notice), "%s", text);
}

static void replica_notice(void *ctx, enum qc_notice notice, const char *text)
{
    const struct qc_node *node = ctx;
    char quoted[QC_NODE_TEXT_SIZE];

    qc_logger_write(node->logger, level_of(notice), "replica text=%s",
                    qc_quoted(quoted, sizeof(quoted), text));
}

/* --- the disk ------------------------------------------------------------- */

static bool identity_fits(struct qc_node *node)
{
    const struct qc_identity *identity = qc_directory_identity(node->directory);
    char text[QC_NODE_TEXT_SIZE];

    if (strcmp(identity->cluster_id, node->config->cluster_id) != 0 ||
        identity->node_id != node->config->node_id) {
        snprintf(text, sizeof(text),
                 "%s belongs to node %" PRIu64 " of cluster %s, and the "
                 "configuration names node %" PRIu64 " of cluster %s",
                 node->config->data_dir, identity->node_id,
                 identity->cluster_id, node->config->node_id,
                 node->config->cluster_id);
        return qc_node_fail(node, "wrong_directory", text);
    }
    for (unsigned i = 0; i < identity->n_members; i++) {
        node->servers[i] = (struct qc_server){
            .id = identity->members[i].id,
            .address = identity->members[i].address,
            .voter = true,
        };
        node->is_initial =
            node->is_initial || identity->members[i].id == identity->node_id;
    }
    node->n_servers = identity->n_members;
    node->backing.node_id = identity->node_id;
    return true;
}

static void on_room(void *ctx, enum qc_room room, const char *text)
{
    struct qc_node *node = ctx;

    qc_logger_write(node->logger,
                    room == QC_ROOM_ENOUGH ? QC_LEVEL_INFO : QC_LEVEL_WARN,
                    "%s", text);
    if (node->replica != NULL) {
        qc_replica_set_room(node->replica, room);
    }
}

/* Before anything is written: a full disk may need its reserve to open. */
static void room_open(struct qc_node *node)
{
    const struct qc_room_options options = {
        .loop = &node->loop,
        .data_dir = node->config->data_dir,
        .reserve = qc_directory_reserve(node->directory),
        .reserve_size = (uint64_t)node->config->storage->reserve_mib * MIB,
        .changed = on_room,
        .ctx = node,
    };

    qc_room_open(&node->room, &options);
}

static bool log_open(struct qc_node *node)
{
    struct qc_log_options options = {
        .path = qc_directory_log(node->directory),
        .persisted = qc_node_persisted,
        .ctx = node,
        .writes = &node->writes,
    };
    char text[QC_NODE_TEXT_SIZE] = "";

    return qc_log_open(&options, &node->backing.log, text, sizeof(text)) == 0 ||
           qc_node_fail(node, "log", text);
}

/* Term and vote are written as they are: the first synchronous write since the
 * log was opened makes a file and syncs its directory, too, and shall not come
 * when others wait for a vote; and a disk that takes no writes is found now. */
static bool log_takes_writes(struct qc_node *node)
{
    struct qc_log *log = node->backing.log;
    uint64_t term;
    uint64_t vote;

    qc_log_term_and_vote(log, &term, &vote);
    return qc_log_set_term_and_vote(log, term, vote) == 0 ||
           qc_node_fail(node, "log", qc_log_error(log));
}

static bool rows_open(struct qc_node *node)
{
    struct qc_backing *backing = &node->backing;
    uint64_t generation = qc_log_generation(backing->log);
    char text[QC_NODE_TEXT_SIZE] = "";
    char path[PATH_MAX];

    qc_directory_generation(node->directory, generation, path);
    if (qc_directory_tidy(node->directory, generation, text, sizeof(text)) !=
            0 ||
        qc_rows_open(path, &backing->rows, text, sizeof(text)) != 0 ||
        qc_rows_check(backing->rows, backing->log, text, sizeof(text)) != 0) {
        return qc_node_fail(node, "rows", text);
    }
    if (qc_machine_open(&backing->machine, qc_rows_store(backing->rows)) != 0) {
        return qc_node_fail(node, "rows", qc_rows_error(backing->rows));
    }
    backing->machine_open = true;
    return true;
}

void qc_node_say_removed(const struct qc_node *node, uint64_t index)
{
    char data_dir[QC_NODE_TEXT_SIZE];

    qc_logger_write(
        node->logger, QC_LEVEL_ERROR,
        "removed index=%" PRIu64 " next=\"this node was removed at index "
        "%" PRIu64 ": wipe its data directory and, if it is to come back, "
        "join under a new id\" data_dir=%s",
        index, index,
        qc_quoted(data_dir, sizeof(data_dir), node->config->data_dir));
}

bool qc_node_standing_is_good(const struct qc_node *node)
{
    const struct qc_machine *machine = &node->backing.machine;
    uint32_t version = qc_machine_cluster_version(machine);
    const Qc__State__MembersRow *row;
    char text[QC_NODE_TEXT_SIZE];
    uint64_t removed_at;
    uint64_t differs_at;
    struct qc_arena arena;
    int fault = 0;

    if (version > QC_CLUSTER_VERSION_MAX) {
        snprintf(text, sizeof(text),
                 "%s: this data was written by a newer release: the cluster "
                 "keeps to version %" PRIu32 ", and this program supports %d: "
                 "run a newer one",
                 node->config->data_dir, version, QC_CLUSTER_VERSION_MAX);
        return qc_node_fail(node, "newer", text);
    }
    qc_arena_init(&arena, MEMBERS_ARENA_SIZE);
    row = qc_machine_members(machine, &arena, &fault);
    removed_at = qc_member_removed_at(row, node->config->node_id);
    qc_arena_done(&arena);
    if (removed_at != 0) {
        qc_node_say_removed(node, removed_at);
        return false;
    }
    if (fault != 0 ||
        qc_machine_differs(machine, node->config->node_id, &differs_at) < 0) {
        return qc_node_fail(node, "rows", qc_rows_error(node->backing.rows));
    }
    if (qc_machine_differs(machine, node->config->node_id, &differs_at) > 0) {
        snprintf(text, sizeof(text),
                 "%s: at index %" PRIu64 " this node's state was not that of "
                 "the others: remove it from the cluster, and let a new one "
                 "join under a new id, in an empty directory",
                 node->config->data_dir, differs_at);
        return qc_node_fail(node, "differs", text);
    }
    return true;
}

static bool storage_open(struct qc_node *node)
{
    char text[QC_NODE_TEXT_SIZE] = "";

    if (qc_directory_open(node->config->data_dir, &node->directory, text,
                          sizeof(text)) != 0) {
        return qc_node_fail(node, "directory", text);
    }
    if (!identity_fits(node)) {
        return false;
    }
    room_open(node);
    return log_open(node) && log_takes_writes(node) && rows_open(node) &&
           qc_node_standing_is_good(node);
}

bool qc_node_open_offline(struct qc_node *node)
{
    return identity_fits(node) && log_open(node) && rows_open(node);
}

/* --- keeper, edge, replica, port ------------------------------------------ */

static int on_taken(void *ctx, const Qc__Peer__Manifest *manifest)
{
    struct qc_node *node = ctx;

    return qc_replica_checkpoint_taken(node->replica, manifest);
}

static int on_installed(void *ctx, bool good)
{
    struct qc_node *node = ctx;

    return qc_replica_installed(node->replica, good);
}

static bool keeper_open(struct qc_node *node)
{
    const struct qc_keeper_options options = {
        .loop = &node->loop,
        .backing = &node->backing,
        .directory = node->directory,
        .cluster_id = node->config->cluster_id,
        .taken = on_taken,
        .installed = on_installed,
        .fault = qc_node_fault,
        .notice = event_notice,
        .ctx = node,
    };

    node->keeper = qc_keeper_new(&options);
    return node->keeper != NULL ||
           qc_node_fail(node, "checkpoints", "out of memory");
}

static const char *own_address(const struct qc_node *node)
{
    for (unsigned i = 0; i < node->n_servers; i++) {
        if (node->servers[i].id == node->config->node_id) {
            return node->servers[i].address;
        }
    }
    return node->config->listen;
}

static struct qc_bytes newest_manifest(void *ctx)
{
    const struct qc_node *node = ctx;

    return qc_log_manifest(node->backing.log);
}

static void loop_stall(void *ctx,
                       uint64_t *stall_us_out,
                       uint64_t *own_stall_us_out)
{
    const struct qc_node *node = ctx;

    *stall_us_out = node->stall.wall_max_us;
    *own_stall_us_out = node->stall.own_max_us;
}

static void handshake_failed(void *ctx, const char *text)
{
    const struct qc_node *node = ctx;

    qc_logger_write(node->logger, QC_LEVEL_WARN, "tls_failed %s", text);
}

/* Makes what the files say; nothing, when no certificate is configured. */
static bool tls_make(const Qc__Config__NodeConfig *config,
                     struct qc_tls **tls_out,
                     char *text_out,
                     size_t text_size)
{
    char identity[QC_NODE_IDENTITY_SIZE];
    const struct qc_tls_files files = {
        .certificate = config->tls->certificate,
        .key = config->tls->key,
        .client_ca = config->tls->client_ca,
        .node_ca = config->tls->node_ca,
        .identity = identity,
    };

    *tls_out = NULL;
    if (files.certificate[0] == '\0') {
        return true;
    }
    if (files.node_ca[0] == '\0') {
        snprintf(text_out, text_size,
                 "tls.node_ca is missing: nodes could not tell each other from "
                 "others");
        return false;
    }
    qc_node_identity(config->cluster_id, config->node_id, identity);
    return qc_tls_new(&files, tls_out, text_out, text_size);
}

bool qc_node_check_tls(const Qc__Config__NodeConfig *config,
                       char *text_out,
                       size_t text_size)
{
    struct qc_tls *tls;
    bool good = tls_make(config, &tls, text_out, text_size);

    qc_tls_free(tls);
    return good;
}

static bool tls_open(struct qc_node *node)
{
    char text[QC_NODE_TEXT_SIZE];

    if (!tls_make(node->config, &node->tls, text, sizeof(text))) {
        return qc_node_fail(node, "tls", text);
    }
    if (node->tls != NULL) {
        qc_tls_set_notice(node->tls, handshake_failed, node);
    }
    return true;
}

static bool set_drain(void *ctx, bool drain)
{
    return qc_node_set_drain(ctx, drain);
}

static struct qc_rpc_load load(void *ctx)
{
    const struct qc_node *node = ctx;

    return (struct qc_rpc_load){
        .draining_ms = node->stop != QC_STOP_NOT
                           ? qc_monotonic_ms() - node->stopping_ms
                           : 0,
        .connections =
            node->server != NULL
                ? qc_http2_server_gauge(node->server, QC_HTTP2_OPEN_CONNECTIONS)
                : 0,
        .calls = node->calls.open_calls,
        .streams = node->calls.open_streams,
        .drained = qc_node_is_drained(node),
    };
}

static bool reload(void *ctx,
                   struct qc_arena *arena,
                   Qc__V1__ReloadConfigResponse *response,
                   char *text_out,
                   size_t text_size)
{
    return qc_node_reload(ctx, arena, response, text_out, text_size);
}

static bool rpc_open(struct qc_node *node)
{
    const struct qc_rpc_options options = {
        .loop = &node->loop,
        .tls = node->tls,
        .cluster_id = node->config->cluster_id,
        .node_id = node->config->node_id,
        .address = own_address(node),
        .silence_max_ms = 2 * (int64_t)node->config->raft->election_timeout_ms,
        .version = QC_VERSION,
        .servers = node->servers,
        .n_servers = node->n_servers,
        .machine = &node->backing.machine,
        .hashes = &node->backing.hashes,
        .clocks = qc_clocks_of_this_machine(),
        .checkpoints = qc_keeper_checkpoints(node->keeper),
        .manifest = newest_manifest,
        .loop_stall = loop_stall,
        .set_drain = set_drain,
        .load = load,
        .reload = reload,
        .fault = qc_node_fault,
        .removed = qc_node_removed,
        .notice = event_notice,
        .ctx = node,
    };
    struct qc_rpc_limits limits = qc_rpc_limits_of_api(node->config->api);

    node->rpc = qc_rpc_new(&options);
    if (node->rpc == NULL) {
        return qc_node_fail(node, "rpc", "out of memory");
    }
    qc_rpc_set_limits(node->rpc, &limits);
    node->backing.machine.desktops = qc_rpc_desktops(node->rpc);
    node->backing.machine.outbox = qc_rpc_outbox(node->rpc);
    return true;
}

/* A node that joins knows of no other members until it has their log, and goes
 * on with those it was given. */
static void on_members(void *ctx, const struct qc_server *servers, size_t n)
{
    struct qc_node *node = ctx;

    if (n > 1 || qc_log_last(node->backing.log) > 0) {
        qc_rpc_set_members(node->rpc, servers, n);
    }
}

static struct qc_replica_options replica_options(struct qc_node *node)
{
    const Qc__Config__NodeConfig *config = node->config;
    struct qc_replica_options options = {
        .id = config->node_id,
        .address = own_address(node),
        .initial = node->servers,
        .n_initial = node->is_initial ? node->n_servers : 0,
        .election_timeout_ms = config->raft->election_timeout_ms,
        .heartbeat_ms = config->raft->heartbeat_ms,
        .checkpoint_entries = config->storage->checkpoint_entries,
        .checkpoint_size = (uint64_t)config->storage->checkpoint_mib * MIB,
        .trailing_entries = config->storage->trailing_entries,
        .version_max = QC_CLUSTER_VERSION_MAX,
        .release = QC_VERSION,
        .disk = qc_backing_disk(&node->backing),
        .network = qc_rpc_network(node->rpc),
        .clocks = qc_clocks_of_this_machine(),
        .applier = qc_backing_applier(&node->backing),
        .checkpoints = qc_keeper_checkpoints(node->keeper),
        .notice = replica_notice,
        .notice_ctx = node,
        .members = on_members,
        .members_ctx = node,
        .removed = qc_node_removed,
        .removed_ctx = node,
    };
    uint8_t dice[QC_ENTROPY_SIZE];

    options.clocks.entropy(NULL, dice);
    memcpy(&options.seed, dice, sizeof(options.seed));
    return options;
}

static bool replica_start(struct qc_node *node,
                          const Qc__Peer__Manifest *manifest)
{
    const struct qc_log *log = node->backing.log;
    struct qc_replica_state state = {
        .first_index = qc_log_first(log),
        .last_index = qc_log_last(log),
        .is_new = node->is_initial && qc_log_last(log) == 0,
        .manifest = manifest,
    };
    int r;

    qc_log_term_and_vote(log, &state.term, &state.vote);
    r = qc_replica_start(node->replica, &state);
    if (r == 0 && manifest != NULL &&
        !qc_keeper_has(node->keeper, manifest->index)) {
        qc_logger_write(node->logger, QC_LEVEL_WARN,
                        "checkpoint_missing index=%" PRIu64
                        " next=\"nothing: another one is taken\"",
                        manifest->index);
        r = qc_replica_take_checkpoint(node->replica);
    }
    if (r != 0) {
        qc_node_fault(node, r);
    }
    qc_replica_set_room(node->replica, node->room.room);
    return true;
}

static bool replica_open(struct qc_node *node)
{
    struct qc_replica_options options = replica_options(node);
    struct qc_bytes bytes = qc_log_manifest(node->backing.log);
    struct qc_manifest manifest = {.message = NULL};
    bool good;

    if (bytes.size > 0 && qc_manifest_read(bytes, &manifest) != 0) {
        return qc_node_fail(node, "log", "the manifest in the log is damaged");
    }
    node->replica = qc_replica_new(&options);
    if (node->replica == NULL) {
        qc_manifest_done(&manifest);
        return qc_node_fail(node, "replica", "out of memory");
    }
    qc_rpc_set_replica(node->rpc, node->replica);
    good = replica_start(node, manifest.message);
    qc_manifest_done(&manifest);
    return good;
}

static bool calls_open(struct qc_node *node)
{
    struct qc_call_handler handler = qc_rpc_handler(node->rpc);

    return qc_calls_init(&node->calls, node, &handler) ||
           qc_node_fail(node, "calls", "out of memory");
}

/* Who said where the pages are to be has to have them there; of where they are
 * by default another node of this machine may have been first. */
static bool admin_open(struct qc_node *node)
{
    const char *listen = node->config->admin->listen;
    struct qc_address address;
    char text[QC_NODE_TEXT_SIZE];
    char quoted[QC_NODE_TEXT_SIZE];

    if (listen[0] == '\0') {
        return true;
    }
    if (!qc_address_read(listen, &address)) {
        return qc_node_fail(node, "admin", "admin.listen must be host:port");
    }
    if (qc_admin_open(node, address.host, address.port, &node->admin, text,
                      sizeof(text))) {
        return true;
    }
    if (qc_config_is_said(node->started, "admin.listen")) {
        return qc_node_fail(node, "admin", text);
    }
    qc_logger_write(node->logger, QC_LEVEL_WARN,
                    "admin listen=%s text=%s next=\"there are no pages: set "
                    "admin.listen, to nothing if none are wanted\"",
                    listen, qc_quoted(quoted, sizeof(quoted), text));
    return true;
}

static bool server_open(struct qc_node *node)
{
    struct qc_http2_server_options options = {
        .limits = qc_limits_of_api(node->config->api, node->n_files),
        .handler = qc_calls_handler(&node->calls),
        .tls = node->tls,
        .threads = node->config->api->threads,
    };
    struct qc_address address;
    char text[QC_NODE_TEXT_SIZE];
    int r;

    if (!qc_address_read(node->config->listen, &address)) {
        return qc_node_fail(node, "listen", "listen must be host:port");
    }
    options.host = address.host;
    options.port = address.port;
    r = qc_http2_server_open(&node->loop, &options, &node->server);
    if (r != 0) {
        snprintf(text, sizeof(text), "cannot listen on %s: %s",
                 node->config->listen, uv_strerror(r));
        return qc_node_fail(node, "listen", text);
    }
    return true;
}

/* The server comes last: what fails before it has nobody who calls already. */
bool qc_node_open(struct qc_node *node)
{
    node->n_files = qc_files_raise();
    return tls_open(node) && storage_open(node) && keeper_open(node) &&
           rpc_open(node) && replica_open(node) && calls_open(node) &&
           admin_open(node) && server_open(node);
}

void qc_node_close(struct qc_node *node)
{
    if (node->replica != NULL) {
        qc_replica_free(node->replica);
    }
    qc_keeper_free(node->keeper);
    qc_log_close(node->backing.log);
    qc_backing_close(&node->backing);
    qc_directory_close(node->directory);
    qc_calls_done(&node->calls);
    qc_tls_free(node->tls);
}
