#include "daemon/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "command/table.h"
#include "daemon/exposition.h"
#include "daemon/inside.h"
#include "daemon/process.h"
#include "http2/server.h"
#include "http2/tls.h"
#include "machine/entity.h"
#include "machine/interaction.h"
#include "machine/machine.h"
#include "machine/pool.h"
#include "machine/tenant.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/rpc.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    LABEL_SIZE = 160,
    LABELS_SIZE = 2 * LABEL_SIZE + 2,
    NAME_SIZE = 96,
    ROWS_ARENA_SIZE = 4 * 1024 * 1024,
    US_PER_MS = 1000,
};

static void build_write(FILE *out)
{
    qc_expose_head(out, QC_GAUGE, "build_info",
                   "Which release this is; always 1.");
    qc_expose(out, "build_info", "version=\"" QC_VERSION "\"", 1);
    qc_expose_one(out, QC_GAUGE, "cluster_version_max",
                  "The newest cluster version that this release supports.",
                  QC_CLUSTER_VERSION_MAX);
}

/* --- raft ----------------------------------------------------------------- */

/* The label of a member that is not this node; NULL of this node itself. */
static const char *peer_label(const struct qc_node *node,
                              uint64_t id,
                              char label_out[LABEL_SIZE])
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, id);
    return id == node->config->node_id
               ? NULL
               : qc_label(label_out, LABEL_SIZE, "peer", text);
}

static void match_indexes_write(FILE *out,
                                const struct qc_replica_status *status)
{
    char label[LABEL_SIZE];
    char id[24];

    qc_expose_head(out, QC_GAUGE, "raft_peer_match_index",
                   "Last entry that the leader knows a member to have; told by "
                   "the leader alone.");
    for (unsigned i = 0; i < status->n_servers; i++) {
        if (status->role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER) {
            snprintf(id, sizeof(id), "%" PRIu64, status->servers[i].id);
            qc_expose(out, "raft_peer_match_index",
                      qc_label(label, sizeof(label), "peer", id),
                      status->match_indexes[i]);
        }
    }
}

static void peers_write(FILE *out,
                        const struct qc_node *node,
                        const struct qc_replica_status *status)
{
    char room[LABEL_SIZE];
    const char *label;

    match_indexes_write(out, status);
    qc_expose_head(out, QC_GAUGE, "raft_peer_last_contact_seconds",
                   "Since word from a member, or, if there was none, since "
                   "this node leads; told by the leader alone.");
    for (unsigned i = 0; i < status->n_servers; i++) {
        label = peer_label(node, status->servers[i].id, room);
        if (label != NULL && status->silences_ms[i] >= 0) {
            qc_expose_us(out, "raft_peer_last_contact_seconds", label,
                         (uint64_t)status->silences_ms[i] * US_PER_MS);
        }
    }
    qc_expose_head(out, QC_GAUGE, "raft_peer_rtt_seconds",
                   "How long the last ping took to a member and back, its "
                   "turn of the loop included; there while it is connected.");
    for (unsigned i = 0; i < status->n_servers; i++) {
        uint64_t id = status->servers[i].id;
        uint64_t rtt_us = qc_rpc_peer_rtt_us(node->rpc, id);

        label = peer_label(node, id, room);
        if (label != NULL && rtt_us > 0) {
            qc_expose_us(out, "raft_peer_rtt_seconds", label, rtt_us);
        }
    }
    qc_expose_one(out, QC_COUNTER, "rpc_peers_refused_total",
                  "Streams of would-be members that were turned away.",
                  qc_rpc_peers_refused(node->rpc));
}

