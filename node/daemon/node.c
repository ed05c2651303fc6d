#include "daemon/node.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/error.h"
#include "base/quoted.h"
#include "daemon/address.h"
#include "daemon/backing.h"
#include "daemon/clocks.h"
#include "http2/server.h"
#include "machine/machine.h"
#include "replica/replica.h"
#include "rpc/rpc.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    EXIT_FAULT = 70,
    WATCHDOG_MS = 1000,
    WRITE_STUCK_MS = 10 * 1000, /* A disk that hangs must not be led by. */
    DRAIN_MAX_MS = 3000,
    TEXT_SIZE = 512,
};

struct node {
    const Qc__Config__NodeConfig *config;
    struct qc_logger *logger;
    struct qc_directory *directory;
    struct qc_rows *rows;
    struct qc_backing backing;
    bool machine_open;
    struct qc_server servers[QC_SERVERS_MAX];
    unsigned n_servers;
    struct qc_rpc *rpc;
    struct qc_replica *replica;
    struct qc_http2_server *server;

    uv_loop_t loop;
    uv_async_t persisted; /* Woken by the log's writer. */
    uv_timer_t timer;     /* The replica's. */
    uv_timer_t watchdog;
    uv_prepare_t turn;
    uv_idle_t busy; /* Active while entries wait to be applied. */
    uv_signal_t signals[2];
    int64_t stopping_ms; /* Since when; 0: not. */
};

static const char *fault_text(int fault)
{
    switch (fault) {
#define QC_FAULT(code, name, text) \
    case QC_E_##name:              \
        return text;
#include "base/error.def"
#undef QC_FAULT
    default:
        return "unknown fault";
    }
}

/* A node never guesses: after a fault nothing more leaves this process. */
static void node_fault(void *ctx, int fault)
{
    struct node *node = ctx;
    const char *log =
        node->backing.log != NULL ? qc_log_error(node->backing.log) : "";
    const char *rows = node->rows != NULL ? qc_rows_error(node->rows) : "";
    char of_log[TEXT_SIZE];
    char of_rows[TEXT_SIZE];
    char data_dir[TEXT_SIZE];

    qc_logger_write(
        node->logger, QC_LEVEL_ERROR,
        "fault code=%d text=\"%s\" applied=%" PRIu64
        " next=\"mend the cause and start again; if data is damaged, wipe and "
        "join under a new id\" log=%s rows=%s data_dir=%s",
        fault, fault_text(fault), node->backing.machine.applied_index,
        qc_quoted(of_log, sizeof(of_log), log),
        qc_quoted(of_rows, sizeof(of_rows), rows),
        qc_quoted(data_dir, sizeof(data_dir), node->config->data_dir));
    _exit(EXIT_FAULT);
}

static void must(struct node *node, int r)
{
    if (r != 0) {
        node_fault(node, r);
    }
}

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

/* The edge names its events; what the replica says is a sentence. */
static void rpc_notice(void *ctx, enum qc_notice notice, const char *text)
{
    const struct node *node = ctx;

    qc_logger_write(node->logger, level_of(notice), "%s", text);
}

static void replica_notice(void *ctx, enum qc_notice notice, const char *text)
{
    const struct node *node = ctx;
    char quoted[TEXT_SIZE];

    qc_logger_write(node->logger, level_of(notice), "replica text=%s",
                    qc_quoted(quoted, sizeof(quoted), text));
}

/* --- the loop ------------------------------------------------------------ */

/* On the writer's thread. */
static void log_persisted(void *ctx)
{
    struct node *node = ctx;

    uv_async_send(&node->persisted);
}

static void on_persisted(uv_async_t *async)
{
    struct node *node = async->data;
    uint64_t index = 0;

    must(node, qc_log_poll(node->backing.log, &index));
    if (index > 0) {
        must(node, qc_replica_persisted(node->replica, index));
    }
}

static void on_busy(uv_idle_t *busy)
{
    (void)busy; /* That it is active keeps the loop from sleeping. */
}

static void on_timer(uv_timer_t *timer)
{
    struct node *node = timer->data;

    must(node, qc_replica_tick(node->replica));
}

