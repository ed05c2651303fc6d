#include "replica/test/cluster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/test/checkpoints.h"
#include "replica/test/cluster_inside.h"
#include "replica/test/disk.h"

enum {
    NET_MIN_MS = 1,
    NET_MAX_MS = 10,
    DISK_MS = 2,
    CHECKPOINT_MS = 20,
    QUIET_STEPS_MAX = 20000, /* Without time passing: a loop that spins. */
};

void qc_cluster_check(const struct qc_cluster *cluster,
                      bool holds,
                      const char *what)
{
    if (!holds) {
        (void)fprintf(stderr,
                      "seed %" PRIu64 ", step %" PRIu64 ": not true: %s\n",
                      cluster->seed, cluster->n_steps, what);
        abort();
    }
}

/* SplitMix64 (Vigna): one word of state is enough here. */
uint64_t qc_cluster_random(struct qc_cluster *cluster, uint64_t below)
{
    uint64_t z = cluster->random += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % below;
}

struct node *qc_cluster_node(struct qc_cluster *cluster, unsigned id)
{
    assert(id >= 1 && id <= cluster->n_nodes);

    return &cluster->nodes[id];
}

/* --- what a replica is given --- */

static void send_message(void *ctx,
                         uint64_t to,
                         enum qc_channel channel,
                         struct qc_bytes bytes)
{
    struct node *node = ctx;
    struct qc_cluster *cluster = node->cluster;
    int64_t *link_ms = &cluster->link_ms[node->id][to][channel];
    int64_t at_ms = cluster->now_ms + NET_MIN_MS +
                    (int64_t)qc_cluster_random(cluster, NET_MAX_MS);
    struct message *message;
    struct message *before;

    if (cluster->is_cut[node->id][to] ||
        qc_cluster_random(cluster, 100) < cluster->loss_percent) {
        return;
    }
    message = malloc(sizeof(*message) + bytes.size);
    assert(message != NULL);
    *link_ms = at_ms > *link_ms ? at_ms : *link_ms; /* In order. */
    *message = (struct message){
        .at_ms = *link_ms,
        .from = node->id,
        .to = (unsigned)to,
        .channel = channel,
        .size = bytes.size,
    };
    memcpy(message->bytes, bytes.data, bytes.size);
    before = TAILQ_LAST(&cluster->messages, messages);
    while (before != NULL && before->at_ms > message->at_ms) {
        before = TAILQ_PREV(before, messages, links);
    }
    if (before != NULL) {
        TAILQ_INSERT_AFTER(&cluster->messages, before, message, links);
    } else {
        TAILQ_INSERT_HEAD(&cluster->messages, message, links);
    }
}

static int64_t monotonic_ms(void *ctx)
{
    const struct node *node = ctx;

    return node->cluster->now_ms;
}

static int64_t wall_ms(void *ctx)
{
    const struct node *node = ctx;

    return QC_CLUSTER_WALL_MS + node->cluster->now_ms + node->skew_ms;
}

static void entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    struct node *node = ctx;

    for (unsigned i = 0; i < QC_ENTROPY_SIZE; i++) {
        bytes[i] = (uint8_t)qc_cluster_random(node->cluster, 256);
    }
}

static void notice(void *ctx, enum qc_notice level, const char *text)
{
    const struct node *node = ctx;

    if (getenv("QC_CLUSTER_TRACE") != NULL) {
        (void)fprintf(stderr, "%8" PRId64 " node %u: %d %s\n",
                      node->cluster->now_ms, node->id, (int)level, text);
    }
}

/* --- life of a node --- */

static void end_if_faulty(struct node *node, int r)
{
    if (r != 0) {
        node->fault = r;
        qc_cluster_crash(node->cluster, node->id);
    }
}

static void removed(void *ctx, uint64_t index)
{
    struct node *node = ctx;

    node->removed_at = index;
}

