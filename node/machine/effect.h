/*
 * Effects: what the world is to do, written down by transitions and done by
 * connectors (domain model B.27, C.8b).
 *
 *   PENDING --lease--> LEASED --ack--> DONE
 *    |  ^                |  |
 *    |  +-- may be tried +  +-- cancel --> CANCEL_REQUESTED
 *    |      again           |                 +-- ack --> DONE
 *    |                      |                 +-- else -> CANCELLED, UNKNOWN
 *    |                      +-- lease lost, of a kind that must not happen
 *    |                      |   twice ------> UNKNOWN
 *    |                      +-- failed too often, or for good --> DEAD
 *    +-- cancel --> CANCELLED
 *    +-- deadline -> EXPIRED
 *
 * The effects of one source are done in the order in which they were written:
 * one is leased only when all before it are over. So of each source only the
 * first that is not over stands in the index that leases are taken from, and no
 * lease ever looks at one that must wait.
 *
 * To add one costs a row, its place in the order of its source, its place among
 * the ready if it is the first there, and a timer if it has a deadline.
 *
 * All functions are about the tenant of the transaction. Rows live in the
 * arena.
 */
#ifndef QC_MACHINE_EFFECT_H
#define QC_MACHINE_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/effect.pb-c.h"

struct qc_context;
struct qc_txn;

enum {
    QC_EFFECT_ATTEMPTS_MAX = 20, /* No effect is leased more often. */
    QC_PAYLOAD_OF_EFFECT = 6,    /* The field. */
    QC_RESULT_OF_EFFECT = 12,
};

#define QC_EFFECT_PREFIX "ef_"

/* The last of the kinds. */
#define QC_EFFECT_KIND_MAX QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONFERENCE

extern const struct qc_entity qc_effect_entity;

/* What is wanted of the world. Texts are borrowed, and never NULL but where it
 * is said. */
struct qc_effect_wish {
    Qc__V1__EffectKind kind;
    const char *connector; /* The class it is for; NULL: any. */
    const char *source;    /* Id of what it belongs to; never empty. */
    const struct qc_context *payload; /* NULL: none. */
    int64_t not_before_ms;            /* 0: now. */
    int64_t deadline_ms;              /* 0: whenever. */
    const char *decision_id;          /* NULL: none. */
};

/* Writes an effect, to be done after all others of its source. Returns its id;
 * 0 is a fault. */
uint64_t qc_effect_add(struct qc_txn *txn, const struct qc_effect_wish *wish);

/* Takes back all that |source| still wants: what is PENDING is CANCELLED, of
 * what is LEASED the cancel is requested. */
void qc_effect_cancel_of(struct qc_txn *txn, const char *source);

/* Whether what |source| wants first is still to be begun: nobody has ever had
 * it. */
bool qc_effect_is_untouched(struct qc_txn *txn, const char *source);

/* NULL when there is none. */
Qc__State__EffectRow *qc_effect_get(struct qc_txn *txn, uint64_t id);
Qc__State__EffectRow *qc_effect_of_text(struct qc_txn *txn, const char *text);
uint64_t qc_effect_id(const Qc__State__EffectRow *row);

/* Whether it is in a state that it never leaves. */
bool qc_effect_is_over(const Qc__State__EffectRow *row);

/* The next ones change |row| and write it. */

/* Takes it back. Refuses: BAD_STATE when it is over, unless CANCELLED. */
QC_MUST_CHECK int qc_effect_cancel(struct qc_txn *txn,
                                   Qc__State__EffectRow *row);

/* |connector| has it for |lease_ms|. It is PENDING, and first of its source.
 * False, and it is EXPIRED, if its deadline has passed. */
bool qc_effect_lease(struct qc_txn *txn,
                     Qc__State__EffectRow *row,
                     const char *connector,
                     int64_t lease_ms);

/* Who has it says that it is done; or, if not |done|, that it has not happened,
 * and whether it may be tried again. |result| is what came of it. |*late_out|:
 * the lease was over; |result| is kept, and nothing else has changed. Refuses:
 * LEASE_LOST when |token| was never given. */
QC_MUST_CHECK int qc_effect_ack(struct qc_txn *txn,
                                Qc__State__EffectRow *row,
                                uint64_t token,
                                const struct qc_context *result,
                                bool *late_out);
QC_MUST_CHECK int qc_effect_nack(struct qc_txn *txn,
                                 Qc__State__EffectRow *row,
                                 uint64_t token,
                                 bool retryable,
                                 const struct qc_context *result,
                                 bool *late_out);

/* Who has it keeps it for |lease_ms| from now on. Refuses: LEASE_LOST. */
QC_MUST_CHECK int qc_effect_renew(struct qc_txn *txn,
                                  Qc__State__EffectRow *row,
                                  uint64_t token,
                                  int64_t lease_ms);

/* After how long a failed |attempt|, from 1, is tried again. */
int64_t qc_effect_backoff_ms(uint64_t id, uint32_t attempt);

#endif
