/*
 * Estimates of the wait (domain model D.4): how many are served before, how
 * long each takes, how many agents serve them and how much of their time this
 * queue has; corrected by how good the last estimates were.
 *
 * All functions are about the tenant of the transaction, and write nothing.
 */
#ifndef QC_MACHINE_ESTIMATE_H
#define QC_MACHINE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/subject.pb-c.h"

struct qc_txn;
struct qc_waiting;

struct qc_estimate {
    bool known;        /* Somebody is there who could take it. */
    int64_t ewt_ms;    /* Then: how long, at most a day. */
    uint64_t position; /* From 1. */
    uint32_t ready;    /* Agents who could take it now, at some step. */
    uint32_t active;   /* Agents of its steps who are there: READY, with or
                        * without work. */
};

/* Of |row|, which waits or is about to. Nothing is known on a fault. */
void qc_estimate(struct qc_txn *txn,
                 const Qc__State__InteractionRow *row,
                 struct qc_estimate *estimate_out);

/* As what one that came now would wait, with |subject| and |media|; |route| is
 * in the place of the subject's steps unless it is NULL. */
void qc_estimate_place(const struct qc_txn *txn,
                       const Qc__State__SubjectRow *subject,
                       Qc__V1__Media media,
                       Qc__State__Route *route,
                       struct qc_waiting *waiting_out);

/* Of one that came now, with |subject| and |media|; |route| is in the place of
 * the subject's steps unless it is NULL. */
void qc_estimate_newcomer(struct qc_txn *txn,
                          const Qc__State__SubjectRow *subject,
                          Qc__V1__Media media,
                          Qc__State__Route *route,
                          struct qc_estimate *estimate_out);

#endif
