/*
 * EffectService.LeaseEffects that waits.
 *
 * Whoever has nothing to do is not to ask again and again, for each time would
 * be an entry of the log. So a request that may wait is looked at first, by the
 * rows of this node: if nothing is ready for it, it stands here, until the
 * machine tells that something has become ready or was taken back for its class
 * of connectors, or its time is over. Only what then finds something to lease
 * is proposed, as a request that does not wait is at once; all else is answered
 * here.
 *
 * These rows may lag behind; they catch up, and then tell. A node that has had
 * no word from a leader for too long, or drains, sends all away.
 *
 * Of one class of connectors one request asks at a time, so that one effect is
 * not asked for by all that wait.
 */
#ifndef QC_RPC_LEASE_H
#define QC_RPC_LEASE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "machine/outbox.h"
#include "rpc/places.h"

struct qc_lease;
struct qc_request;
struct qc_rpc;

struct qc_leases {
    struct qc_outbox_listener listener;       /* To give the machine. */
    TAILQ_HEAD(qc_lease_list, qc_lease) list; /* Who came first is first. */
    struct qc_places places;
    bool busy; /* Something was proposed in this turn. */
};

void qc_leases_init(struct qc_rpc *rpc);

/* Whether |request|, a good command, is one that may wait. */
bool qc_lease_waits(const struct qc_request *request);

/* Such a one has come: proposes it as soon as that is of use, or answers it. */
void qc_lease_begin(struct qc_request *request);

/* What was proposed has its outcome, which its caller may be slow to read. */
void qc_lease_told(struct qc_request *request);

/* Its call has to end; is over. */
void qc_lease_leaving(struct qc_request *request);
void qc_lease_close(struct qc_request *request);

/* The end of a turn: takes on what has waited long enough. */
void qc_leases_turn(struct qc_rpc *rpc);

#endif
