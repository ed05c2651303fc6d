/*
 * How a node drains, and stops: it says that it is not ready, hands leadership
 * over, asks clients to go elsewhere, and lets their calls end.
 */
#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "daemon/clocks.h"
#include "daemon/inside.h"
#include "http2/server.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

enum {
    LOOK_EVERY_MS = 10,
    HANDOVER_MAX_MS = 1000,
    /* Clients hear of it by the second of two GOAWAYs, at the latest; what was
     * on its way until then is still answered. */
    GOAWAY_MS = 400,
};

static void on_server_closed(void *ctx)
{
    struct qc_node *node = ctx;

    node->server = NULL;
}

/* And with the server ends the loop. */
static void close_now(struct qc_node *node)
{
    if (node->stop == QC_STOP_CLOSE) {
        return;
    }
    node->stop = QC_STOP_CLOSE;
    uv_timer_stop(&node->stopper);
    qc_http2_server_close(node->server, on_server_closed, node);
}

/* Nobody waits for an answer. What the replica itself has asked the leader is
 * no reason to stay: where all nodes stop at once it may never be answered. */
static bool is_quiet(const struct qc_node *node)
{
    return node->calls.open_calls == 0 && node->calls.open_streams == 0;
}

bool qc_node_is_drained(const struct qc_node *node)
{
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    return node->stop == QC_STOP_DRAIN && is_quiet(node) &&
           status.role != QC__V1__NODE_ROLE__NODE_ROLE_LEADER;
}

/* A leader that has found no successor, or was made one while it stops, goes
 * all the same. */
static bool may_leave(const struct qc_node *node, int64_t passed_ms)
{
    return is_quiet(node) &&
           (passed_ms >= HANDOVER_MAX_MS || qc_node_is_drained(node));
}

static bool handover_ended(const struct qc_node *node, int64_t passed_ms)
{
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    return !node->led || passed_ms >= HANDOVER_MAX_MS ||
           (status.leader_id != 0 && status.leader_id != node->config->node_id);
}

static void on_look(uv_timer_t *stopper)
{
    struct qc_node *node = stopper->data;
    int64_t now_ms = qc_monotonic_ms();
    int64_t passed_ms = now_ms - node->stopping_ms;

    if (node->stop == QC_STOP_HANDOVER && handover_ended(node, passed_ms)) {
        node->stop = QC_STOP_DRAIN;
        node->leaving_ms = now_ms;
        qc_http2_server_drain(node->server);
        if (node->exits) {
            qc_http2_server_stop_listening(node->server);
        }
    }
    if (node->stop != QC_STOP_DRAIN) {
        return;
    }
    if (!node->exits) {
        uv_timer_stop(stopper);
    } else if (passed_ms >= (int64_t)node->drain_ms) {
        qc_logger_write(
            node->logger, QC_LEVEL_WARN,
            "drain_cut ms=%" PRId64 " calls=%" PRIu64 " streams=%" PRIu64
            " next=\"nothing; api.drain_ms is how long they get\"",
            passed_ms, node->calls.open_calls, node->calls.open_streams);
        close_now(node);
    } else if (now_ms - node->leaving_ms >= GOAWAY_MS &&
               may_leave(node, passed_ms)) {
        close_now(node);
    }
}

static void begin(struct qc_node *node)
{
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    node->stopping_ms = qc_monotonic_ms();
    if (node->stop == QC_STOP_NOT) {
        node->stop = QC_STOP_HANDOVER;
        node->led = status.role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER;
        qc_replica_set_drain(node->replica, true);
    } else if (node->stop == QC_STOP_DRAIN && node->exits) {
        node->leaving_ms = node->stopping_ms;
        qc_http2_server_drain(node->server);
        qc_http2_server_stop_listening(node->server);
    }
    uv_timer_start(&node->stopper, on_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
}

bool qc_node_set_drain(struct qc_node *node, bool drain)
{
    if (node->exits) {
        return drain;
    }
    if (drain && node->stop == QC_STOP_NOT) {
        qc_logger_write(node->logger, QC_LEVEL_INFO, "draining");
        (void)sd_notify(0, "STATUS=drains");
        begin(node);
    }
    if (!drain && node->stop != QC_STOP_NOT) {
        qc_logger_write(node->logger, QC_LEVEL_INFO, "undrained");
        (void)sd_notify(0, "STATUS=runs");
        node->stop = QC_STOP_NOT;
        uv_timer_stop(&node->stopper);
        qc_replica_set_drain(node->replica, false);
        qc_http2_server_undrain(node->server);
    }
    return true;
}

void qc_node_on_signal(uv_signal_t *signal, int number)
{
    struct qc_node *node = signal->data;
    struct qc_replica_status status;

    if (node->exits) {
        qc_logger_write(node->logger, QC_LEVEL_INFO,
                        "stopping signal=%d at_once=true", number);
        close_now(node);
        return;
    }
    qc_replica_status(node->replica, &status);
    qc_logger_write(
        node->logger, QC_LEVEL_INFO, "stopping signal=%d leads=%s", number,
        status.role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER ? "true" : "false");
    (void)sd_notify(0, "STOPPING=1");
    node->exits = true;
    begin(node);
}

void qc_node_removed(void *ctx, uint64_t index)
{
    struct qc_node *node = ctx;

    if (node->removed_at == 0) {
        node->removed_at = index;
    }
}

void qc_node_stop_turn(struct qc_node *node)
{
    if (node->removed_at != 0 && node->stop != QC_STOP_CLOSE) {
        qc_node_say_removed(node, node->removed_at);
        node->exit_code = 1;
        close_now(node);
    }
}
