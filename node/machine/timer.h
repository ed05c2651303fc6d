/*
 * Timers: what is to happen later, in the log's time.
 *
 * A timer stands in the row of the object it belongs to; from these rows one
 * index over all tenants is derived, ordered by due time. Timers of things that
 * may be more than a million (the purge of what has ended) stand in rows of
 * their own instead, those that an entry writes together, of which the index
 * holds each tenant's next one (domain model 0.2 rule 3, and B).
 *
 * Every entry first fires what is due, up to a limit; when more is due, tenants
 * share (0.5). Because of that limit every guard tests its own deadline too. A
 * timer whose object is gone, or in a state without a row for it, is ignored.
 *
 * An object is named by what follows tenant and key space in the key of its
 * row (qc_key_object()): 8 bytes, big-endian, for an id; the text with its NUL
 * for a number; number and caller for a pair.
 */
#ifndef QC_MACHINE_TIMER_H
#define QC_MACHINE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "machine/entity.h"
#include "machine/key.h"
#include "quorumcall/state/v1/timer.pb-c.h"

struct qc_txn;

enum {
    /* An entry fires so many, and as many again as it has commands: what is
     * done makes timers, and who waits for the loop does not wait for a heap of
     * them. One takes some 25 us. */
    QC_TIMERS_ALONE = 16,
    QC_TIMERS_SINCE = 4,     /* The cluster version; */
    QC_TIMERS_BEFORE = 128,  /* and what an entry fires in older ones. */
    QC_TIMER_LATE_MS = 2000, /* After an outage: see |patient|. */
};

/* QC_TIMER(kind, NAME, patient, function): the kinds, in timer.def. A patient
 * one waits for somebody who could not be heard while there was no quorum; it
 * is re-armed once when it is found more than QC_TIMER_LATE_MS late. */
enum qc_timer_kind {
#define QC_TIMER(kind, name, patient, function) QC_TIMER_##name = (kind),
#include "machine/timer.def"
#undef QC_TIMER
};

/* What a timer of each kind does; each stands in the file of its entity. Its
 * object is of txn->tenant. The function takes the timer out of its row before
 * anything else: a timer that is still there afterwards is a fault, CORRUPT. (A
 * timer in a row of its own is gone already.) */
#define QC_TIMER(kind, name, patient, function) \
    void function(struct qc_txn *txn, struct qc_bytes object);
#include "machine/timer.def"
#undef QC_TIMER

/* Derives the index entry of |timer|, which belongs to the row of |key|, or
 * takes it away. A NULL timer has none. */
void qc_timer_derive(struct qc_txn *txn,
                     const struct qc_key *key,
                     const Qc__State__Timer *timer,
                     enum qc_derive how);

/* A timer in the arena, due at |due_ms|, with an id drawn now. NULL is a fault,
 * already remembered. */
Qc__State__Timer *qc_timer_new(struct qc_txn *txn,
                               enum qc_timer_kind kind,
                               int64_t due_ms,
                               int64_t period_ms);

/*
 * What a patient timer becomes that has just been fired: after an outage the
 * same one, due a full period from now, and its function must put it back into
 * the row and do nothing else. NULL when it has waited long enough.
 */
Qc__State__Timer *qc_timer_rearm(struct qc_txn *txn,
                                 const Qc__State__Timer *timer);

/* Writes a timer that is no part of its object's row, when the entry ends; it
 * is removed when it fires. */
void qc_timer_row_put(struct qc_txn *txn,
                      enum qc_timer_kind kind,
                      int64_t due_ms,
                      uint64_t object);

/* Derives the next one of the tenant's timers that are rows of their own. Once,
 * when the machine opens or verifies. */
void qc_timer_open(struct qc_txn *txn);

/* When the earliest timer of all is due; INT64_MAX when there is none. */
int64_t qc_timer_next_ms(struct qc_txn *txn);

/* Fires what is due at txn->now_ms, as far as an entry of |n_commands| may.
 * Sets txn->tenant for each. */
void qc_timer_fire_due(struct qc_txn *txn, size_t n_commands);

#endif
