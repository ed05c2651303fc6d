/*
 * The gate: whether a way to be in touch is offered now (domain model D.4). It
 * is open while its queue takes something, and, where the subject has a
 * threshold for the medium, while somebody is there who could take it and the
 * estimate of the wait is not above.
 */
#ifndef QC_MACHINE_GATE_H
#define QC_MACHINE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/estimate.h"
#include "quorumcall/v1/wait.pb-c.h"

struct qc_txn;

/* What it is held against. */
struct qc_gate {
    Qc__V1__Unavailable why; /* UNSPECIFIED: it is open. */
    bool gated;              /* There is a threshold, */
    int64_t threshold_ms;    /* which is this. */
    int64_t until_ms;        /* Its queue is as open, or as closed, until then;
                              * 0: for ever. */
    struct qc_estimate estimate;
};

/* About |subject| and |media|, by |route| instead of the subject's steps unless
 * that is NULL. Writes nothing. */
void qc_gate_judge(struct qc_txn *txn,
                   const Qc__State__SubjectRow *subject,
                   Qc__V1__Media media,
                   Qc__State__Route *route,
                   struct qc_gate *gate_out);

/* Whether a gate that was judged to be open would stay shut for whoever shows
 * it as shut: it opens at nine tenths of the threshold. */
bool qc_gate_stays_shut(const struct qc_gate *gate);

/* |estimate| as it is told, in the arena; NULL where nobody can tell, and on a
 * fault. */
Qc__V1__WaitEstimate *qc_gate_show(struct qc_txn *txn,
                                   const Qc__State__SubjectRow *subject,
                                   const struct qc_estimate *estimate);

/* How long |row| may wait, as it is told; NULL: it does not wait, or nobody can
 * tell. */
Qc__V1__WaitEstimate *qc_gate_wait_of(struct qc_txn *txn,
                                      const Qc__State__InteractionRow *row);

#endif
