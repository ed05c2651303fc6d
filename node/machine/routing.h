/*
 * Routing: from waiting to being offered (domain model C.1, D.1 to D.3).
 *
 * Whoever changes an interaction that waits, or may wait, writes it by
 * qc_routing_put(), which first asks the roster for an agent; whoever makes an
 * agent able to take something ends with qc_routing_feed(). So after each of
 * them nothing waits for somebody who could take it.
 */
#ifndef QC_MACHINE_ROUTING_H
#define QC_MACHINE_ROUTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/decision.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/presence.pb-c.h"
#include "quorumcall/state/v1/subject.pb-c.h"

struct qc_txn;

enum {
    QC_EXCLUSION_MS = 30 * 1000, /* Of an agent who did not take it. */
    /* Made by one entry: one for each of its commands and timers, and more. */
    QC_OFFERS_MAX = 1024,
    /* Held for an agent who goes; the rest wait until their time is over. */
    QC_RELEASED_MAX = 128,
};

/* What asks to wait. */
struct qc_newcomer {
    const Qc__State__SubjectRow *subject; /* NULL has no route. */
    const char *queue; /* Which may be unknown; "": the subject's own. */
    Qc__V1__Media media;
    Qc__State__Route *route; /* NULL: by the subject's steps. */
};

/* Why |newcomer| may not wait: NO_ROUTE, OUT_OF_HOURS, REJECTED_FULL or
 * NO_AGENTS; UNSPECIFIED when it may. */
Qc__V1__EndReason qc_routing_bar(struct qc_txn *txn,
                                 const struct qc_newcomer *newcomer);

/* What becomes of |subject|'s that is barred: where there is no room, or nobody
 * is there, it goes to the number outside if there is one. */
Qc__V1__EndReason qc_routing_turn_away(const Qc__State__SubjectRow *subject,
                                       Qc__V1__EndReason bar);

/* qc_routing_bar() as an answer. Refuses: SUBJECT_UNKNOWN, QUEUE_UNKNOWN,
 * OUT_OF_HOURS, QUEUE_FULL, NO_AGENTS. */
QC_MUST_CHECK int qc_routing_admit(struct qc_txn *txn,
                                   const struct qc_newcomer *newcomer);

/* Lets |row| wait for |subject|, which is not barred, in |queue|, by the steps
 * of |route|; "" and NULL: the subject's own. At its first step, in a segment
 * of its own. Writes nothing. */
void qc_routing_enqueue(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        const Qc__State__SubjectRow *subject,
                        const char *queue,
                        Qc__State__Route *route);

/* Adds |delta| to what its subject says of its priority, as far as that may be.
 * Writes nothing. */
void qc_routing_prefer(Qc__State__InteractionRow *row, int32_t delta);

/* Begins the steps of |row->route| anew. Writes nothing. */
void qc_routing_begin_steps(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Its priority follows from its status. Writes nothing. */
void qc_routing_rank(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Writes |row| in the place of |was|; if it is QUEUED, what is overdue happens
 * first, and then it is offered to the best agent, if there is one. */
void qc_routing_put(struct qc_txn *txn,
                    const Qc__State__InteractionRow *was,
                    Qc__State__InteractionRow *row);

/* Whom |row| is to be offered to now; or that it is held for an agent, which
 * changes |row|. Writes nothing. */
void qc_routing_look(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     struct qc_finding *finding_out);

/* The same, whoever had its customer last: of those whom it waits for. */
void qc_routing_compare(struct qc_txn *txn,
                        Qc__State__InteractionRow *row,
                        struct qc_finding *finding_out);

/* The place of |row| among those that wait in its queue for the same agents,
 * from 1; 0 when it does not wait. */
uint64_t qc_routing_position(struct qc_txn *txn,
                             const Qc__State__InteractionRow *row);

/* Offers |agent| what he can take, the first first, until he is full or nothing
 * is left; the rest later, if the entry has made very many offers. */
void qc_routing_feed(struct qc_txn *txn, const char *agent);

/* Offers what the agent of the index |agent| could take to whom each of it
 * suits best, until nothing is left for him. False: the entry has made
 * |max_offers| before. */
bool qc_routing_ask(struct qc_txn *txn, uint32_t agent, uint32_t max_offers);

/* An offer ends without having been taken: |row| is QUEUED again, with its age.
 * Writes nothing, and leaves the agent's work to the caller. */
void qc_routing_take_back(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Takes back all offers of |presence|, which is written, and lets them wait
 * again, without a stain. */
void qc_routing_withdraw(struct qc_txn *txn, const char *agent);

/* |agent| can be kept free no more for the call that wants it: another one is.
 * For whoever changes an agent's state or abilities. */
void qc_routing_drain_another(struct qc_txn *txn, const char *agent);

/* The interaction that the agent of the index |agent| is kept free for; 0:
 * none. */
uint64_t qc_routing_drains_for(struct qc_txn *txn, uint32_t agent);

/* |agent| has gone: what is held for them waits for all who can take it. */
void qc_routing_release(struct qc_txn *txn, const char *agent);

/* For tests and verification: NULL unless |row| waits while an agent who could
 * take it is ready, and will not be asked at once (rematch.h). */
const char *qc_routing_verify(struct qc_txn *txn,
                              const Qc__State__InteractionRow *row);

#endif
