#include "machine/announce.h"

#include "machine/estimate.h"
#include "machine/gate.h"
#include "machine/queue.h"
#include "machine/roster.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/voice.h"

/* 0: they are told nothing. */
static int64_t interval_ms(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const Qc__State__QueueRow *queue = qc_queue_get(txn, x->queue);

    return queue != NULL && queue->queue->announce_position &&
                   qc_media_is_voice(x->media)
               ? queue->queue->announce_interval_ms
               : 0;
}

void qc_announce_begin(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    row->announce_at_ms =
        interval_ms(txn, row->interaction) > 0 ? txn->now_ms : 0;
}

void qc_announce(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, x->subject);
    const Qc__V1__WaitEstimate *wait;
    struct qc_estimate estimate;
    int64_t next_ms;

    if (row->announce_at_ms == 0 || row->announce_at_ms > txn->now_ms ||
        subject == NULL) {
        return;
    }
    next_ms = interval_ms(txn, x);
    row->announce_at_ms = next_ms > 0 ? txn->now_ms + next_ms : 0;
    if (next_ms > 0) {
        qc_estimate(txn, row, &estimate);
        wait = qc_gate_show(txn, subject, &estimate);
        qc_voice_announce(txn, row, estimate.position,
                          wait != NULL ? wait->shown_ms : 0);
    }
}
