/* A node from inside: what its files share. */
#ifndef QC_DAEMON_INSIDE_H
#define QC_DAEMON_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/histogram.h"
#include "daemon/backing.h"
#include "daemon/calls.h"
#include "daemon/config.h"
#include "daemon/logger.h"
#include "daemon/room.h"
#include "daemon/stall.h"
#include "quorumcall/config/v1/node.pb-c.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/replica.h"

struct qc_admin;
struct qc_directory;
struct qc_http2_server;
struct qc_identity;
struct qc_keeper;
struct qc_rpc;
struct qc_tls;

enum {
    QC_NODE_TEXT_SIZE = 1024,
    QC_WRITE_STUCK_MS = 10 * 1000, /* A disk that hangs must not be led by. */
};

/* How far it is with draining, which comes before stopping too. */
enum qc_stop {
    QC_STOP_NOT,
    QC_STOP_HANDOVER, /* Of leadership; nobody is to come any more. */
    QC_STOP_DRAIN,    /* Of calls, whose clients have been asked to go. */
    QC_STOP_CLOSE,
};

struct qc_node {
    const Qc__Config__NodeConfig *config;    /* As it was started with, */
    const struct qc_config *started;         /* whole, */
    const struct qc_config_sources *sources; /* and from where. */
    struct qc_reloaded *reloaded; /* What was read since; NULL: nothing. */
    uint32_t drain_ms;
    struct qc_logger *logger;
    struct qc_directory *directory;
    struct qc_backing backing;
    struct qc_server servers[QC_SERVERS_MAX]; /* As the identity has them. */
    unsigned n_servers;
    uint64_t n_files;   /* That may be open at a time; 0: not known. */
    bool is_initial;    /* Among them: the cluster begins with this node. */
    struct qc_tls *tls; /* NULL: cleartext. */
    struct qc_rpc *rpc;
    struct qc_replica *replica;
    struct qc_keeper *keeper;
    struct qc_http2_server *server;
    struct qc_admin *admin; /* NULL: there are no pages. */
    struct qc_calls calls;
    struct qc_histogram writes; /* Of the log. */
    struct qc_histogram turns;  /* Of the loop. */
    uint64_t leader_id;         /* As it was seen last, */
    uint64_t n_leaders;         /* and how often there was another. */
    int64_t looked_ms;          /* When. */
    struct qc_room_watch room;
    struct qc_stall stall;

    uv_loop_t loop;
    uv_async_t persisted; /* Woken by the log's writer. */
    uv_timer_t timer;     /* The replica's. */
    uv_timer_t watchdog;
    uv_timer_t stopper;
    uv_idle_t busy; /* Active while entries wait to be applied. */
    uv_signal_t signals[3];

    enum qc_stop stop;
    bool exits;          /* When it is drained. */
    int64_t stopping_ms; /* Since when, */
    int64_t leaving_ms;  /* and since when clients are asked to go. */
    bool led;            /* When it was told to stop. */
    uint64_t removed_at; /* 0: it was not. */
    int exit_code;
};

/* --- node.c --- */

/* A node never guesses: after a fault nothing more leaves this process. */
void qc_node_fault(void *ctx, int fault);

/* Logs |what| and why. Always false, so that it can end a step. */
bool qc_node_fail(const struct qc_node *node,
                  const char *what,
                  const char *text);

/* Wakes the loop; on the writer's thread. */
void qc_node_persisted(void *ctx);

/* --- opening.c --- */

/* Everything, from the directory to the port. False when it cannot run, which
 * has been logged; what was opened is closed by qc_node_close(). */
bool qc_node_open(struct qc_node *node);

/* The loop is empty. */
void qc_node_close(struct qc_node *node);

/* Log and rows, of an open directory that must be this node's; for what is done
 * while no node runs. They may say what they like against starting. */
bool qc_node_open_offline(struct qc_node *node);

/* False when the rows say something against starting, which has been logged:
 * that this node was removed, or differs, or that they are of a newer release.
 */
bool qc_node_standing_is_good(const struct qc_node *node);

/* Says that the entry |index| has removed this node, and what to do. */
void qc_node_say_removed(const struct qc_node *node, uint64_t index);

/* --- making.c --- */

/* Ends the log with an entry of |term| that makes |servers| the members, and
 * makes that term the node's. Durable when it returns. False when it failed,
 * which has been logged. */
bool qc_node_take_over(struct qc_node *node,
                       const struct qc_server *servers,
                       unsigned n_servers,
                       uint64_t term);

/* --- stopping.c --- */

void qc_node_on_signal(uv_signal_t *signal, int number);

/* Whether it has drained: it does not lead, and no client waits for it. */
bool qc_node_is_drained(const struct qc_node *node);

/* Begins to drain, or takes it back. False when it cannot be taken back: it
 * stops. */
bool qc_node_set_drain(struct qc_node *node, bool drain);

/* The entry |index| has removed this node, or a peer says so. */
void qc_node_removed(void *ctx, uint64_t index);

/* The end of a turn: stops a node that was removed. */
void qc_node_stop_turn(struct qc_node *node);

/* --- reload.c --- */

/* Reads the configuration again, takes over what may change, and certificates.
 * Fills |response|, in the arena; may be NULL. False when it is not good:
 * nothing has changed then, and |text_out| says what is wrong. */
bool qc_node_reload(struct qc_node *node,
                    struct qc_arena *arena,
                    Qc__V1__ReloadConfigResponse *response,
                    char *text_out,
                    size_t text_size);

void qc_node_on_reload_signal(uv_signal_t *signal, int number);

/* What the port is told, as of now; but for what waits for a restart. */
const Qc__Config__ApiConfig *qc_node_api(const struct qc_node *node);

/* Frees what was read. */
void qc_node_reloaded_free(struct qc_node *node);

#endif
