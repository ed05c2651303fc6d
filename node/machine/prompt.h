/*
 * Prompts: what a connector is to do with a call now (interaction.proto).
 *
 * They follow from the interaction's row, so that a connector that asks again
 * is told the same again.
 */
#ifndef QC_MACHINE_PROMPT_H
#define QC_MACHINE_PROMPT_H

#include <stddef.h>

#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/interaction.pb-c.h"

struct qc_txn;

/* Gives how many there are, 0 to 2, and a list of them in the arena. */
size_t qc_prompts(struct qc_txn *txn,
                  const Qc__State__InteractionRow *row,
                  Qc__V1__Prompt ***prompts_out);

#endif
