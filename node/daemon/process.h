/* This process, as the kernel counts it. */
#ifndef QC_DAEMON_PROCESS_H
#define QC_DAEMON_PROCESS_H

#include <stdint.h>

/* What is not known is 0. */
struct qc_process {
    uint64_t cpu_us;
    uint64_t resident_size; /* In bytes. */
    uint64_t open_files;
    uint64_t open_files_max;
    uint64_t started_us; /* Since 1970. */
};

/* Has malloc() keep what is freed for later. To be called first.
 *
 * Whoever asks the kernel for memory waits for its lock on the address space,
 * and while a thread of RocksDB gives megabytes back, a loop that did so stood
 * still for up to 142 ms. */
void qc_process_keep_memory(void);

void qc_process_read(struct qc_process *process_out);

#endif
