#include "daemon/node.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/quoted.h"
#include "daemon/clocks.h"
#include "daemon/inside.h"
#include "daemon/keeper.h"
#include "http2/server.h"
#include "rpc/rpc.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    EXIT_FAULT = 70,
    WATCHDOG_MS = 1000,
    WRITE_STUCK_MS = 10 * 1000, /* A disk that hangs must not be led by. */
    NS_PER_US = 1000,
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

static const char *fault_next(int fault)
{
    switch (fault) {
    case QC_E_DIFFERS:
        return "do not start this node again: remove it from the cluster, and "
               "let a new one join under a new id";
    case QC_E_NEWER:
        return "run a newer release";
    default:
        return "mend the cause and start again; if data is damaged, wipe and "
               "join under a new id";
    }
}

void qc_node_fault(void *ctx, int fault)
{
    struct qc_node *node = ctx;
    const struct qc_backing *backing = &node->backing;
    const char *log = backing->log != NULL ? qc_log_error(backing->log) : "";
    const char *rows =
        backing->rows != NULL ? qc_rows_error(backing->rows) : "";
    uint64_t differs_at = 0;
    char of_log[QC_NODE_TEXT_SIZE / 2];
    char of_rows[QC_NODE_TEXT_SIZE / 2];
    char data_dir[QC_NODE_TEXT_SIZE / 2];

    if (fault == QC_E_DIFFERS) {
        (void)qc_machine_differs(&backing->machine, backing->node_id,
                                 &differs_at);
    }
    qc_logger_write(
        node->logger, QC_LEVEL_ERROR,
        "fault code=%d text=\"%s\" applied=%" PRIu64 " differs_at=%" PRIu64
        " next=\"%s\" log=%s rows=%s data_dir=%s",
        fault, fault_text(fault), backing->machine.applied_index, differs_at,
        fault_next(fault), qc_quoted(of_log, sizeof(of_log), log),
        qc_quoted(of_rows, sizeof(of_rows), rows),
        qc_quoted(data_dir, sizeof(data_dir), node->config->data_dir));
    _exit(EXIT_FAULT);
}

static void must(struct qc_node *node, int r)
{
    if (r != 0) {
        qc_node_fault(node, r);
    }
}

bool qc_node_fail(const struct qc_node *node,
                  const char *what,
                  const char *text)
{
    char quoted[QC_NODE_TEXT_SIZE];

    qc_logger_write(node->logger, QC_LEVEL_ERROR, "%s text=%s", what,
                    qc_quoted(quoted, sizeof(quoted), text));
    return false;
}

/* --- the loop ------------------------------------------------------------ */

void qc_node_persisted(void *ctx)
{
    struct qc_node *node = ctx;

    if (node->persisted.data != NULL) { /* Offline, there is no loop. */
        uv_async_send(&node->persisted);
    }
}

static void on_persisted(uv_async_t *async)
{
    struct qc_node *node = async->data;
    uint64_t index = 0;

    must(node, qc_log_poll(node->backing.log, &index));
    must(node, qc_keeper_poll(node->keeper));
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
    struct qc_node *node = timer->data;

    must(node, qc_replica_tick(node->replica));
}

static void watch_stalls(struct qc_node *node)
{
    struct qc_stall_warning warning =
        qc_stall_turn(&node->stall, uv_hrtime() / NS_PER_US,
                      uv_metrics_idle_time(&node->loop) / NS_PER_US);

    if (warning.n > 0) {
        qc_logger_write(node->logger, QC_LEVEL_WARN,
                        "loop_stalled times=%" PRIu64 " longest_us=%" PRIu64
                        " next=\"nothing, if it is rare; else this machine is "
                        "too busy, and the node may be taken for dead\"",
                        warning.n, warning.max_us);
    }
}

/* Just before the loop sleeps. */
static void on_turn(uv_prepare_t *turn)
{
    struct qc_node *node = turn->data;
    int64_t now_ms;
    int64_t due_ms;

    watch_stalls(node);
    must(node, qc_replica_turn(node->replica));
    qc_node_stop_turn(node);
    qc_rpc_flush(node->rpc);
    if (node->server != NULL) {
        qc_http2_server_flush(node->server);
    }

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

static void on_watchdog(uv_timer_t *watchdog)
{
    struct qc_node *node = watchdog->data;
    int64_t age_ms = qc_log_write_age_ms(node->backing.log);
    char path[QC_NODE_TEXT_SIZE];

    qc_room_look(&node->room);
    if (node->room.room != QC_ROOM_NONE) {
        qc_keeper_flush(node->keeper);
    }
    if (age_ms > WRITE_STUCK_MS) {
        qc_logger_write(
            node->logger, QC_LEVEL_ERROR,
            "disk_stuck ms=%" PRId64 " path=%s next=\"look at the "
            "disk; the node can be started again\"",
            age_ms,
            qc_quoted(path, sizeof(path), qc_directory_log(node->directory)));
        qc_node_fault(node, QC_E_IO);
    }
}

static void loop_open(struct qc_node *node)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    int r = uv_loop_init(&node->loop);

    assert(r == 0);
    r = uv_loop_configure(&node->loop, UV_METRICS_IDLE_TIME);
    assert(r == 0);
    r = uv_async_init(&node->loop, &node->persisted, on_persisted);
    assert(r == 0);
    uv_timer_init(&node->loop, &node->timer);
    uv_timer_init(&node->loop, &node->watchdog);
    uv_timer_init(&node->loop, &node->stopper);
    uv_prepare_init(&node->loop, &node->turn);
    uv_idle_init(&node->loop, &node->busy);
    node->persisted.data = node;
    node->timer.data = node;
    node->watchdog.data = node;
    node->stopper.data = node;
    node->turn.data = node;
    for (unsigned i = 0; i < 2; i++) {
        uv_signal_init(&node->loop, &node->signals[i]);
        node->signals[i].data = node;
        uv_signal_start(&node->signals[i], qc_node_on_signal, numbers[i]);
    }
}

static void on_rpc_closed(void *ctx)
{
    struct qc_node *node = ctx;

    node->rpc = NULL;
}

/* Runs what is left on the loop until it is empty. */
static void loop_close(struct qc_node *node)
{
    uv_handle_t *handles[] = {
        (uv_handle_t *)&node->persisted,  (uv_handle_t *)&node->timer,
        (uv_handle_t *)&node->watchdog,   (uv_handle_t *)&node->stopper,
        (uv_handle_t *)&node->turn,       (uv_handle_t *)&node->busy,
        (uv_handle_t *)&node->signals[0], (uv_handle_t *)&node->signals[1],
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

int qc_node_run(const Qc__Config__NodeConfig *config, struct qc_logger *logger)
{
    /* Large, for the hashes; and one to a process. */
    static struct qc_node node;
    bool good;

    node = (struct qc_node){.config = config, .logger = logger};
    loop_open(&node);
    good = qc_node_open(&node);
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
    if (node.keeper != NULL) {
        qc_keeper_stop(node.keeper);
    }
    /* Before the loop, which its writer wakes for as long as it writes. */
    qc_log_close(node.backing.log);
    node.backing.log = NULL;
    loop_close(&node);
    qc_node_close(&node);
    if (good) {
        qc_logger_write(logger, QC_LEVEL_INFO, "stopped");
    }
    return good ? node.exit_code : 1;
}