static void proposals_write(FILE *out, const struct qc_replica_status *status)
{
    static const char *const outcomes[QC_OUTCOMES] = {
        [QC_OUTCOME_EXPIRED] = "expired",
        [QC_OUTCOME_NO_LEADER] = "no_leader",
        [QC_OUTCOME_UNKNOWN] = "unknown",
        [QC_OUTCOME_OVERLOADED] = "overloaded",
        [QC_OUTCOME_NO_SPACE] = "no_space",
    };
    char label[LABEL_SIZE];

    qc_expose_one(out, QC_GAUGE, "raft_proposals_pending",
                  "Requests that wait for their entry.", status->open_requests);
    qc_expose_head(out, QC_COUNTER, "raft_proposals_failed_total",
                   "Requests of callers here that ended without an answer of "
                   "the log; \"unknown\" ones may be done all the same, and "
                   "\"abandoned\" ones, whose callers have gone.");
    for (int i = 0; i < QC_OUTCOMES; i++) {
        if (outcomes[i] != NULL) {
            qc_expose(out, "raft_proposals_failed_total",
                      qc_label(label, sizeof(label), "outcome", outcomes[i]),
                      status->n_ended[i]);
        }
    }
    qc_expose(out, "raft_proposals_failed_total",
              qc_label(label, sizeof(label), "outcome", "abandoned"),
              status->n_forgotten);
    qc_expose_one(out, QC_COUNTER, "idempotency_hits_total",
                  "Callers here that asked again, and were given the stored "
                  "answer.",
                  status->n_replayed);
}

static void raft_write(FILE *out, const struct qc_node *node)
{
    struct qc_replica_status status;

    qc_replica_status(node->replica, &status);
#define GAUGE(name, help, value) \
    qc_expose_one(out, QC_GAUGE, name, help, (uint64_t)(value))
    GAUGE("raft_has_leader", "Whether it knows of a leader.",
          status.leader_id != 0);
    GAUGE("raft_is_leader", "Whether it leads.",
          status.role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER);
    GAUGE("raft_leader_id", "The id of the leader as it knows; 0: none.",
          status.leader_id);
    GAUGE("raft_term", "Its term.", status.term);
    GAUGE("raft_first_index", "First entry in its log.", status.first_index);
    GAUGE("raft_last_index", "Last entry in its log.", status.last_index);
    GAUGE("raft_commit_index", "Last entry known to be committed.",
          status.commit_index);
    GAUGE("raft_applied_index", "Last entry applied.", status.applied_index);
    GAUGE("raft_members", "Members of the cluster.", status.n_servers);
    GAUGE("raft_read_only", "Whether it takes no more writes as a leader.",
          status.read_only);
    GAUGE("draining", "Whether it drains.", status.draining);
    GAUGE("snapshot_index", "Last entry in its newest checkpoint; 0: none.",
          status.checkpoint_index);
    GAUGE("snapshot_installing", "Whether it fetches a checkpoint.",
          status.installing);
#undef GAUGE
    qc_expose_one(out, QC_COUNTER, "raft_leader_changes_total",
                  "How often it has seen another leader than before.",
                  node->n_leaders);
    qc_expose_one_us(
        out, QC_GAUGE, "raft_last_contact_seconds",
        "Since word from a leader, or, to a leader, from a majority.",
        status.leader_contact_ms >= 0
            ? (uint64_t)status.leader_contact_ms * US_PER_MS
            : 0);
    proposals_write(out, &status);
    peers_write(out, node, &status);
}

/* --- storage -------------------------------------------------------------- */

static void storage_write(FILE *out, const struct qc_node *node)
{
    struct qc_rows_measures rows;

    qc_expose_head(out, QC_HISTOGRAM, "wal_fsync_duration_seconds",
                   "How long synchronous writes to the log take.");
    qc_expose_histogram(out, "wal_fsync_duration_seconds", "", &node->writes,
                        1);
    qc_rows_measure(node->backing.rows, &rows);
#define GAUGE(name, help, value) qc_expose_one(out, QC_GAUGE, name, help, value)
    GAUGE("rocksdb_write_stopped",
          "Whether the rows take no writes until they are compacted.",
          rows.write_stopped);
    GAUGE("rocksdb_delayed_write_bytes_per_second",
          "How fast the rows may be written just now; 0: no limit.",
          rows.delayed_write_rate);
    GAUGE("rocksdb_pending_compaction_bytes",
          "About how much of the rows is to be compacted.",
          rows.pending_compaction_size);
    GAUGE("rows_unwritten_bytes", "Rows that are in memory only.",
          rows.unwritten_size);
    GAUGE("rocksdb_live_data_bytes", "About how large the rows are.",
          rows.live_data_size);
    GAUGE("disk_room", "0: enough, 1: low, 2: none, and so read-only.",
          (uint64_t)node->room.room);
#undef GAUGE
}