/* Just before the loop sleeps. */
static void on_turn(uv_prepare_t *turn)
{
    struct node *node = turn->data;
    int64_t now_ms;
    int64_t due_ms;

    must(node, qc_replica_turn(node->replica));
    if (node->server != NULL) {
        qc_http2_server_flush(node->server);
    }
    qc_rpc_flush(node->rpc);

    if (qc_replica_busy(node->replica)) {
        uv_idle_start(&node->busy, on_busy);
    } else {
        uv_idle_stop(&node->busy);
    }
    now_ms = qc_monotonic_ms();
    due_ms = qc_replica_timeout_ms(node->replica);
    uv_update_time(&node->loop);
    uv_timer_start(&node->timer, on_timer,
                   due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0, 0);
}

static void on_server_closed(void *ctx)
{
    struct node *node = ctx;

    node->server = NULL;
    uv_stop(&node->loop);
}

static void on_watchdog(uv_timer_t *watchdog)
{
    struct node *node = watchdog->data;
    char path[TEXT_SIZE];

    if (qc_log_write_age_ms(node->backing.log) > WRITE_STUCK_MS) {
        qc_logger_write(
            node->logger, QC_LEVEL_ERROR,
            "disk_stuck ms=%" PRId64 " path=%s next=\"look at the "
            "disk; the node can be started again\"",
            qc_log_write_age_ms(node->backing.log),
            qc_quoted(path, sizeof(path), qc_directory_log(node->directory)));
        node_fault(node, QC_E_IO);
    }
}

/* Once nothing waits any more, or enough time has passed: closes the server,
 * and with it ends the loop. */
static void on_drained(uv_timer_t *watchdog)
{
    struct node *node = watchdog->data;
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    if (status.open_requests > 0 &&
        qc_monotonic_ms() - node->stopping_ms < DRAIN_MAX_MS) {
        return;
    }
    uv_timer_stop(watchdog);
    qc_http2_server_close(node->server, on_server_closed, node);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct node *node = signal->data;

    if (node->stopping_ms != 0) {
        return;
    }
    qc_logger_write(node->logger, QC_LEVEL_INFO, "stopping signal=%d", number);
    node->stopping_ms = qc_monotonic_ms();
    qc_http2_server_drain(node->server);
    uv_timer_start(&node->watchdog, on_drained, 50, 50);
}

static void loop_open(struct node *node)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    int r = uv_loop_init(&node->loop);

    assert(r == 0);
    r = uv_async_init(&node->loop, &node->persisted, on_persisted);
    assert(r == 0);
    uv_timer_init(&node->loop, &node->timer);
    uv_timer_init(&node->loop, &node->watchdog);
    uv_prepare_init(&node->loop, &node->turn);
    uv_idle_init(&node->loop, &node->busy);
    node->persisted.data = node;
    node->timer.data = node;
    node->watchdog.data = node;
    node->turn.data = node;
    for (unsigned i = 0; i < 2; i++) {
        uv_signal_init(&node->loop, &node->signals[i]);
        node->signals[i].data = node;
        uv_signal_start(&node->signals[i], on_signal, numbers[i]);
    }
}

static void on_rpc_closed(void *ctx)
{
    struct node *node = ctx;

    node->rpc = NULL;
}

/* Runs what is left on the loop until it is empty. */
static void loop_close(struct node *node)
{
    uv_handle_t *handles[] = {
        (uv_handle_t *)&node->persisted,  (uv_handle_t *)&node->timer,
        (uv_handle_t *)&node->watchdog,   (uv_handle_t *)&node->turn,
        (uv_handle_t *)&node->busy,       (uv_handle_t *)&node->signals[0],
        (uv_handle_t *)&node->signals[1],
    };
    int r;

    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        uv_close(handles[i], NULL);
    }
    if (node->rpc != NULL) {
        qc_rpc_close(node->rpc, on_rpc_closed, node);
    }
    uv_run(&node->loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&node->loop);
    assert(r == 0);
}

/* --- opening and closing ------------------------------------------------- */

static bool fail(const struct node *node, const char *what, const char *text)
{
    char quoted[2 * TEXT_SIZE];

    qc_logger_write(node->logger, QC_LEVEL_ERROR, "%s text=%s", what,
                    qc_quoted(quoted, sizeof(quoted), text));
    return false;
}

