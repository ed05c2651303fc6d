/* What handling is made of: for handling.c, which has its states, wrap_up.c,
 * which has what follows when the customer has gone, and consult.c. */
#ifndef QC_MACHINE_HANDLING_PARTS_H
#define QC_MACHINE_HANDLING_PARTS_H

#include "machine/handling.h"

/* The agent of |row| has it, in its last segment, from now on. Changes |row|.
 */
void qc_handling_take(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* Nobody had it, and it is over; who was asked is free again. Writes |row|. */
void qc_handling_end_waiting(struct qc_txn *txn,
                             Qc__State__InteractionRow *row,
                             Qc__V1__EndReason reason);

/* Ends a piece of the agent's work, |segment| of |row|, and writes that. */
void qc_handling_end_work(struct qc_txn *txn,
                          const Qc__State__InteractionRow *row,
                          const char *agent,
                          uint32_t segment);

/* The last segment is over for the customer; its agent, if there is one, wraps
 * up. Changes |row|, and writes the agent's presence. Gives whether he does. */
bool qc_handling_end_segment(struct qc_txn *txn,
                             Qc__State__InteractionRow *row,
                             Qc__V1__SegmentResult result);

/* The agent of |segment| does not wrap it up; what is due is not there. */
void qc_handling_skip_wrap_up(struct qc_txn *txn, Qc__V1__Segment *segment);

/* The agent of the last segment begins to wrap it up; false: there is nothing
 * to wrap up, and what is due is not there. Changes |row|. */
bool qc_handling_begin_wrap_up(struct qc_txn *txn,
                               Qc__State__InteractionRow *row);

#endif
