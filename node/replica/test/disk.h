/*
 * A disk in memory: what is durable, and what is queued after it. Test support;
 * never linked in.
 */
#ifndef QC_REPLICA_TEST_DISK_H
#define QC_REPLICA_TEST_DISK_H

#include <stdint.h>

#include "replica/replica.h"

struct qc_mem_disk;

struct qc_mem_disk *qc_mem_disk_new(void);
void qc_mem_disk_free(struct qc_mem_disk *mem);

/* Borrowed from |mem|. */
struct qc_disk qc_mem_disk_as_disk(struct qc_mem_disk *mem);

struct qc_replica_state qc_mem_disk_state(const struct qc_mem_disk *mem);

/* A checkpoint was installed: the log is empty and goes on after it. Durable,
 * and nothing waits any more. */
void qc_mem_disk_begin_after(struct qc_mem_disk *mem,
                             const Qc__Peer__Manifest *manifest);

/* How many appends wait. */
unsigned qc_mem_disk_n_queued(const struct qc_mem_disk *mem);

/* The first of them becomes durable: up to which index that was not cut since;
 * 0 when nothing of it is left. */
uint64_t qc_mem_disk_sync(struct qc_mem_disk *mem);

/* Loses what is not durable. */
void qc_mem_disk_crash(struct qc_mem_disk *mem);

/* Makes the |nth| operation from now on fail with QC_E_IO. 0: none. */
void qc_mem_disk_fail_at(struct qc_mem_disk *mem, unsigned nth);

#endif