static bool identity_fits(struct node *node)
{
    const struct qc_identity *identity = qc_directory_identity(node->directory);
    char text[TEXT_SIZE];

    if (strcmp(identity->cluster_id, node->config->cluster_id) != 0 ||
        identity->node_id != node->config->node_id) {
        snprintf(text, sizeof(text),
                 "%s belongs to node %" PRIu64 " of cluster %s, and the "
                 "configuration names node %" PRIu64 " of cluster %s",
                 node->config->data_dir, identity->node_id,
                 identity->cluster_id, node->config->node_id,
                 node->config->cluster_id);
        return fail(node, "wrong_directory", text);
    }
    for (unsigned i = 0; i < identity->n_members; i++) {
        node->servers[i] = (struct qc_server){
            .id = identity->members[i].id,
            .address = identity->members[i].address,
            .voter = true,
        };
    }
    node->n_servers = identity->n_members;
    return true;
}

static bool storage_open(struct node *node)
{
    struct qc_log_options options = {
        .persisted = log_persisted,
        .ctx = node,
    };
    char text[TEXT_SIZE] = "";

    if (qc_directory_open(node->config->data_dir, &node->directory, text,
                          sizeof(text)) != 0) {
        return fail(node, "directory", text);
    }
    if (!identity_fits(node)) {
        return false;
    }
    options.path = qc_directory_log(node->directory);
    if (qc_log_open(&options, &node->backing.log, text, sizeof(text)) != 0) {
        return fail(node, "log", text);
    }
    if (qc_rows_open(qc_directory_rows(node->directory), &node->rows, text,
                     sizeof(text)) != 0) {
        return fail(node, "rows", text);
    }
    if (qc_machine_open(&node->backing.machine, qc_rows_store(node->rows)) !=
        0) {
        return fail(node, "rows", qc_rows_error(node->rows));
    }
    node->machine_open = true;
    return true;
}

static const char *own_address(const struct node *node)
{
    for (unsigned i = 0; i < node->n_servers; i++) {
        if (node->servers[i].id == node->config->node_id) {
            return node->servers[i].address;
        }
    }
    return node->config->listen;
}

static bool replica_open(struct node *node)
{
    struct qc_replica_options options = {
        .id = node->config->node_id,
        .address = own_address(node),
        .initial = node->servers,
        .n_initial = node->n_servers,
        .election_timeout_ms = node->config->raft->election_timeout_ms,
        .heartbeat_ms = node->config->raft->heartbeat_ms,
        .disk = qc_backing_disk(&node->backing),
        .network = qc_rpc_network(node->rpc),
        .clocks = qc_clocks_of_this_machine(),
        .applier = qc_backing_applier(&node->backing),
        .notice = replica_notice,
        .notice_ctx = node,
    };
    struct qc_replica_state state = {
        .first_index = qc_log_first(node->backing.log),
        .last_index = qc_log_last(node->backing.log),
        .is_new = qc_log_first(node->backing.log) == 0,
    };
    uint8_t dice[QC_ENTROPY_SIZE];

    options.clocks.entropy(NULL, dice);
    memcpy(&options.seed, dice, sizeof(options.seed));
    qc_log_term_and_vote(node->backing.log, &state.term, &state.vote);
    node->replica = qc_replica_new(&options);
    if (node->replica == NULL) {
        return fail(node, "replica", "out of memory");
    }
    qc_rpc_set_replica(node->rpc, node->replica);
    must(node, qc_replica_start(node->replica, &state));
    return true;
}

static bool rpc_open(struct node *node)
{
    const struct qc_rpc_options options = {
        .loop = &node->loop,
        .cluster_id = node->config->cluster_id,
        .node_id = node->config->node_id,
        .version = QC_VERSION,
        .servers = node->servers,
        .n_servers = node->n_servers,
        .machine = &node->backing.machine,
        .hashes = &node->backing.hashes,
        .clocks = qc_clocks_of_this_machine(),
        .fault = node_fault,
        .notice = rpc_notice,
        .ctx = node,
    };

    node->rpc = qc_rpc_new(&options);
    return node->rpc != NULL || fail(node, "rpc", "out of memory");
}