/* --- calls ---------------------------------------------------------------- */

static const char *method_label(const struct qc_call_count *count,
                                char label_out[LABEL_SIZE])
{
    char name[NAME_SIZE];

    if (count->method == NULL) {
        snprintf(name, sizeof(name), "other");
    } else {
        snprintf(name, sizeof(name), "%s/%s", count->method->service,
                 count->method->name);
    }
    return qc_label(label_out, LABEL_SIZE, "method", name);
}

static void handled_write(FILE *out, const struct qc_call_count *count)
{
    char method[LABEL_SIZE];
    char labels[LABELS_SIZE];

    method_label(count, method);
    for (unsigned code = 0; code < QC_STATUSES; code++) {
        if (count->handled[code] > 0) {
            snprintf(labels, sizeof(labels), "%s,code=\"%s\"", method,
                     code == QC_STATUS_OK
                         ? "OK"
                         : qc_status_name((enum qc_status)code));
            qc_expose(out, "rpc_handled_total", labels, count->handled[code]);
        }
    }
}

/* Methods that nobody has called are left out. */
static void calls_write(FILE *out, const struct qc_calls *calls)
{
    char label[LABEL_SIZE];

    qc_expose_head(out, QC_COUNTER, "rpc_started_total", "Calls begun.");
    for (size_t i = 0; i < calls->n_counts; i++) {
        if (calls->counts[i].started > 0) {
            qc_expose(out, "rpc_started_total",
                      method_label(&calls->counts[i], label),
                      calls->counts[i].started);
        }
    }
    qc_expose_head(out, QC_COUNTER, "rpc_handled_total",
                   "Calls that have ended, by gRPC's code.");
    for (size_t i = 0; i < calls->n_counts; i++) {
        handled_write(out, &calls->counts[i]);
    }
    qc_expose_head(out, QC_HISTOGRAM, "rpc_duration_seconds",
                   "How long unary calls take, from headers to answer.");
    for (size_t i = 0; i < calls->n_counts; i++) {
        const struct qc_call_count *count = &calls->counts[i];

        if (qc_histogram_count(&count->durations) > 0) {
            qc_expose_histogram(out, "rpc_duration_seconds",
                                method_label(count, label), &count->durations,
                                2);
        }
    }
    qc_expose_one(out, QC_GAUGE, "rpc_open_calls", "Unary calls under way.",
                  calls->open_calls);
    qc_expose_one(out, QC_GAUGE, "rpc_open_streams",
                  "Streams of clients under way.", calls->open_streams);
}

/* --- HTTP/2 and TLS ------------------------------------------------------- */

void qc_metrics_http2_write(const struct qc_http2_server *server, FILE *out)
{
    char name[NAME_SIZE];
    char help[LABEL_SIZE];

    for (int i = 0; i < QC_HTTP2_COUNTERS; i++) {
        enum qc_http2_counter counter = (enum qc_http2_counter)i;

        snprintf(name, sizeof(name), "http2_%s_total",
                 qc_http2_counter_name(counter));
        snprintf(help, sizeof(help), "On the API's port: %s.",
                 qc_http2_counter_text(counter));
        qc_expose_one(out, QC_COUNTER, name, help,
                      qc_http2_server_count(server, counter));
    }
#define GAUGE(name, help, gauge)             \
    qc_expose_one(out, QC_GAUGE, name, help, \
                  qc_http2_server_gauge(server, gauge))
    GAUGE("http2_open_connections", "Connections, nodes among them.",
          QC_HTTP2_OPEN_CONNECTIONS);
    GAUGE("http2_open_calls", "Calls that are not answered, nodes among them.",
          QC_HTTP2_OPEN_CALLS);
    GAUGE("http2_open_streams", "Streams, nodes among them.",
          QC_HTTP2_OPEN_STREAMS);
    GAUGE("http2_waiting_bytes", "Requests and answers in memory.",
          QC_HTTP2_WAITING_BYTES);
#undef GAUGE
}

