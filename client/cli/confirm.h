/* Asks before something is done that cannot be taken back. */
#ifndef QC_CLI_CONFIRM_H
#define QC_CLI_CONFIRM_H

#include "base/error.h"
#include "cli/exit.h"
#include "cli/words.h"

/* OK when the user said --yes, or says so at his terminal. Else says on stderr
 * why nothing is done: USAGE when there is no terminal to ask at, FAILED when
 * he does not want it. |what| is a sentence without its full stop. */
QC_MUST_CHECK enum qc_exit qc_confirm(const struct qc_words *words,
                                      const char *what);

#endif