static void start(struct node *node)
{
    struct qc_cluster *cluster = node->cluster;
    struct qc_replica_state state = qc_mem_disk_state(node->disk);
    struct qc_replica_options options = {
        .id = node->id,
        .address = node->address,
        .initial = cluster->servers,
        .n_initial = cluster->settings.n_nodes,
        .election_timeout_ms = QC_CLUSTER_ELECTION_MS,
        .heartbeat_ms = QC_CLUSTER_HEARTBEAT_MS,
        .seed = (uint32_t)qc_cluster_random(cluster, UINT32_MAX),
        .disk = qc_mem_disk_as_disk(node->disk),
        .network = {node, send_message},
        .clocks = {node, monotonic_ms, wall_ms, entropy},
        .applier = qc_fake_machine_as_applier(&node->machine),
        .notice = notice,
        .notice_ctx = node,
        .checkpoint_entries = cluster->settings.checkpoint_entries,
        .trailing_entries = cluster->settings.trailing_entries,
        .checkpoints = qc_mem_checkpoints_as_checkpoints(node->checkpoints),
        .compare_ms = cluster->settings.compare_ms,
        .version_max = cluster->settings.version,
        .release = "test",
        .removed = removed,
        .removed_ctx = node,
    };

    state.is_new = state.is_new && node->is_member;
    node->sync_at_ms = 0;
    node->checkpoint_at_ms = 0;
    node->read_at_ms = 0;
    node->fault = 0;
    node->paused = false;
    node->replica = qc_replica_new(&options);
    assert(node->replica != NULL);
    end_if_faulty(node, qc_replica_start(node->replica, &state));
}

static void prepare(struct qc_cluster *cluster, unsigned id)
{
    struct node *node = &cluster->nodes[id];

    node->cluster = cluster;
    node->id = id;
    node->is_member = id <= cluster->settings.n_nodes;
    node->disk_ms = DISK_MS;
    node->checkpoint_ms = CHECKPOINT_MS;
    node->disk = qc_mem_disk_new();
    node->checkpoints = qc_mem_checkpoints_new(&node->machine, node->disk);
    qc_fake_machine_init(&node->machine, &cluster->ledger);
    node->machine.node_id = id;
    (void)snprintf(node->address, sizeof(node->address), "node-%u", id);
    cluster->servers[id - 1] = (struct qc_server){
        .id = id,
        .address = node->address,
        .voter = true,
    };
}

struct qc_cluster *qc_cluster_new_with(
    const struct qc_cluster_settings *settings)
{
    struct qc_cluster *cluster = calloc(1, sizeof(*cluster));

    assert(cluster != NULL);
    assert(settings->n_nodes + settings->n_joining <= QC_CLUSTER_NODES_MAX);

    cluster->settings = *settings;
    cluster->n_nodes = settings->n_nodes + settings->n_joining;
    cluster->seed = settings->seed;
    cluster->random = settings->seed;
    cluster->ledger.timer_ms = INT64_MAX;
    cluster->ledger.version = settings->version;
    TAILQ_INIT(&cluster->messages);
    for (unsigned i = 1; i <= cluster->n_nodes; i++) {
        prepare(cluster, i);
    }
    for (unsigned i = 1; i <= settings->n_nodes; i++) {
        start(&cluster->nodes[i]);
    }
    return cluster;
}

struct qc_cluster *qc_cluster_new(unsigned n_nodes, uint64_t seed)
{
    const struct qc_cluster_settings settings = {
        .n_nodes = n_nodes,
        .seed = seed,
    };

    return qc_cluster_new_with(&settings);
}

void qc_cluster_drop_messages(struct qc_cluster *cluster)
{
    struct message *message = TAILQ_FIRST(&cluster->messages);

    while (message != NULL) {
        struct message *next = TAILQ_NEXT(message, links);

        free(message);
        message = next;
    }
    TAILQ_INIT(&cluster->messages);
}

void qc_cluster_free(struct qc_cluster *cluster)
{
    for (unsigned i = 1; i <= cluster->n_nodes; i++) {
        qc_replica_free(cluster->nodes[i].replica);
        qc_mem_checkpoints_free(cluster->nodes[i].checkpoints);
        qc_mem_disk_free(cluster->nodes[i].disk);
    }
    qc_cluster_check(cluster, cluster->n_reads_open == 0,
                     "every read has ended");
    for (unsigned i = 0; i < QC_CLUSTER_NUMBERS_MAX; i++) {
        qc_cluster_check(cluster, cluster->outcomes[i].n_open == 0,
                         "every proposal has ended");
    }
    qc_cluster_drop_messages(cluster);
    free(cluster);
}

