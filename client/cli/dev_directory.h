/*
 * Where `qcctl dev` keeps a cluster of this machine.
 *
 *   node1/quorumcalld.yaml   what node 1 is told
 *   certs/                   with TLS: authorities, nodes, and an operator
 *   node1/data/              what it keeps
 *   dev.lock                 locked by the supervisor for as long as it runs
 *   dev.sock                 where the supervisor listens
 *   dev.log                  what it and the nodes say, when in the background
 *
 * All functions work on the current directory; qc_dev_enter() makes it so.
 * That keeps the socket's path short, which has room for 107 bytes only.
 */
#ifndef QC_CLI_DEV_DIRECTORY_H
#define QC_CLI_DEV_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "cli/credentials.h"
#include "lib/endpoints.h"

enum {
    QC_DEV_NODES_MAX = 7,
    QC_DEV_PORT_STEP = 10,
    QC_DEV_ADMIN_PORT_OFFSET = 2, /* Of a node's pages, from its port. */
    QC_DEV_NAME_SIZE = 16,
    QC_DEV_PATH_SIZE = 64,
    QC_DEV_ENDPOINTS_SIZE = QC_DEV_NODES_MAX * 32,
};

#define QC_DEV_SOCKET "dev.sock"
#define QC_DEV_LOG    "dev.log"
#define QC_DEV_CACERT "certs/node-ca.pem"
#define QC_DEV_CERT   "certs/client-operator-dev.pem"
#define QC_DEV_KEY    "certs/client-operator-dev-key.pem"

struct qc_dev_node {
    char name[QC_DEV_NAME_SIZE]; /* "node1" */
    char address[QC_ENDPOINT_SIZE];
    uint16_t port;
    char config[QC_DEV_PATH_SIZE]; /* "node1/quorumcalld.yaml" */
    bool joins; /* It is none of those that the cluster began with. */
};

struct qc_dev {
    struct qc_dev_node nodes[QC_DEV_NODES_MAX]; /* Node N stands at N - 1. */
    unsigned n_nodes;
    bool tls;
    char endpoints[QC_DEV_ENDPOINTS_SIZE]; /* As --endpoints wants them. */
};

/* Changes to |path|, or, when that is NULL, to the user's own; makes it first
 * if |make|. False, and a message on stderr, when there is no such thing. */
QC_MUST_CHECK bool qc_dev_enter(const char *path, bool make);

/* Reads which nodes there are; none is fine. False, and a message on stderr,
 * when a node's file is not one of ours. */
QC_MUST_CHECK bool qc_dev_load(struct qc_dev *dev);

/* Writes the files of |n_nodes| nodes on ports from |base_port| on; with |tls|
 * their certificates too. */
QC_MUST_CHECK bool qc_dev_make(struct qc_dev *dev,
                               unsigned n_nodes,
                               uint16_t base_port,
                               bool tls);

/* The port one more node would have. There is a node. */
uint16_t qc_dev_next_port(const struct qc_dev *dev);

/* Writes the file of one more node, which is to join those that there are, on
 * the port after theirs. False, and a message on stderr, when that cannot be.
 */
QC_MUST_CHECK bool qc_dev_add(struct qc_dev *dev);

/* What its nodes are called with: those of its operator, or none. False, and a
 * message on stderr, when its files are not good. */
QC_MUST_CHECK bool qc_dev_credentials(const struct qc_dev *dev,
                                      struct qc_credentials *credentials);

/* Whether the node has its data directory already. */
bool qc_dev_is_initialised(const struct qc_dev_node *node);

/* Takes the lock, until this process ends. False when another has it. */
QC_MUST_CHECK bool qc_dev_lock(void);

/* Who has the lock; 0: nobody. Never in the process that has it: POSIX would
 * take the lock away. */
pid_t qc_dev_supervisor(void);

/* Removes all of it, and the directory if nothing else is in it. */
void qc_dev_purge(const struct qc_dev *dev);

#endif