static void limits_write(FILE *out, const Qc__Config__ApiConfig *api)
{
    const ProtobufCMessageDescriptor *type = api->base.descriptor;
    char label[LABEL_SIZE];
    uint32_t value;

    qc_expose_head(out, QC_GAUGE, "config_limit",
                   "The numbers of \"api\" in the configuration.");
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_UINT32) {
            memcpy(&value, (const uint8_t *)api + type->fields[i].offset,
                   sizeof(value));
            qc_expose(
                out, "config_limit",
                qc_label(label, sizeof(label), "name", type->fields[i].name),
                value);
        }
    }
}

static void tls_write(FILE *out, struct qc_tls *tls)
{
    static const struct {
        enum qc_tls_counter counter;
        const char *name;
        const char *help;
    } counters[] = {
        {QC_TLS_HANDSHAKES, "tls_handshakes_total",
         "Handshakes that came in, and ended well."},
        {QC_TLS_RESUMED, "tls_resumed_total",
         "Those of them that went on with an older session."},
        {QC_TLS_FAILED, "tls_failed_total",
         "Handshakes that came in, and did not end well."},
    };

    if (tls == NULL) {
        return;
    }
    qc_expose_one(out, QC_GAUGE, "tls_cert_not_after_seconds",
                  "When the certificate ends, in seconds since 1970.",
                  (uint64_t)qc_tls_not_after_s(tls));
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        qc_expose_one(out, QC_COUNTER, counters[i].name, counters[i].help,
                      qc_tls_count(tls, counters[i].counter));
    }
}

/* --- numbers and queues --------------------------------------------------- */

struct pool_sample {
    char labels[LABELS_SIZE];
    uint64_t free;
    uint64_t allocated;
};

struct tenant_sample {
    char label[LABEL_SIZE];
    uint64_t waiting;
};

/* What is told of the rows. */
struct samples {
    struct pool_sample pools[QC_METRICS_POOLS];
    size_t n_pools;
    struct tenant_sample tenants[QC_METRICS_TENANTS];
    size_t n_tenants;
};

/* The pools of the transaction's tenant, behind those that are known. */
static void pools_read(struct qc_txn *txn,
                       const char *tenant,
                       struct samples *samples)
{
    char of_tenant[LABEL_SIZE];
    char of_pool[LABEL_SIZE];
    struct qc_page page = {.n_rows = 0};

    qc_label(of_tenant, sizeof(of_tenant), "tenant", tenant);
    if (samples->n_pools < QC_METRICS_POOLS) {
        qc_entity_page(txn, &qc_pool_entity, txn->tenant, "",
                       (uint32_t)(QC_METRICS_POOLS - samples->n_pools), &page);
    }
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__V1__Pool *pool = qc_pool_show(txn, page.rows[i]);
        struct pool_sample *sample = &samples->pools[samples->n_pools];

        if (pool == NULL) {
            break;
        }
        qc_label(of_pool, sizeof(of_pool), "pool", pool->key);
        snprintf(sample->labels, LABELS_SIZE, "%s,%s", of_tenant, of_pool);
        sample->free = pool->gauges->free;
        sample->allocated = pool->gauges->reserved + pool->gauges->in_call;
        samples->n_pools++;
    }
}

static void tenant_read(struct qc_txn *txn,
                        const Qc__State__TenantKeyRow *named,
                        struct samples *samples)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, named->tenant);
    struct tenant_sample *sample = &samples->tenants[samples->n_tenants];

    if (tenant == NULL) {
        return;
    }
    txn->tenant = named->tenant;
    qc_label(sample->label, LABEL_SIZE, "tenant", tenant->tenant->key);
    sample->waiting = qc_interactions_waiting(txn);
    samples->n_tenants++;
    pools_read(txn, tenant->tenant->key, samples);
}

