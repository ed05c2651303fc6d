/*
 * WatchService.WatchEvents: every command of a tenant that was done, once and
 * in order, from an index of the log on.
 *
 * Nothing is kept for a watcher but where it is: an index and an ordinal. At
 * the end of each turn of the loop, for no more than a millisecond, the log is
 * read from where watchers are, joined with the answers that were stored when
 * it was applied, and told to all who are at the same place. Who reads slowly
 * falls behind, and costs no memory; who falls behind what the node can still
 * tell is told so (COMPACTED). All nodes have the same log, so a watcher goes
 * on with any of them, and a node that drains sends it away.
 */
#ifndef QC_RPC_WATCH_H
#define QC_RPC_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct qc_request;
struct qc_rpc;
struct qc_watcher;

struct qc_watches {
    TAILQ_HEAD(qc_watcher_list, qc_watcher) list;
    bool busy; /* There is more to tell at once. */
};

void qc_watches_init(struct qc_watches *watches);

/* A good request has come: answers it until one of the two ends. */
void qc_watch_begin(struct qc_request *request);

/* Its call has room again; has to end; is over. */
void qc_watch_writable(struct qc_request *request);
void qc_watch_leaving(struct qc_request *request);
void qc_watch_close(struct qc_request *request);

/* The end of a turn: tells what there is. */
void qc_watch_turn(struct qc_rpc *rpc);

#endif
