/*
 * Sessions: agents come, are ready or not, and go (domain model C.3).
 *
 * An agent has one session: the newest. Whoever brings another is told that it
 * was replaced. All functions are about the tenant of the transaction, and
 * write what they change.
 */
#ifndef QC_MACHINE_SESSION_H
#define QC_MACHINE_SESSION_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/presence.pb-c.h"
#include "quorumcall/v1/agent.pb-c.h"

struct qc_txn;

#define QC_SESSION_PREFIX "se_"

enum {
    QC_HEARTBEAT_MS = 45 * 1000,
    QC_HEARTBEAT_GONE_MS = 5 * 60 * 1000, /* Without one, in all. */
};

/* Begins a session of |agent|. Refuses: NOT_FOUND, BAD_STATE when the agent is
 * disabled, ROLE when the caller is another agent. */
QC_MUST_CHECK int qc_session_login(struct qc_txn *txn,
                                   const char *agent,
                                   const char *device,
                                   bool ready,
                                   const Qc__State__PresenceRow **row_out);

/* The presence of a session. Refuses: SESSION_REPLACED when it is none, or not
 * the newest; ROLE when it is another agent's than the caller; LOB when the
 * agent is not of the caller's line of business. */
QC_MUST_CHECK int qc_session_get(struct qc_txn *txn,
                                 const char *session_id,
                                 Qc__State__PresenceRow **row_out);

/* Goes, at once or when there is nothing left to do; what is offered to the
 * agent waits again. */
void qc_session_logout(struct qc_txn *txn, const char *agent, bool force);

void qc_session_heartbeat(struct qc_txn *txn, const char *agent);

/* |agent| has been written: who is disabled goes, as by a logout that is not
 * forced, and whoever it is may no longer be the one to be kept free for a
 * call. */
void qc_session_agent_changed(struct qc_txn *txn, const Qc__V1__Agent *agent);

/* Refuses: BAD_STATE while logout is pending. */
QC_MUST_CHECK int qc_session_ready(struct qc_txn *txn, const char *agent);

/* For a reason that exists, is in use, and may be chosen.
 * Refuses: REASON_UNKNOWN, BAD_STATE. */
QC_MUST_CHECK int qc_session_not_ready(struct qc_txn *txn,
                                       const char *agent,
                                       const char *reason);

/* Is not to be asked any more, for a reason of the system; stays away who is.
 */
void qc_session_unready(struct qc_txn *txn,
                        const char *agent,
                        const char *reason);

/* Changes |row|, and writes nothing: who wanted to leave leaves when nothing is
 * left to do. */
void qc_session_leave_if_done(struct qc_txn *txn, Qc__State__PresenceRow *row);

#endif
