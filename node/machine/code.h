/*
 * Access codes: how they are drawn, and how wrong ones are counted.
 *
 * A code is a few digits, so it can be guessed. Three things keep guesses
 * rare: codes are drawn from the entry's entropy, live codes never fill more
 * than 1 % of their space, and wrong ones are counted for each access number
 * (six spans of 10 s) and for each caller on it (for an hour). Domain model
 * C.2 "Codes", D.15.
 */
#ifndef QC_MACHINE_CODE_H
#define QC_MACHINE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct qc_txn;

enum {
    QC_CODE_LENGTH_MIN = 4,
    QC_CODE_LENGTH_MAX = 10,
};

/* Draws |length| digits that no visit has on |number|, live or resting, and
 * that nobody would try first. The text lives in the arena.
 * Refuses: CODE_SPACE. */
QC_MUST_CHECK int qc_code_draw(struct qc_txn *txn,
                               const char *number,
                               uint32_t length,
                               const char **code_out);

/* Whether there were more than 30 wrong codes on |number| in the last 60 s:
 * then a code counts only from the phone of its visit. */
bool qc_code_number_guarded(struct qc_txn *txn, const char *number);

/* Whether |ani| has entered 10 wrong codes on |number| within an hour, less
 * than an hour ago: then none of its codes counts. */
bool qc_code_caller_blocked(struct qc_txn *txn,
                            const char *number,
                            const char *ani);

/* Counts a wrong code. |ani| may be "": withheld, and so nobody's. */
void qc_code_count_wrong(struct qc_txn *txn,
                         const char *number,
                         const char *ani);

/* T:codefail. |object| names the row of one caller on one number. */
void qc_codefail_purge(struct qc_txn *txn, struct qc_bytes object);

/* Of all rows of the tenant: derives the timers; checks the counts. */
void qc_codefail_open(struct qc_txn *txn);
void qc_codefail_verify(struct qc_txn *txn);

#endif
