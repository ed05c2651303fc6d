#include "daemon/node.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/error.h"
#include "base/quoted.h"
#include "daemon/admin.h"
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
    enum qc_stall_part before;
    uint64_t index = 0;

    before = qc_stall_enter(&node->stall, QC_STALL_LOG_WRITE);
    must(node, qc_log_poll(node->backing.log, &index));
    (void)qc_stall_enter(&node->stall, QC_STALL_KEEPER);
    must(node, qc_keeper_poll(node->keeper));
    qc_stall_leave(&node->stall, before);
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
    (void)timer; /* It ends the wait; the turn's end looks at the time. */
}

/* "us=... own_us=...": what an operator wants to know of a turn. */
static const char *turn_text(const struct qc_stall_turn *turn,
                             char text[QC_NODE_TEXT_SIZE])
{
    (void)snprintf(text, QC_NODE_TEXT_SIZE,
                   "us=%" PRIu64 " own_us=%" PRIu64 " cpu_us=%" PRIu64
                   " part=%s part_us=%" PRIu64,
                   turn->wall_us, turn->own_us, turn->cpu_us,
                   qc_stall_part_name(turn->part), turn->part_us);
    return text;
}

static void watch_stalls(struct qc_node *node)
{
    const struct qc_stall *stall = &node->stall;
    char text[QC_NODE_TEXT_SIZE];
    struct qc_stall_turn turn;
    uint64_t n;

    qc_histogram_add(&node->turns,
                     stall->clocks.now_us(stall->clocks.ctx) - stall->began_us);
    if (qc_stall_end_turn(&node->stall, &turn)) {
        qc_logger_write(node->logger, QC_LEVEL_DEBUG, "loop_turn %s",
                        turn_text(&turn, text));
    }
    n = qc_stall_warning(&node->stall, &turn);
    if (n > 0) {
        qc_logger_write(
            node->logger, QC_LEVEL_WARN,
            "loop_stalled times=%" PRIu64 " %s next=\"nothing, if it "
            "is rare; else, where own_us is small, this machine is too busy, "
            "or else its disk too slow, and the node may be taken for dead\"",
            n, turn_text(&turn, text));
    }
}

/* Who leads, and the term, for the log and the metrics: once a millisecond. */
static void watch_leader(struct qc_node *node)
{
    int64_t now_ms = qc_monotonic_ms();
    struct qc_replica_status status;

    if (now_ms == node->looked_ms) {
        return;
    }
    node->looked_ms = now_ms;
    qc_replica_status(node->replica, &status);
    node->logger->term = status.term;
    if (status.leader_id != 0 && status.leader_id != node->leader_id) {
        node->leader_id = status.leader_id;
        node->n_leaders++;
    }
}

/*
 * What the turn has come to goes out, what others wait for longest first. An
 * entry that this node has made is on its way before its own thread for the log
 * is woken: the followers have the longer way to a disk. Then answers, and
 * then the word of what is committed, for which hardly anybody waits.
 */
static void turn_and_send(struct qc_node *node)
{
    enum qc_stall_part before = qc_stall_enter(&node->stall, QC_STALL_REPLICA);

    must(node, qc_replica_tick(node->replica));
    qc_log_hold(node->backing.log);
    must(node, qc_replica_turn(node->replica));
    watch_leader(node);
    qc_node_stop_turn(node);
    (void)qc_stall_enter(&node->stall, QC_STALL_SEND);
    qc_rpc_flush(node->rpc);
    qc_log_release(node->backing.log);
    if (node->server != NULL) {
        qc_http2_server_flush(node->server);
    }
    must(node, qc_replica_tell(node->replica));
    qc_rpc_flush_peers(node->rpc);
    qc_stall_leave(&node->stall, before);
}

/* Just before the loop sleeps, and after all that has come was read: a node
 * that got no processor for long would else take the others, whose messages
 * wait for it, to have been silent. */
