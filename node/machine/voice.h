/*
 * Voice: what the telephone connector of a call is to do about it, written as
 * effects (effect.h). Of other media nothing is wanted: their desktops are told
 * by the presence of their agents.
 *
 * What belongs to an offer has the offer as its source, and what callers are
 * told of their wait a source of its own, so that they hold up nothing of the
 * call; all else has the interaction.
 */
#ifndef QC_MACHINE_VOICE_H
#define QC_MACHINE_VOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "quorumcall/state/v1/interaction.pb-c.h"

struct qc_txn;

/* Rings the agent's telephone: |row| is OFFERED. */
void qc_voice_ring(struct qc_txn *txn, const Qc__State__InteractionRow *row);

/* Lets it ring no more: |row| is still OFFERED. */
void qc_voice_stop_ringing(struct qc_txn *txn,
                           const Qc__State__InteractionRow *row);

/* Whether the agent can have noticed that |row| is offered, which it is: not
 * where his telephone should ring, and no connector has ever taken that up. */
bool qc_voice_is_noticed(struct qc_txn *txn,
                         const Qc__State__InteractionRow *row);

/* Connects caller and agent: |row| is CONNECTED. Of a consult: its agent and
 * the one who asks, while the caller waits; within 10 seconds, or not at all.
 */
void qc_voice_bridge(struct qc_txn *txn, const Qc__State__InteractionRow *row);

/* Connects the caller of |row| with the agent of |consult|, who has it now, and
 * nobody else. */
void qc_voice_hand_over(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row,
                        const Qc__State__InteractionRow *consult);

/* Connects the caller with both agents of |consult|; within 10 seconds, or not
 * at all. */
void qc_voice_join(struct qc_txn *txn,
                   const Qc__State__InteractionRow *consult);

/* Lets the customer wait, or speak with the agent again: |row| is CONNECTED or
 * HELD. Done within 10 seconds, or not at all. */
void qc_voice_hold(struct qc_txn *txn,
                   const Qc__State__InteractionRow *row,
                   bool held);

/* The machine has ended it by itself, and the caller is still there: plays
 * |prompt| ("": nothing) and disconnects. */
void qc_voice_end(struct qc_txn *txn,
                  const Qc__State__InteractionRow *row,
                  const char *prompt);

/* Tells the caller that they are the |position|th, and that it takes |wait_ms|
 * (0: nobody can tell). Now, or not at all; and in the place of what was to be
 * told before. */
void qc_voice_announce(struct qc_txn *txn,
                       const Qc__State__InteractionRow *row,
                       uint64_t position,
                       int64_t wait_ms);

/* What was still to be told is not. */
void qc_voice_stop_announcing(struct qc_txn *txn,
                              const Qc__State__InteractionRow *row);

/* Sends the caller to |number|, without context. */
void qc_voice_send_out(struct qc_txn *txn,
                       const Qc__State__InteractionRow *row,
                       const char *number);

/* The caller has gone, or his agent: what was still to be done for them is not.
 */
void qc_voice_forget(struct qc_txn *txn, const Qc__State__InteractionRow *row);

#endif
