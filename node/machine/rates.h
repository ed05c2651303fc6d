/*
 * Rates: what came of what waited in the last hour, of each queue and of each
 * subject, by medium (domain model D.5).
 *
 * An interaction counts once as offered, and once as answered or abandoned,
 * where its first segment waited; what is passed on counts apart. Each five
 * minutes are a row, in the place of those of an hour before.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_RATES_H
#define QC_MACHINE_RATES_H

#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/rates.pb-c.h"

struct qc_txn;

/* Whose. These stand in keys. */
enum qc_rates_of {
    QC_RATES_OF_QUEUE = 1,
    QC_RATES_OF_SUBJECT = 2,
};

/* Counts what happened by writing |row| in the place of |was| (NULL: it is
 * new). */
void qc_rates_follow(struct qc_txn *txn,
                     const Qc__State__InteractionRow *was,
                     const Qc__State__InteractionRow *row);

/* The agent of |segment| is done with it. */
void qc_rates_handled(struct qc_txn *txn,
                      const Qc__V1__Segment *segment,
                      Qc__V1__Media media);

/* The sums of the last hour; slot_ms is when it began. */
Qc__State__RatesRow qc_rates_sum(struct qc_txn *txn,
                                 enum qc_rates_of of,
                                 const char *key,
                                 Qc__V1__Media media);

#endif
