/*
 * Interactions: one contact of a customer; here, a call (domain model B.12,
 * C.1).
 *
 *   NEW --> IDENTIFYING --right code--> QUEUED <--> OFFERED --> CONNECTED, HELD
 *    |           |                        |  ^                     |
 *    |           +-- too many wrong       |  +-- transferred ------+
 *    |           v   ones                 v                        v
 *    +--------> CLOSED <------------------+---------------------- WRAP
 *
 * Here is the row, and what is derived from it; routing.h has how it waits and
 * is offered, handling.h what follows.
 *
 * A call is known by what its connector calls it: connector and ext_ref lead to
 * it while it is live and, by a row, as long as it is remembered.
 *
 * All functions are about the tenant of the transaction. Rows live in the
 * arena.
 */
#ifndef QC_MACHINE_INTERACTION_H
#define QC_MACHINE_INTERACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "machine/roster.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

enum {
    QC_CONTEXT_OF_INTERACTION = 15, /* The field. */
};

#define QC_INTERACTION_PREFIX "ix_"

extern const struct qc_entity qc_interaction_entity;

/* NULL when there is none. */
Qc__State__InteractionRow *qc_interaction_get(struct qc_txn *txn, uint64_t id);
Qc__State__InteractionRow *qc_interaction_of_text(struct qc_txn *txn,
                                                  const char *text);
Qc__State__InteractionRow *qc_interaction_of_call(struct qc_txn *txn,
                                                  const char *connector,
                                                  const char *ext_ref);
uint64_t qc_interaction_id(const Qc__State__InteractionRow *row);

/* Whether it is one: from agent to agent, about the interaction parent_id. */
bool qc_interaction_is_consult(const Qc__State__InteractionRow *row);

/* The consult about |row| that is not over; NULL when there is none. */
Qc__State__InteractionRow *qc_interaction_consult(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row);

/* The one that a timer is of. */
Qc__State__InteractionRow *qc_interaction_of_object(struct qc_txn *txn,
                                                    struct qc_bytes object);

/* One that has just come, in state NEW: not yet written. NULL is a fault. */
Qc__State__InteractionRow *qc_interaction_new(
    struct qc_txn *txn,
    const Qc__V1__MatchCallRequest *request);

/* A copy that stays as it is when the row is changed; NULL is a fault. */
Qc__State__InteractionRow *qc_interaction_copy(
    struct qc_txn *txn,
    const Qc__State__InteractionRow *row);

/* Writes |row|, with a new rev, in the place of |was|: NULL, or what
 * qc_interaction_copy() gave before it was changed. */
void qc_interaction_put(struct qc_txn *txn,
                        const Qc__State__InteractionRow *was,
                        Qc__State__InteractionRow *row);

/* The next ones change |row|, and write nothing of it. */

/* Asks the caller for a code. */
void qc_interaction_identify(struct qc_txn *txn,
                             Qc__State__InteractionRow *row);

/* No right code came: another try, or the end. */
void qc_interaction_miss(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* It waits for no agent in particular any more. */
void qc_interaction_unhold(Qc__State__InteractionRow *row);

/* The customer has gone: the call of its visit ends, and that is written. */
void qc_interaction_hang_up(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Ends it, in whatever state; the call of its visit ends, too, and that is
 * written. */
void qc_interaction_close(struct qc_txn *txn,
                          Qc__State__InteractionRow *row,
                          Qc__V1__EndReason reason);

/* How many wait, in all queues together. Costs a look into an index. */
uint64_t qc_interactions_waiting(struct qc_txn *txn);
uint64_t qc_interactions_waiting_in(struct qc_txn *txn, const char *queue);

/* Who may take it: where nothing is said, every agent of its queue. */
const Qc__State__Route *qc_interaction_route(
    const Qc__State__InteractionRow *row);

/* As the roster is told of it; borrows from |row|. */
void qc_interaction_waiting(const Qc__State__InteractionRow *row,
                            struct qc_waiting *waiting_out);

/* How often the caller may still enter a code. */
uint32_t qc_interaction_attempts_left(struct qc_txn *txn,
                                      const Qc__State__InteractionRow *row);

/* What MatchCall says of it: as its row is now, so that who asks again is told
 * the same. */
Qc__V1__MatchResult qc_interaction_result(const Qc__State__InteractionRow *row);

#endif
