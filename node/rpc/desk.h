/*
 * AgentService.WatchAgent and WaitForOffer: desktops that live.
 *
 * Whose desktop may have changed is told by the machine, entry by entry
 * (machine/desktop.h); those who watch it are marked, and at the end of the
 * turn, for no more than a millisecond, the desktop is read from the rows as
 * they are then and told. What changed more often meanwhile is told once. So
 * nothing waits in memory for whoever reads slowly: when there is room again,
 * the desktop is told as it is by then.
 *
 * Desktops are the same on all nodes at the same index, and a watch begins
 * behind a confirmed one: it never shows what is older than what was
 * acknowledged before. One who goes on elsewhere is told the desktop as it is
 * there, unless that is of the index he has. A node that drains, or has had no
 * word from a leader for too long, sends all away.
 */
#ifndef QC_RPC_DESK_H
#define QC_RPC_DESK_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "machine/desktop.h"
#include "rpc/places.h"

struct qc_desk;
struct qc_desk_watcher;
struct qc_request;
struct qc_rpc;

RB_HEAD(qc_desk_tree, qc_desk);
RB_HEAD(qc_desk_times, qc_desk_watcher);

struct qc_desks {
    struct qc_desktop_listener listener;            /* To give the machine. */
    struct qc_desk_tree tree;                       /* By tenant and agent. */
    struct qc_desk_times times;                     /* By what is due next. */
    TAILQ_HEAD(qc_desk_news, qc_desk_watcher) news; /* Who is to be told. */
    struct qc_places places;                        /* Of watchers. */
    unsigned n;                                     /* Who is to be told. */
    bool busy;                                      /* There is more to tell. */
};

void qc_desks_init(struct qc_rpc *rpc);

/* A good request of the one or the other has come: answers it until one of the
 * two ends, or when there is an answer. */
void qc_desk_begin(struct qc_request *request);

/* Its call has room again; has to end; is over. */
void qc_desk_writable(struct qc_request *request);
void qc_desk_leaving(struct qc_request *request);
void qc_desk_close(struct qc_request *request);

/* The end of a turn: tells what there is. */
void qc_desks_turn(struct qc_rpc *rpc);

#endif