/* Rows are not written with every entry: some are gone, which the log brings
 * back. */
void qc_cluster_crash(struct qc_cluster *cluster, unsigned id)
{
    struct node *node = qc_cluster_node(cluster, id);
    struct qc_fake_machine *machine = &node->machine;
    struct qc_replica *replica = node->replica;

    node->replica = NULL;
    qc_replica_free(replica);
    qc_mem_disk_crash(node->disk);
    /* What was begun may have ended, and nobody was told. */
    if (qc_mem_checkpoints_is_installing(node->checkpoints) &&
        qc_cluster_random(cluster, 2) == 0) {
        node->n_installed +=
            qc_mem_checkpoints_install(node->checkpoints) ? 1 : 0;
    }
    qc_mem_checkpoints_crash(
        node->checkpoints,
        qc_cluster_random(cluster,
                          qc_mem_checkpoints_fetched(node->checkpoints) + 1));
    machine->kept_index += qc_cluster_random(
        cluster, machine->applied_index - machine->kept_index + 1);
    qc_fake_machine_go_back(machine, machine->kept_index);
}

void qc_cluster_restart(struct qc_cluster *cluster, unsigned id)
{
    struct node *node = qc_cluster_node(cluster, id);

    assert(node->replica == NULL);
    start(node);
}

bool qc_cluster_is_up(const struct qc_cluster *cluster, unsigned id)
{
    return cluster->nodes[id].replica != NULL;
}

/* --- steps --- */

bool qc_cluster_is_running(const struct node *node)
{
    return node->replica != NULL && !node->paused;
}

static void check_leader(struct node *node)
{
    struct qc_cluster *cluster = node->cluster;
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
    if (status.leader_id != node->id) {
        return;
    }
    qc_cluster_check(cluster, status.term < QC_CLUSTER_TERMS_MAX,
                     "terms are few");
    qc_cluster_check(cluster,
                     cluster->leaders[status.term] == 0 ||
                         cluster->leaders[status.term] == node->id,
                     "there is one leader per term");
    cluster->leaders[status.term] = node->id;
}

/* The end of the loop's turn. */
static void turn(struct node *node)
{
    const struct qc_ledger *ledger = &node->cluster->ledger;

    node->was_called = false;
    do {
        end_if_faulty(node, qc_replica_turn(node->replica));
    } while (node->replica != NULL && qc_replica_busy(node->replica));
    if (node->replica != NULL) {
        end_if_faulty(node, qc_replica_tell(node->replica));
    }
    qc_cluster_check(node->cluster, !ledger->differs, "all apply the same");
    qc_cluster_check(node->cluster, !ledger->went_back,
                     "log time does not go back");
    if (node->replica == NULL) {
        return;
    }
    check_leader(node);
    if (node->checkpoint_at_ms == 0 &&
        (qc_mem_checkpoints_is_taking(node->checkpoints) ||
         qc_mem_checkpoints_is_installing(node->checkpoints))) {
        node->checkpoint_at_ms =
            node->cluster->now_ms + 1 + node->checkpoint_ms / 2 +
            (int64_t)qc_cluster_random(node->cluster,
                                       (uint64_t)node->checkpoint_ms);
        if (qc_mem_checkpoints_is_taking(node->checkpoints) &&
            qc_cluster_random(node->cluster, 2) == 0) {
            qc_mem_checkpoints_capture(node->checkpoints);
        }
    }
    if (node->read_at_ms == 0 &&
        qc_mem_checkpoints_is_reading(node->checkpoints)) {
        node->read_at_ms =
            node->cluster->now_ms + 1 +
            (int64_t)qc_cluster_random(node->cluster, (uint64_t)node->disk_ms);
    }
    if (node->sync_at_ms == 0 && qc_mem_disk_n_queued(node->disk) > 0) {
        node->sync_at_ms =
            node->cluster->now_ms + 1 +
            (int64_t)qc_cluster_random(node->cluster, (uint64_t)node->disk_ms);
    }
}

/* All that is queued becomes durable together, as one write of the log's. */
static void sync_disk(struct node *node)
{
    uint64_t index = 0;

    node->sync_at_ms = 0;
    while (qc_mem_disk_n_queued(node->disk) > 0) {
        uint64_t synced = qc_mem_disk_sync(node->disk);

        index = synced > index ? synced : index;
    }
    if (index > 0) {
        end_if_faulty(node, qc_replica_persisted(node->replica, index));
    }
}

