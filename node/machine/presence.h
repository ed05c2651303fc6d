/*
 * Presence: whether an agent is there, may be asked, and what they are at
 * (domain model B.7, C.3).
 *
 *   LOGGED_OUT <--> NOT_READY(reason) <--> READY
 *
 * What an agent is at is a list of work: offers, interactions, wrap-ups. What
 * it takes of them is the sum over that list, so that nothing can be left
 * behind when a piece of it ends.
 *
 * These functions change a row, and write it; what follows for interactions is
 * in routing.h and session.h. All are about the tenant of the transaction. Rows
 * live in the arena.
 */
#ifndef QC_MACHINE_PRESENCE_H
#define QC_MACHINE_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/entity.h"
#include "quorumcall/state/v1/presence.pb-c.h"

struct qc_txn;

#define QC_REASON_LOGIN           "login"
#define QC_REASON_RONA            "rona"
#define QC_REASON_CONNECTION_LOST "connection_lost"
#define QC_REASON_CONNECT_FAILED  "connect_failed"
#define QC_REASON_WRAP_UNSET      "wrap_unset"
#define QC_REASON_LOGOUT_PENDING  "logout_pending"

enum {
    QC_WORK_MAX = 64, /* Pieces that an agent can be at. */
};

extern const struct qc_entity qc_presence_entity;

/* NULL when the agent never logged in. */
Qc__State__PresenceRow *qc_presence_get(struct qc_txn *txn, const char *agent);

/* By the agent's index. */
Qc__State__PresenceRow *qc_presence_of_index(struct qc_txn *txn,
                                             uint32_t index);

/* Of an agent who logs in for the first time: LOGGED_OUT, not yet written. NULL
 * is a fault. */
Qc__State__PresenceRow *qc_presence_new(struct qc_txn *txn,
                                        const char *agent,
                                        uint32_t index);

/* A copy that stays as it is when the row is changed; NULL is a fault. */
Qc__State__PresenceRow *qc_presence_copy(struct qc_txn *txn,
                                         const Qc__State__PresenceRow *row);

/* Writes |row|, with a new rev, in the place of |was|. */
void qc_presence_put(struct qc_txn *txn,
                     const Qc__State__PresenceRow *was,
                     Qc__State__PresenceRow *row);

bool qc_presence_is_ready(const Qc__State__PresenceRow *row);
bool qc_presence_is_logged_in(const Qc__State__PresenceRow *row);

/* --- these change |row|, and write nothing of it --- */

/* Says |state| from now on, for |reason| (NOT_READY). */
void qc_presence_state(struct qc_txn *txn,
                       Qc__State__PresenceRow *row,
                       Qc__V1__PresenceState state,
                       const char *reason);

/* Adds a piece of work; false if there is no room. */
bool qc_presence_add_work(struct qc_txn *txn,
                          Qc__State__PresenceRow *row,
                          const Qc__V1__Work *work);

/* The piece that is |segment| of an interaction; NULL: there is none. It may be
 * changed. */
Qc__V1__Work *qc_presence_work(Qc__State__PresenceRow *row,
                               const char *interaction_id,
                               uint32_t segment);

/* The piece ends: from now on the agent is idle again, if it was the last. */
void qc_presence_end_work(struct qc_txn *txn,
                          Qc__State__PresenceRow *row,
                          const Qc__V1__Work *work);

/* The agent has handled something since |since_ms|, wrapping it up included. */
void qc_presence_handled(struct qc_txn *txn,
                         Qc__State__PresenceRow *row,
                         int64_t since_ms);

#endif
