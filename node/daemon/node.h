/*
 * A node: everything below, wired together on one loop.
 *
 * This is the only place that knows every name. The replica gets its disk from
 * storage/, its network from rpc/, its clocks from libuv and its machine from
 * command/; the server gets its handler from rpc/. In each turn of the loop,
 * just before it sleeps, the replica takes its turn and everything that was
 * written is sent.
 */
#ifndef QC_DAEMON_NODE_H
#define QC_DAEMON_NODE_H

#include "daemon/config.h"
#include "daemon/logger.h"

/* Runs until SIGTERM or SIGINT: leadership is handed over, then calls under way
 * end; a second signal ends it at once. SIGHUP reads |sources| again, from
 * which |config| was read. 0 after a clean stop, 1 when it cannot run, or was
 * removed from its cluster, which has been logged. A fault ends the process at
 * once, with 70: whoever has failed answers nothing more. */
int qc_node_run(const struct qc_config *config,
                const struct qc_config_sources *sources,
                struct qc_logger *logger);

/* Whether the files of TLS that the configuration names are good; if not,
 * |text_out| says which, and why. */
bool qc_node_check_tls(const Qc__Config__NodeConfig *config,
                       char *text_out,
                       size_t text_size);

#endif