static bool server_open(struct node *node)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct qc_call_handler handler = qc_rpc_handler(node->rpc);
    struct qc_address address;
    char text[TEXT_SIZE];
    int r;

    if (!qc_address_read(node->config->listen, &address) ||
        !qc_address_is_loopback(&address)) {
        return fail(node, "listen",
                    "listen must be host:port on loopback: without TLS and keys"
                    " nobody else may be let in");
    }
    r = qc_http2_server_open(&node->loop, address.host, address.port, &limits,
                             &handler, &node->server);
    if (r != 0) {
        snprintf(text, sizeof(text), "cannot listen on %s: %s",
                 node->config->listen, uv_strerror(r));
        return fail(node, "listen", text);
    }
    return true;
}

static void node_close(struct node *node)
{
    if (node->replica != NULL) {
        qc_replica_free(node->replica);
    }
    qc_log_close(node->backing.log);
    if (node->machine_open) {
        qc_machine_close(&node->backing.machine);
    }
    if (node->rows != NULL) {
        qc_rows_close(node->rows);
    }
    qc_directory_close(node->directory);
}

int qc_node_run(const Qc__Config__NodeConfig *config, struct qc_logger *logger)
{
    /* Large, for the hashes; and one to a process. */
    static struct node node;
    bool good;

    node = (struct node){.config = config, .logger = logger};
    loop_open(&node);
    good = storage_open(&node) && rpc_open(&node) && replica_open(&node) &&
           server_open(&node);
    if (good) {
        uv_prepare_start(&node.turn, on_turn);
        uv_timer_start(&node.watchdog, on_watchdog, WATCHDOG_MS, WATCHDOG_MS);
        qc_logger_write(
            logger, QC_LEVEL_INFO,
            "started version=%s listen=%s applied=%" PRIu64 " log=%" PRIu64
            "..%" PRIu64,
            QC_VERSION, config->listen, node.backing.machine.applied_index,
            qc_log_first(node.backing.log), qc_log_last(node.backing.log));
        uv_run(&node.loop, UV_RUN_DEFAULT);
    }
    /* Before the loop, which its writer wakes for as long as it writes. */
    qc_log_close(node.backing.log);
    node.backing.log = NULL;
    loop_close(&node);
    node_close(&node);
    if (good) {
        qc_logger_write(logger, QC_LEVEL_INFO, "stopped");
    }
    return good ? 0 : 1;
}

static bool identity_make(const struct node *node, struct qc_identity *identity)
{
    const Qc__Config__NodeConfig *config = node->config;
    bool member = false;

    static_assert((int)QC_MEMBERS_MAX >= (int)QC_SERVERS_MAX, "must fit");
    *identity = (struct qc_identity){.node_id = config->node_id};
    snprintf(identity->cluster_id, sizeof(identity->cluster_id), "%s",
             config->cluster_id);
    for (size_t i = 0; i < config->n_initial_members && i < QC_SERVERS_MAX;
         i++) {
        struct qc_directory_member *to = &identity->members[i];

        to->id = config->initial_members[i]->id;
        snprintf(to->address, sizeof(to->address), "%s",
                 config->initial_members[i]->address);
        member = member || to->id == config->node_id;
        identity->n_members++;
    }
    return (member && identity->n_members >= 3) ||
           fail(node, "init",
                "initial_members must name at least three nodes, this one "
                "among them");
}

/* An empty log, whose first entry the replica writes. */
static bool log_make(struct node *node)
{
    struct qc_log_options options = {.create = true};
    char text[TEXT_SIZE] = "";

    if (qc_directory_open(node->config->data_dir, &node->directory, text,
                          sizeof(text)) != 0) {
        return fail(node, "init", text);
    }
    options.path = qc_directory_log(node->directory);
    return qc_log_open(&options, &node->backing.log, text, sizeof(text)) == 0 ||
           fail(node, "init", text);
}

int qc_node_init(const Qc__Config__NodeConfig *config, struct qc_logger *logger)
{
    static struct node node; /* As in qc_node_run(). */
    struct qc_identity identity;
    char text[TEXT_SIZE] = "";
    bool good;

    node = (struct node){.config = config, .logger = logger};
    if (!identity_make(&node, &identity)) {
        return 1;
    }
    if (qc_directory_init(config->data_dir, &identity, text, sizeof(text)) !=
        0) {
        fail(&node, "init", text);
        return 1;
    }
    good = log_make(&node);
    node_close(&node);
    if (good) {
        qc_logger_write(logger, QC_LEVEL_INFO, "initialised data_dir=%s",
                        qc_quoted(text, sizeof(text), config->data_dir));
    }
    return good ? 0 : 1;
}
