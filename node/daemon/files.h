/*
 * How many files this process may hold open: rows, log, and connections.
 *
 * A node that can open no file any more cannot write its log's floor, and
 * stops. So callers must not be able to take all of them.
 */
#ifndef QC_DAEMON_FILES_H
#define QC_DAEMON_FILES_H

#include <stdint.h>

/* Raises this process's limit as far as it may. Returns it; 0: not known. */
uint64_t qc_files_raise(void);

/* How many connections, at most |wanted|, leave enough for all else under a
 * limit of |files|; at least 1. */
uint32_t qc_files_connections(uint64_t files, uint32_t wanted);

#endif