/* A checkpoint is taken, or installed. */
static void end_checkpoint(struct node *node)
{
    node->checkpoint_at_ms = 0;
    if (qc_mem_checkpoints_is_taking(node->checkpoints)) {
        end_if_faulty(node, qc_replica_checkpoint_taken(
                                node->replica,
                                qc_mem_checkpoints_finish(node->checkpoints)));
    } else {
        bool good = qc_mem_checkpoints_install(node->checkpoints);

        node->n_installed += good ? 1 : 0;
        node->sync_at_ms = good ? 0 : node->sync_at_ms;
        end_if_faulty(node, qc_replica_installed(node->replica, good));
    }
}

static void read_part(struct node *node)
{
    node->read_at_ms = 0;
    end_if_faulty(node, qc_mem_checkpoints_read(node->checkpoints));
}

static void deliver(struct qc_cluster *cluster, struct message *message)
{
    struct node *node = qc_cluster_node(cluster, message->to);
    bool good = true;

    if (node->replica != NULL) {
        int r = qc_replica_receive(
            node->replica, message->from, message->channel,
            (struct qc_bytes){message->bytes, message->size}, &good);

        end_if_faulty(node, r);
        qc_cluster_check(cluster, good, "what replicas send is well-formed");
    }
    free(message);
}

/* The first message that somebody is there to take; those to a node that is
 * down are lost. */
static struct message *next_message(struct qc_cluster *cluster)
{
    struct message *message = TAILQ_FIRST(&cluster->messages);

    while (message != NULL && cluster->nodes[message->to].replica != NULL &&
           cluster->nodes[message->to].paused) {
        message = TAILQ_NEXT(message, links);
    }
    return message;
}

static int64_t due_ms(const struct node *node)
{
    int64_t at_ms = qc_replica_timeout_ms(node->replica) + node->late_ms;

    if (node->was_called) {
        return 0;
    }
    if (node->checkpoint_at_ms != 0 && node->checkpoint_at_ms < at_ms) {
        at_ms = node->checkpoint_at_ms;
    }
    if (node->read_at_ms != 0 && node->read_at_ms < at_ms) {
        at_ms = node->read_at_ms;
    }
    return node->sync_at_ms != 0 && node->sync_at_ms < at_ms ? node->sync_at_ms
                                                             : at_ms;
}

/* Whose timer or disk is next; NULL when nobody runs. */
static struct node *next_node(struct qc_cluster *cluster)
{
    struct node *next = NULL;
    int64_t next_ms = INT64_MAX;

    for (unsigned i = 1; i <= cluster->n_nodes; i++) {
        struct node *node = &cluster->nodes[i];

        if (qc_cluster_is_running(node) && due_ms(node) < next_ms) {
            next = node;
            next_ms = due_ms(node);
        }
    }
    return next;
}

static void move_time(struct qc_cluster *cluster, int64_t to_ms)
{
    if (to_ms > cluster->now_ms) {
        cluster->now_ms = to_ms;
        cluster->n_quiet_steps = 0;
    }
    cluster->n_quiet_steps++;
    qc_cluster_check(cluster, cluster->n_quiet_steps < QUIET_STEPS_MAX,
                     "nobody spins");
}

bool qc_cluster_step(struct qc_cluster *cluster, int64_t until_ms)
{
    struct message *message = next_message(cluster);
    struct node *node = next_node(cluster);
    int64_t at_ms = node != NULL ? due_ms(node) : INT64_MAX;

    if (message != NULL && message->at_ms <= at_ms) {
        if (message->at_ms > until_ms) {
            return false;
        }
        move_time(cluster, message->at_ms);
        node = &cluster->nodes[message->to];
        TAILQ_REMOVE(&cluster->messages, message, links);
        deliver(cluster, message);
    } else if (node != NULL && at_ms <= until_ms) {
        move_time(cluster, at_ms);
        if (node->sync_at_ms != 0 && node->sync_at_ms <= cluster->now_ms) {
            sync_disk(node);
        } else if (node->checkpoint_at_ms != 0 &&
                   node->checkpoint_at_ms <= cluster->now_ms) {
            end_checkpoint(node);
        } else if (node->read_at_ms != 0 &&
                   node->read_at_ms <= cluster->now_ms) {
            read_part(node);
        } else if (!node->was_called) {
            end_if_faulty(node, qc_replica_tick(node->replica));
        }
    } else {
        return false;
    }
    cluster->n_steps++;
    if (node->replica != NULL) {
        turn(node);
    }
    return true;
}