static void end_turn(struct qc_node *node)
{
    int64_t now_ms;
    int64_t due_ms;

    turn_and_send(node);

    if (qc_replica_busy(node->replica) || qc_rpc_busy(node->rpc)) {
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

/* In a wait of its own libuv handles at once what it has waited for, and nobody
 * sees when a turn begins. */
static void wait_for_events(const struct qc_node *node)
{
    struct pollfd events = {
        .fd = uv_backend_fd(&node->loop),
        .events = POLLIN,
    };

    (void)poll(&events, 1, uv_backend_timeout(&node->loop));
}

/* Until the server is closed, which ends a node that stops. */
static void run(struct qc_node *node)
{
    while (node->server != NULL) {
        qc_stall_begin_turn(&node->stall);
        (void)uv_run(&node->loop, UV_RUN_NOWAIT);
        end_turn(node);
        watch_stalls(node);
        wait_for_events(node);
    }
}

static void on_watchdog(uv_timer_t *watchdog)
{
    struct qc_node *node = watchdog->data;
    int64_t age_ms = qc_log_write_age_ms(node->backing.log);
    enum qc_stall_part before;
    char path[QC_NODE_TEXT_SIZE];

    (void)sd_notify(0, "WATCHDOG=1");
    before = qc_stall_enter(&node->stall, QC_STALL_ROOM);
    qc_room_look(&node->room);
    qc_stall_leave(&node->stall, before);
    if (age_ms > QC_WRITE_STUCK_MS) {
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
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    const struct qc_stall_clocks clocks = qc_clocks_of_loop();
    int r = uv_loop_init(&node->loop);

    assert(r == 0);
    r = uv_async_init(&node->loop, &node->persisted, on_persisted);
    assert(r == 0);
    uv_timer_init(&node->loop, &node->timer);
    uv_timer_init(&node->loop, &node->watchdog);
    uv_timer_init(&node->loop, &node->stopper);
    uv_idle_init(&node->loop, &node->busy);
    node->persisted.data = node;
    node->timer.data = node;
    node->watchdog.data = node;
    node->stopper.data = node;
    qc_stall_init(&node->stall, &clocks);
    node->backing.stall = &node->stall;
    for (unsigned i = 0; i < 3; i++) {
        uv_signal_init(&node->loop, &node->signals[i]);
        node->signals[i].data = node;
        uv_signal_start(&node->signals[i],
                        numbers[i] == SIGHUP ? qc_node_on_reload_signal
                                             : qc_node_on_signal,
                        numbers[i]);
    }
}

static void on_rpc_closed(void *ctx)
{
    struct qc_node *node = ctx;

    node->rpc = NULL;
    node->backing.machine.desktops = NULL;
    node->backing.machine.outbox = NULL;
}

/* Runs what is left on the loop until it is empty. */
static void loop_close(struct qc_node *node)
{
    uv_handle_t *handles[] = {
        (uv_handle_t *)&node->persisted,  (uv_handle_t *)&node->timer,
        (uv_handle_t *)&node->watchdog,   (uv_handle_t *)&node->stopper,
        (uv_handle_t *)&node->busy,       (uv_handle_t *)&node->signals[0],
        (uv_handle_t *)&node->signals[1], (uv_handle_t *)&node->signals[2],
    };
    int r;

    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        uv_close(handles[i], NULL);
    }
    (void)signal(SIGHUP, SIG_IGN); /* Or it would now be fatal. */
    if (node->rpc != NULL) {
        qc_rpc_close(node->rpc, on_rpc_closed, node);
    }
    uv_run(&node->loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&node->loop);
    assert(r == 0);
}

int qc_node_run(const struct qc_config *config,
                const struct qc_config_sources *sources,
                struct qc_logger *logger)
{
    /* Large, for the hashes; and one to a process. */
    static struct qc_node node;
    bool good;

    node = (struct qc_node){
        .config = config->node,
        .started = config,
        .sources = sources,
        .drain_ms = config->node->api->drain_ms,
        .logger = logger,
    };
    loop_open(&node);
    good = qc_node_open(&node);
    if (good) {
        uv_timer_start(&node.watchdog, on_watchdog, WATCHDOG_MS, WATCHDOG_MS);
        qc_logger_write(logger, QC_LEVEL_INFO,
                        "started version=%s listen=%s applied=%" PRIu64
                        " log=%" PRIu64 "..%" PRIu64,
                        QC_VERSION, config->node->listen,
                        node.backing.machine.applied_index,
                        qc_log_first(node.backing.log),
                        qc_log_last(node.backing.log));
        (void)sd_notify(0, "READY=1");
        run(&node);
        (void)sd_notify(0, "STOPPING=1");
    }
    qc_admin_close(node.admin);
    if (node.keeper != NULL) {
        qc_keeper_stop(node.keeper);
    }
    /* Before the loop, which its writer wakes for as long as it writes. */
    qc_log_close(node.backing.log);
    node.backing.log = NULL;
    loop_close(&node);
    qc_node_close(&node);
    qc_node_reloaded_free(&node);
    if (good) {
        qc_logger_write(logger, QC_LEVEL_INFO, "stopped");
    }
    return good ? node.exit_code : 1;
}
