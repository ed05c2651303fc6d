/* Waiting for something that nobody tells of. */
#ifndef QC_CLI_PATIENCE_H
#define QC_CLI_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Of a clock that only runs forward. */
int64_t qc_patience_now_ms(void);

/* Sleeps for |pause_ms|; false, at once, when |deadline_ms| would be over
 * then. */
QC_MUST_CHECK bool qc_patience_pause(int64_t deadline_ms, int64_t pause_ms);

#endif
