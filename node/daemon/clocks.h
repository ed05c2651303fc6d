/* The clocks and dice of this machine. */
#ifndef QC_DAEMON_CLOCKS_H
#define QC_DAEMON_CLOCKS_H

#include <stdint.h>

#include "daemon/stall.h"
#include "replica/replica.h"

/* As the replica and the edge want them. */
struct qc_clocks qc_clocks_of_this_machine(void);

/* The monotonic one of them; the same as libuv's, in milliseconds. */
int64_t qc_monotonic_ms(void);

/* Those of the loop's thread, of which a process has one. Where the kernel does
 * not tell how long a thread has waited for a processor, it is 0. */
struct qc_stall_clocks qc_clocks_of_loop(void);

#endif
