/* How a node stops: leadership, then calls, then everything. */
#include <inttypes.h>

#include "daemon/clocks.h"
#include "daemon/inside.h"
#include "http2/server.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

enum {
    LOOK_EVERY_MS = 10,
    HANDOVER_MAX_MS = 1000,
    DRAIN_MAX_MS = 3000,
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

static void look(struct qc_node *node)
{
    int64_t passed_ms = qc_monotonic_ms() - node->stopping_ms;
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    if (node->stop == QC_STOP_HANDOVER &&
        (!node->led || passed_ms >= HANDOVER_MAX_MS ||
         (status.leader_id != 0 &&
          status.leader_id != node->config->node_id))) {
        node->stop = QC_STOP_DRAIN;
        qc_http2_server_stop_listening(node->server);
        qc_http2_server_drain(node->server);
    }
    if (node->stop == QC_STOP_DRAIN &&
        (status.open_requests == 0 ||
         passed_ms >= HANDOVER_MAX_MS + DRAIN_MAX_MS)) {
        close_now(node);
    }
}

static void on_look(uv_timer_t *stopper)
{
    look(stopper->data);
}

void qc_node_on_signal(uv_signal_t *signal, int number)
{
    struct qc_node *node = signal->data;
    struct qc_replica_status status;

    if (node->stop != QC_STOP_NOT) {
        qc_logger_write(node->logger, QC_LEVEL_INFO,
                        "stopping signal=%d at_once=true", number);
        close_now(node);
        return;
    }
    qc_replica_status(node->replica, &status);
    node->stop = QC_STOP_HANDOVER;
    node->stopping_ms = qc_monotonic_ms();
    node->led = status.role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER;
    qc_logger_write(node->logger, QC_LEVEL_INFO, "stopping signal=%d leads=%s",
                    number, node->led ? "true" : "false");
    qc_replica_set_drain(node->replica, true);
    uv_timer_start(&node->stopper, on_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
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
