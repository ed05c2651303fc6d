/*
 * Segments: the handlings of an interaction, one after the other (domain model
 * B.12). A segment begins when its interaction begins to wait, goes on when an
 * offer comes to nothing, and ends with its agent, or with the interaction.
 *
 * These functions change |row|, which is a copy, and write nothing.
 */
#ifndef QC_MACHINE_SEGMENT_H
#define QC_MACHINE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

enum {
    QC_SEGMENTS_MAX = 64,
};

/* Begins the next one, in the interaction's queue. There are fewer than
 * QC_SEGMENTS_MAX. */
void qc_segment_begin(struct qc_txn *txn, Qc__State__InteractionRow *row);

/* The last one; there is one as soon as it has waited. */
Qc__V1__Segment *qc_segment_last(const Qc__State__InteractionRow *row);

/* The last one that |agent| has answered; NULL: none. */
Qc__V1__Segment *qc_segment_of(const Qc__State__InteractionRow *row,
                               const char *agent);

/* The last one ends with |result|; does nothing when there is none, or it has
 * ended. */
void qc_segment_end(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    Qc__V1__SegmentResult result);

/* The customer is put on hold, or spoken to again. */
void qc_segment_hold(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     bool on_hold);

#endif
