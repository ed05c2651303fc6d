/* The clocks and dice of this machine. */
#ifndef QC_DAEMON_CLOCKS_H
#define QC_DAEMON_CLOCKS_H

#include <stdint.h>

#include "replica/replica.h"

/* As the replica and the edge want them. */
struct qc_clocks qc_clocks_of_this_machine(void);

/* The monotonic one of them; the same as libuv's, in milliseconds. */
int64_t qc_monotonic_ms(void);

#endif
