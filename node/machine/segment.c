#include "machine/segment.h"

#include <assert.h>
#include <string.h>

#include "machine/row.h"
#include "machine/store.h"

void qc_segment_begin(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__V1__Interaction *x = row->interaction;
    Qc__V1__Segment *segment = qc_row_new(txn, &qc__v1__segment__descriptor);
    Qc__V1__Segment **list =
        qc_row_append(txn, x->segments, x->n_segments, segment);

    assert(x->n_segments < QC_SEGMENTS_MAX);

    if (list == NULL) {
        return;
    }
    segment->n = (uint32_t)x->n_segments + 1;
    segment->queue = x->queue;
    segment->subject = x->subject;
    segment->enqueued_ms = txn->now_ms;
    segment->step = x->step;
    x->segments = list;
    x->n_segments++;
}

Qc__V1__Segment *qc_segment_last(const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;

    return x->n_segments > 0 ? x->segments[x->n_segments - 1] : NULL;
}

Qc__V1__Segment *qc_segment_of(const Qc__State__InteractionRow *row,
                               const char *agent)
{
    const Qc__V1__Interaction *x = row->interaction;

    for (size_t i = x->n_segments; i-- > 0;) {
        if (x->segments[i]->answered_ms != 0 &&
            strcmp(x->segments[i]->agent, agent) == 0) {
            return x->segments[i];
        }
    }
    return NULL;
}

void qc_segment_end(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    Qc__V1__SegmentResult result)
{
    Qc__V1__Segment *segment = qc_segment_last(row);

    if (segment == NULL || segment->ended_ms != 0) {
        return;
    }
    qc_segment_hold(txn, row, false);
    segment->ended_ms = txn->now_ms;
    segment->result = result;
    if (segment->answered_ms != 0) {
        segment->talk_ms =
            txn->now_ms - segment->answered_ms - segment->hold_ms;
    }
}

void qc_segment_hold(struct qc_txn *txn,
                     Qc__State__InteractionRow *row,
                     bool on_hold)
{
    Qc__V1__Segment *segment = qc_segment_last(row);

    if (on_hold) {
        row->held_ms = txn->now_ms;
    } else if (row->held_ms != 0 && segment != NULL) {
        segment->hold_ms += txn->now_ms - row->held_ms;
        row->held_ms = 0;
    }
}
