#include "cli/dev_orphans.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/patience.h"
#include "cli/port.h"

enum {
    TERM_WITHIN_MS = 15000,
    KILL_WITHIN_MS = 5000,
    LOOK_EVERY_MS = 20,
};

/* Whether process |pid| stands in our directory, as our nodes do. */
static bool stands_here(pid_t pid)
{
    char link[64];
    char there[PATH_MAX];
    char here[PATH_MAX];
    ssize_t size;

    snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
    size = readlink(link, there, sizeof(there) - 1);
    if (size < 0 || getcwd(here, sizeof(here)) == NULL) {
        return false;
    }
    there[size] = '\0';
    return strcmp(here, there) == 0;
}

/* Who has the node's port, if it is one of ours; 0: nobody, or a stranger. */
static pid_t orphan_at(const struct qc_dev_node *node)
{
    struct qc_port_holder holder;

    return qc_port_find_holder(node->port, &holder) && stands_here(holder.pid)
               ? holder.pid
               : 0;
}

/* Sends |signal| to those of |pids| that run, and waits until none does. */
static bool end_all(const pid_t pids[QC_DEV_NODES_MAX],
                    int signal,
                    int64_t within_ms)
{
    int64_t deadline_ms = qc_patience_now_ms() + within_ms;
    bool all;

    for (unsigned i = 0; i < QC_DEV_NODES_MAX; i++) {
        if (pids[i] != 0) {
            kill(pids[i], signal);
        }
    }
    do {
        all = true;
        for (unsigned i = 0; i < QC_DEV_NODES_MAX; i++) {
            all = all &&
                  (pids[i] == 0 || (kill(pids[i], 0) != 0 && errno == ESRCH));
        }
    } while (!all && qc_patience_pause(deadline_ms, LOOK_EVERY_MS));
    return all;
}

bool qc_dev_stop_orphans(const struct qc_dev *dev)
{
    pid_t pids[QC_DEV_NODES_MAX] = {0};
    unsigned n = 0;

    for (unsigned i = 0; i < dev->n_nodes; i++) {
        pids[i] = orphan_at(&dev->nodes[i]);
        if (pids[i] != 0) {
            n++;
            fprintf(stderr,
                    "qcctl: %s runs without a supervisor: stops pid %ld\n",
                    dev->nodes[i].name, (long)pids[i]);
        }
    }
    if (n == 0 || end_all(pids, SIGTERM, TERM_WITHIN_MS) ||
        end_all(pids, SIGKILL, KILL_WITHIN_MS)) {
        return true;
    }
    fprintf(stderr, "qcctl: a node does not end\n");
    return false;
}
