/* Processor time of other processes, as the kernel counts it. */
#ifndef QC_BENCH_PROCESSOR_TIME_H
#define QC_BENCH_PROCESSOR_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Adds up what the processes of |pids|, "12,34", have used so far, in user and
 * kernel. False when one of them is not there. */
QC_MUST_CHECK bool qc_processor_time(const char *pids, uint64_t *us_out);

#endif