/* What cannot be read is left out: it is no scrape that stops a node. */
static void rows_read(const struct qc_machine *machine, struct samples *samples)
{
    struct qc_arena arena;
    struct qc_page page;
    struct qc_txn txn;

    samples->n_pools = 0;
    samples->n_tenants = 0;
    qc_arena_init(&arena, ROWS_ARENA_SIZE);
    qc_machine_view(machine, &arena, &txn);
    qc_entity_page(&txn, &qc_tenant_key_entity, 0, "", QC_METRICS_TENANTS,
                   &page);
    for (size_t i = 0; txn.fault == 0 && i < page.n_rows; i++) {
        tenant_read(&txn, page.rows[i], samples);
    }
    qc_arena_done(&arena);
}

static void rows_write(FILE *out, const struct qc_machine *machine)
{
    static struct samples samples;

    rows_read(machine, &samples);
    qc_expose_head(out, QC_GAUGE, "numbers_free",
                   "Numbers that can be given out, of the first 100 pools.");
    for (size_t i = 0; i < samples.n_pools; i++) {
        qc_expose(out, "numbers_free", samples.pools[i].labels,
                  samples.pools[i].free);
    }
    qc_expose_head(out, QC_GAUGE, "numbers_allocated",
                   "Numbers that are given out, or in a call.");
    for (size_t i = 0; i < samples.n_pools; i++) {
        qc_expose(out, "numbers_allocated", samples.pools[i].labels,
                  samples.pools[i].allocated);
    }
    qc_expose_head(out, QC_GAUGE, "queue_waiting",
                   "Calls that wait, in all queues of a tenant together, of "
                   "the first 100 tenants.");
    for (size_t i = 0; i < samples.n_tenants; i++) {
        qc_expose(out, "queue_waiting", samples.tenants[i].label,
                  samples.tenants[i].waiting);
    }
    qc_expose_one(out, QC_COUNTER, "idempotency_evictions_total",
                  "Stored answers that have made room for newer ones, or had "
                  "their time.",
                  machine->n_evicted);
}

/* --- the process ---------------------------------------------------------- */

static void loop_write(FILE *out, const struct qc_node *node)
{
    qc_expose_head(out, QC_HISTOGRAM, "loop_turn_duration_seconds",
                   "How long the loop is busy from one wait to the next.");
    qc_expose_histogram(out, "loop_turn_duration_seconds", "", &node->turns, 1);
    qc_expose_one_us(out, QC_GAUGE, "loop_lag_seconds",
                     "The longest of these since the node started.",
                     node->stall.wall_max_us);
    qc_expose_one_us(out, QC_GAUGE, "loop_own_lag_seconds",
                     "The same without waits for a processor.",
                     node->stall.own_max_us);
}

static void log_write(FILE *out, const struct qc_logger *logger)
{
    char label[LABEL_SIZE];

    qc_expose_head(out, QC_COUNTER, "log_lines_total",
                   "Lines written to the log.");
    for (int level = QC_LEVEL_DEBUG; level <= QC_LEVEL_ERROR; level++) {
        qc_expose(out, "log_lines_total",
                  qc_label(label, sizeof(label), "level",
                           qc_level_name((enum qc_level)level)),
                  logger->lines[level]);
    }
}

static void process_write(FILE *out)
{
    struct qc_process process;

    qc_process_read(&process);
    qc_expose_one_us(out, QC_COUNTER, "process_cpu_seconds_total",
                     "Processor time, in user and system mode.",
                     process.cpu_us);
    qc_expose_one(out, QC_GAUGE, "process_resident_memory_bytes",
                  "Memory that is in use.", process.resident_size);
    qc_expose_one(out, QC_GAUGE, "process_open_fds", "Open files.",
                  process.open_files);
    qc_expose_one(out, QC_GAUGE, "process_max_fds", "Files that may be open.",
                  process.open_files_max);
    qc_expose_one_us(out, QC_GAUGE, "process_start_time_seconds",
                     "When it started, in seconds since 1970.",
                     process.started_us);
}

void qc_metrics_write(struct qc_node *node, FILE *out)
{
    build_write(out);
    raft_write(out, node);
    storage_write(out, node);
    calls_write(out, &node->calls);
    if (node->server != NULL) {
        qc_metrics_http2_write(node->server, out);
    }
    limits_write(out, qc_node_api(node));
    tls_write(out, node->tls);
    rows_write(out, &node->backing.machine);
    loop_write(out, node);
    log_write(out, node->logger);
    process_write(out);
}
