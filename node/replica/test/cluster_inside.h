/* The cluster in memory from inside: for its own files alone. Test support;
 * never linked in. */
#ifndef QC_REPLICA_TEST_CLUSTER_INSIDE_H
#define QC_REPLICA_TEST_CLUSTER_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "replica/replica.h"
#include "replica/test/cluster.h"
#include "replica/test/fake_machine.h"

enum {
    QC_CLUSTER_TERMS_MAX = 65536,
};

struct qc_mem_disk;

/* A message under way. */
struct message {
    TAILQ_ENTRY(message) links;
    int64_t at_ms;
    unsigned from;
    unsigned to;
    enum qc_channel channel;
    size_t size;
    uint8_t bytes[];
};

TAILQ_HEAD(messages, message);

struct node {
    struct qc_cluster *cluster;
    unsigned id;
    char address[16];
    struct qc_replica *replica; /* NULL: it is down. */
    struct qc_mem_disk *disk;
    struct qc_fake_machine machine;
    bool paused;
    int fault;
    int64_t skew_ms;
    int64_t late_ms;
    int64_t disk_ms;
    int64_t sync_at_ms; /* When what is queued becomes durable. */
    struct qc_mem_checkpoints *checkpoints;
    int64_t checkpoint_ms;
    int64_t checkpoint_at_ms; /* When one is taken, or installed. */
    int64_t read_at_ms;       /* When a part of one is read. */
    unsigned n_installed;
    bool is_member; /* From the cluster's begin. */
    uint64_t removed_at;
    bool was_called; /* By its callers: then its loop makes a turn. */
};

struct qc_cluster {
    struct node nodes[QC_CLUSTER_NODES_MAX + 1]; /* From 1. */
    unsigned n_nodes;
    struct qc_cluster_settings settings;
    struct qc_server servers[QC_CLUSTER_NODES_MAX];
    struct qc_ledger ledger;
    struct messages messages; /* By time. */
    int64_t link_ms[QC_CLUSTER_NODES_MAX + 1][QC_CLUSTER_NODES_MAX + 1][2];
    bool is_cut[QC_CLUSTER_NODES_MAX + 1][QC_CLUSTER_NODES_MAX + 1];
    unsigned loss_percent;
    uint64_t seed;
    uint64_t random;
    int64_t now_ms;
    uint64_t n_steps;
    unsigned n_quiet_steps;
    uint64_t acknowledged_index; /* The highest any caller was told of. */
    unsigned leaders[QC_CLUSTER_TERMS_MAX]; /* By term. */
    struct qc_cluster_outcome outcomes[QC_CLUSTER_NUMBERS_MAX];
    size_t body_size; /* 0: of a command that is its number. */
    unsigned n_reads_open;
    unsigned n_reads_confirmed;
    unsigned n_reads_failed;
};

/* Ends the process, with the seed, unless |holds|. */
void qc_cluster_check(const struct qc_cluster *cluster,
                      bool holds,
                      const char *what);

struct node *qc_cluster_node(struct qc_cluster *cluster, unsigned id);

/* Neither down nor paused. */
bool qc_cluster_is_running(const struct node *node);

#endif
