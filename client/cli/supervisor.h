/*
 * Runs the nodes of a dev directory until it is told to stop.
 *
 * It restarts nothing by itself: a node that ends is reported, and stays down
 * until somebody says "start" on the control socket. SIGINT, SIGTERM and SIGHUP
 * stop all nodes, the slow ones by force; then it returns.
 */
#ifndef QC_CLI_SUPERVISOR_H
#define QC_CLI_SUPERVISOR_H

#include "cli/dev_directory.h"
#include "cli/exit.h"

struct qc_supervision {
    struct qc_dev *dev; /* Grows when a node is added. */
    const char *daemon; /* The program, as a path or to be found in PATH. */

    /* Called once, when one leads, all that run answer, and all members follow.
     */
    void (*ready)(void *ctx, const char *leader);
    void *ctx;
};

/* The caller has the lock, and stands in the directory. TIMED_OUT when the
 * cluster was not ready within half a minute: the nodes are stopped then. */
enum qc_exit qc_supervise(const struct qc_supervision *supervision);

/* Makes the data directories that are missing. False, and the daemon's message
 * on stderr, when one cannot be made. */
QC_MUST_CHECK bool qc_supervisor_init_nodes(
    const struct qc_supervision *supervision);

#endif
