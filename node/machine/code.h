/*
 * Access codes: how they are drawn (domain model D.15).
 *
 * A code is a few digits, so it can be guessed. It is drawn from the entry's
 * entropy; live codes never fill more than 1 % of their space; and wrong ones
 * are counted (wrong_code.h).
 */
#ifndef QC_MACHINE_CODE_H
#define QC_MACHINE_CODE_H

#include <stdint.h>

#include "base/error.h"

struct qc_txn;

/* Draws |length| digits, 4 to 10, that no visit has on |number|, live or at
 * rest, and that nobody would try first. The text lives in the arena.
 * Refuses: CODE_SPACE. */
QC_MUST_CHECK int qc_code_draw(struct qc_txn *txn,
                               const char *number,
                               uint32_t length,
                               const char **code_out);

#endif
