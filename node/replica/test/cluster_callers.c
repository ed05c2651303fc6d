#include <assert.h>
#include <stdlib.h>

#include "replica/test/cluster_inside.h"

struct caller {
    struct node *node;
    unsigned number;
    uint64_t acknowledged_index; /* When it asked. */
};

static struct caller *caller_new(struct node *node, unsigned number)
{
    struct caller *caller = malloc(sizeof(*caller));

    assert(caller != NULL);
    *caller = (struct caller){
        .node = node,
        .number = number,
        .acknowledged_index = node->cluster->acknowledged_index,
    };
    return caller;
}

static void proposed(void *ctx, const struct qc_proposal_result *result)
{
    struct caller *caller = ctx;
    struct qc_cluster *cluster = caller->node->cluster;
    struct qc_cluster_outcome *outcome = &cluster->outcomes[caller->number];

    qc_cluster_check(cluster, outcome->n_open > 0, "a proposal ends once");
    outcome->n_open--;
    outcome->n_ended++;
    outcome->last = result->outcome;
    if (result->outcome == QC_OUTCOME_APPLIED) {
        qc_cluster_check(cluster, result->answer != NULL,
                         "what is applied has an answer");
        outcome->acknowledged = true;
        outcome->index = result->index;
        if (result->index > cluster->acknowledged_index) {
            cluster->acknowledged_index = result->index;
        }
    }
    free(caller);
}

void qc_cluster_set_body_size(struct qc_cluster *cluster, size_t size)
{
    assert(size <= QC_CLUSTER_BODY_SIZE_MAX);

    cluster->body_size = size;
}

bool qc_cluster_propose(struct qc_cluster *cluster,
                        unsigned id,
                        unsigned number,
                        int64_t patience_ms)
{
    static const uint8_t body[QC_CLUSTER_BODY_SIZE_MAX];
    struct node *node = qc_cluster_node(cluster, id);
    struct qc_command command;
    struct caller *caller;
    char text[16];

    if (!qc_cluster_is_running(node)) {
        return false;
    }
    node->was_called = true;
    caller = caller_new(node, number);
    qc_fake_command(number, 1 + number % QC_CLUSTER_TENANTS, text, &command);
    if (cluster->body_size > 0) {
        command.body = (struct qc_bytes){body, cluster->body_size};
    }
    cluster->outcomes[number].n_open++;
    if (qc_replica_propose(node->replica, &command,
                           cluster->now_ms + patience_ms, proposed,
                           caller) == NULL) {
        cluster->outcomes[number].n_open--;
        free(caller);
        return false;
    }
    return true;
}

struct qc_cluster_outcome qc_cluster_outcome(const struct qc_cluster *cluster,
                                             unsigned number)
{
    return cluster->outcomes[number];
}

static void read_ended(void *ctx, bool confirmed)
{
    struct caller *caller = ctx;
    struct qc_cluster *cluster = caller->node->cluster;

    qc_cluster_check(cluster, cluster->n_reads_open > 0, "a read ends once");
    cluster->n_reads_open--;
    if (confirmed) {
        qc_cluster_check(cluster,
                         caller->node->machine.applied_index >=
                             caller->acknowledged_index,
                         "no read is stale");
        cluster->n_reads_confirmed++;
    } else {
        cluster->n_reads_failed++;
    }
    free(caller);
}

bool qc_cluster_read(struct qc_cluster *cluster,
                     unsigned id,
                     int64_t patience_ms)
{
    struct node *node = qc_cluster_node(cluster, id);
    struct caller *caller;

    if (!qc_cluster_is_running(node)) {
        return false;
    }
    node->was_called = true;
    caller = caller_new(node, 0);
    cluster->n_reads_open++;
    if (qc_replica_read(node->replica, cluster->now_ms + patience_ms,
                        read_ended, caller) == NULL) {
        cluster->n_reads_open--;
        free(caller);
        return false;
    }
    return true;
}

unsigned qc_cluster_n_reads_confirmed(const struct qc_cluster *cluster)
{
    return cluster->n_reads_confirmed;
}

unsigned qc_cluster_n_reads_failed(const struct qc_cluster *cluster)
{
    return cluster->n_reads_failed;
}