int64_t qc_cluster_now_ms(const struct qc_cluster *cluster)
{
    return cluster->now_ms;
}

void qc_cluster_run(struct qc_cluster *cluster, int64_t ms)
{
    int64_t until_ms = cluster->now_ms + ms;

    while (qc_cluster_step(cluster, until_ms)) {
    }
    move_time(cluster, until_ms);
}

static bool leads(const struct node *node)
{
    struct qc_replica_status status;

    if (!qc_cluster_is_running(node)) {
        return false;
    }
    qc_replica_status(node->replica, &status);
    return status.leader_id == node->id &&
           status.commit_index == status.last_index &&
           status.applied_index == status.last_index;
}

unsigned qc_cluster_run_until_leader(struct qc_cluster *cluster, unsigned id)
{
    int64_t until_ms = cluster->now_ms + 60000;

    for (;;) {
        for (unsigned i = 1; i <= cluster->n_nodes; i++) {
            if (leads(&cluster->nodes[i]) && (id == 0 || id == i)) {
                return i;
            }
        }
        qc_cluster_check(cluster, qc_cluster_step(cluster, until_ms),
                         "a leader is found within a minute");
    }
}

void qc_cluster_settle(struct qc_cluster *cluster)
{
    int64_t until_ms = cluster->now_ms + 120000;
    bool settled = false;

    while (!settled) {
        unsigned leader = qc_cluster_run_until_leader(cluster, 0);
        uint64_t last = qc_cluster_status(cluster, leader).last_index;

        settled = true;
        for (unsigned i = 1; i <= cluster->n_nodes; i++) {
            settled = settled &&
                      (!qc_cluster_is_running(&cluster->nodes[i]) ||
                       qc_cluster_status(cluster, i).applied_index == last);
        }
        qc_cluster_check(cluster, settled || qc_cluster_step(cluster, until_ms),
                         "all nodes apply the same within two minutes");
    }
}

/* --- what came of it --- */

const struct qc_ledger *qc_cluster_ledger(const struct qc_cluster *cluster)
{
    return &cluster->ledger;
}

struct qc_replica *qc_cluster_replica(struct qc_cluster *cluster, unsigned id)
{
    return qc_cluster_node(cluster, id)->replica;
}

struct qc_replica_status qc_cluster_status(const struct qc_cluster *cluster,
                                           unsigned id)
{
    struct qc_replica_status status;

    assert(qc_cluster_is_up(cluster, id));
    qc_replica_status(cluster->nodes[id].replica, &status);
    return status;
}

unsigned qc_cluster_times_done(const struct qc_cluster *cluster,
                               unsigned id,
                               unsigned number)
{
    return cluster->nodes[id].machine.done_at[number] != 0 ? 1 : 0;
}

unsigned qc_cluster_n_commands_at(const struct qc_cluster *cluster,
                                  uint64_t index)
{
    return cluster->ledger.entries[index].n_commands;
}

int64_t qc_cluster_at_ms(const struct qc_cluster *cluster, uint64_t index)
{
    return cluster->ledger.entries[index].at_ms;
}

void qc_cluster_refuse_alarms(struct qc_cluster *cluster, int refusal)
{
    cluster->ledger.refusal = refusal;
}

void qc_cluster_set_timer_ms(struct qc_cluster *cluster, int64_t timer_ms)
{
    cluster->ledger.timer_ms = timer_ms;
}

unsigned qc_cluster_n_installed(const struct qc_cluster *cluster, unsigned id)
{
    return cluster->nodes[id].n_installed;
}

uint64_t qc_cluster_removed_at(const struct qc_cluster *cluster, unsigned id)
{
    return cluster->nodes[id].removed_at;
}

uint64_t qc_cluster_n_steps(const struct qc_cluster *cluster)
{
    return cluster->n_steps;
}
