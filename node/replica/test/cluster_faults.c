#include <stdlib.h>
#include <string.h>

#include "replica/test/cluster_inside.h"
#include "replica/test/disk.h"

/* --- faults --- */

void qc_cluster_pause(struct qc_cluster *cluster, unsigned id, bool paused)
{
    qc_cluster_node(cluster, id)->paused = paused;
}

void qc_cluster_cut(struct qc_cluster *cluster,
                    unsigned from,
                    unsigned to,
                    bool cut)
{
    cluster->is_cut[from][to] = cut;
}

void qc_cluster_isolate(struct qc_cluster *cluster, unsigned id, bool cut)
{
    for (unsigned i = 1; i <= cluster->n_nodes; i++) {
        qc_cluster_cut(cluster, i, id, cut);
        qc_cluster_cut(cluster, id, i, cut);
    }
}

void qc_cluster_heal(struct qc_cluster *cluster)
{
    memset(cluster->is_cut, 0, sizeof(cluster->is_cut));
    cluster->loss_percent = 0;
}

void qc_cluster_set_loss(struct qc_cluster *cluster, unsigned percent)
{
    cluster->loss_percent = percent;
}

void qc_cluster_set_skew_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t skew_ms)
{
    qc_cluster_node(cluster, id)->skew_ms = skew_ms;
}

void qc_cluster_set_late_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t late_ms)
{
    qc_cluster_node(cluster, id)->late_ms = late_ms;
}

void qc_cluster_set_disk_ms(struct qc_cluster *cluster,
                            unsigned id,
                            int64_t disk_ms)
{
    qc_cluster_node(cluster, id)->disk_ms = disk_ms;
}

void qc_cluster_set_checkpoint_ms(struct qc_cluster *cluster,
                                  unsigned id,
                                  int64_t checkpoint_ms)
{
    qc_cluster_node(cluster, id)->checkpoint_ms = checkpoint_ms;
}

struct qc_mem_checkpoints *qc_cluster_checkpoints(struct qc_cluster *cluster,
                                                  unsigned id)
{
    return qc_cluster_node(cluster, id)->checkpoints;
}

void qc_cluster_fail_disk_at(struct qc_cluster *cluster,
                             unsigned id,
                             unsigned nth)
{
    qc_mem_disk_fail_at(qc_cluster_node(cluster, id)->disk, nth);
}

int qc_cluster_fault(const struct qc_cluster *cluster, unsigned id)
{
    return cluster->nodes[id].fault;
}

void qc_cluster_lose_connection(struct qc_cluster *cluster,
                                unsigned id,
                                unsigned peer)
{
    struct node *node = qc_cluster_node(cluster, id);
    struct message *message = TAILQ_FIRST(&cluster->messages);

    while (message != NULL) {
        struct message *next = TAILQ_NEXT(message, links);

        if ((message->from == peer && message->to == id) ||
            (message->from == id && message->to == peer)) {
            TAILQ_REMOVE(&cluster->messages, message, links);
            free(message);
        }
        message = next;
    }
    if (qc_cluster_is_running(node)) {
        qc_replica_peer_connected(node->replica, peer, false);
        node->was_called = true;
    }
}

void qc_cluster_refuse_connection(struct qc_cluster *cluster,
                                  unsigned id,
                                  unsigned peer)
{
    struct node *node = qc_cluster_node(cluster, id);

    qc_cluster_lose_connection(cluster, id, peer);
    if (qc_cluster_is_running(node)) {
        qc_replica_peer_refuses(node->replica, peer);
    }
}

void qc_cluster_spoil(struct qc_cluster *cluster, unsigned id)
{
    qc_cluster_node(cluster, id)->machine.is_spoiled = true;
}

/* --- operators --- */

void qc_cluster_want(struct qc_cluster *cluster,
                     unsigned of,
                     enum qc_cluster_role role)
{
    struct qc_ledger *ledger = &cluster->ledger;
    size_t at = 0;

    for (unsigned i = 1; ledger->n_wanted < cluster->settings.n_nodes; i++) {
        ledger->wanted[ledger->n_wanted++] = (struct qc_wanted){
            .id = i,
            .address = qc_cluster_node(cluster, i)->address,
            .voter = true,
        };
    }
    while (at < ledger->n_wanted && ledger->wanted[at].id != of) {
        at++;
    }
    ledger->n_wanted += at == ledger->n_wanted ? 1 : 0;
    ledger->wanted[at] = (struct qc_wanted){
        .id = of,
        .address = qc_cluster_node(cluster, of)->address,
        .voter = role == QC_CLUSTER_VOTER,
        .removed = role == QC_CLUSTER_OUT,
    };
}

enum qc_cluster_role qc_cluster_role(const struct qc_cluster *cluster,
                                     unsigned id,
                                     unsigned of)
{
    struct qc_replica_status status = qc_cluster_status(cluster, id);

    for (unsigned i = 0; i < status.n_servers; i++) {
        if (status.servers[i].id == of) {
            return status.servers[i].voter ? QC_CLUSTER_VOTER
                                           : QC_CLUSTER_STANDBY;
        }
    }
    return QC_CLUSTER_OUT;
}

bool qc_cluster_knows_removed(const struct qc_cluster *cluster,
                              unsigned id,
                              unsigned of)
{
    const struct qc_ledger *ledger = &cluster->ledger;
    struct qc_server members[QC_SERVERS_MAX];
    uint64_t index;
    size_t n =
        qc_fake_machine_members(&cluster->nodes[id].machine, members, &index);

    for (size_t i = 0; i < n; i++) {
        if (members[i].id == of) {
            return false;
        }
    }
    return index == ledger->configurations[ledger->n_configurations - 1].index;
}

void qc_cluster_set_room(struct qc_cluster *cluster,
                         unsigned id,
                         enum qc_room room)
{
    qc_cluster_node(cluster, id)->was_called = true;
    qc_replica_set_room(qc_cluster_node(cluster, id)->replica, room);
}

void qc_cluster_set_drain(struct qc_cluster *cluster, unsigned id, bool drain)
{
    qc_cluster_node(cluster, id)->was_called = true;
    qc_replica_set_drain(qc_cluster_node(cluster, id)->replica, drain);
}

int qc_cluster_step_down(struct qc_cluster *cluster, unsigned id, unsigned to)
{
    qc_cluster_node(cluster, id)->was_called = true;
    return qc_replica_step_down(qc_cluster_node(cluster, id)->replica, to);
}
