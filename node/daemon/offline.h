/*
 * What is done to a data directory while no node runs in it: it is made, for a
 * new cluster, for a node that joins one, or from a backup; and a cluster that
 * has lost its majority for ever is taken over by one of its nodes.
 *
 * Each answers with the exit code: 0, or 1 when it was not done; why not has
 * been logged. Data for people goes to stdout. All but the recovery begin with
 * an empty directory, and can be repeated when they were killed.
 */
#ifndef QC_DAEMON_OFFLINE_H
#define QC_DAEMON_OFFLINE_H

#include <stdbool.h>

#include "daemon/logger.h"
#include "quorumcall/config/v1/node.pb-c.h"

/* A node of a new cluster, which begins with initial_members. */
int qc_node_init(const Qc__Config__NodeConfig *config,
                 struct qc_logger *logger);

/* A node that joins a cluster; initial_members are members that it has. */
int qc_node_join(const Qc__Config__NodeConfig *config,
                 struct qc_logger *logger);

/* A node of a new cluster, which begins with the rows of a backup and with
 * initial_members. Every one of these does the same with the same file. */
int qc_node_restore(const Qc__Config__NodeConfig *config,
                    struct qc_logger *logger,
                    const char *file);

/* Says what is in a backup, all of whose checksums it has checked. */
int qc_node_inspect(struct qc_logger *logger, const char *file);

/* Makes this node the only member of its cluster, for good. Says what is there
 * and what it does; with |dry_run| it does nothing. Done twice, it says so.
 * Refused to a node that would not start afterwards. */
int qc_node_recover(const Qc__Config__NodeConfig *config,
                    struct qc_logger *logger,
                    bool dry_run);

#endif
