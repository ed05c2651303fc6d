/*
 * The test's own program once more, as another process, to be killed.
 *
 * It is executed anew, not only forked: RocksDB's threads do not survive a
 * fork. main() looks at its arguments: role and path.
 */
#ifndef QC_STORAGE_TEST_CHILD_H
#define QC_STORAGE_TEST_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct qc_child {
    pid_t pid;
    int out; /* What it writes to its standard output. */
};

void qc_child_start(struct qc_child *child, const char *role, const char *path);

/* Reads one record of |size| bytes; 0 at the end, else 1. */
int qc_child_read(const struct qc_child *child, void *record, size_t size);

/* Kills it after |after_us|, at once when 0, by SIGKILL. */
void qc_child_kill(const struct qc_child *child, unsigned after_us);

/* Waits for its end. Returns its exit status; -1 when it was killed. */
int qc_child_end(struct qc_child *child);

#endif
