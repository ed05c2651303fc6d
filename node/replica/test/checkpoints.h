/*
 * Checkpoints in memory: of a fake machine, in several files, one of them of
 * several parts. Test support; never linked in.
 *
 * What takes long takes until the test says so: a checkpoint is captured at
 * some moment between its begin and its end, and an installation either has
 * happened or has not, whenever the process dies.
 */
#ifndef QC_REPLICA_TEST_CHECKPOINTS_H
#define QC_REPLICA_TEST_CHECKPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/replica.h"
#include "replica/test/disk.h"
#include "replica/test/fake_machine.h"

struct qc_mem_checkpoints;

struct qc_mem_checkpoints *qc_mem_checkpoints_new(
    struct qc_fake_machine *machine,
    struct qc_mem_disk *disk);
void qc_mem_checkpoints_free(struct qc_mem_checkpoints *mem);

/* Borrowed from |mem|. */
struct qc_checkpoints qc_mem_checkpoints_as_checkpoints(
    struct qc_mem_checkpoints *mem);

/* Whether the one of |index| is here. */
bool qc_mem_checkpoints_has(const struct qc_mem_checkpoints *mem,
                            uint64_t index);

/* Whether parts are being read. */
bool qc_mem_checkpoints_is_reading(const struct qc_mem_checkpoints *mem);

/* The first of them is read: 0, or the fault of who asked for it. */
QC_MUST_CHECK int qc_mem_checkpoints_read(struct qc_mem_checkpoints *mem);

/* Whether one is being taken, or installed. */
bool qc_mem_checkpoints_is_taking(const struct qc_mem_checkpoints *mem);
bool qc_mem_checkpoints_is_installing(const struct qc_mem_checkpoints *mem);

/* The one that is being taken holds the rows as they are now. */
void qc_mem_checkpoints_capture(struct qc_mem_checkpoints *mem);

/* It is there: its manifest, borrowed. Captured now, if it was not before. */
const Qc__Peer__Manifest *qc_mem_checkpoints_finish(
    struct qc_mem_checkpoints *mem);

/* What was fetched is verified and becomes the rows, the log with it. */
bool qc_mem_checkpoints_install(struct qc_mem_checkpoints *mem);

/* What is fetched from now on does not verify, so many times. */
void qc_mem_checkpoints_spoil(struct qc_mem_checkpoints *mem, unsigned times);

/* All that are kept are lost. */
void qc_mem_checkpoints_lose(struct qc_mem_checkpoints *mem);

/* All that are kept are damaged, in a byte of each. */
void qc_mem_checkpoints_damage(struct qc_mem_checkpoints *mem);

/* The process dies: of what was fetched, so many bytes are lost. */
void qc_mem_checkpoints_crash(struct qc_mem_checkpoints *mem, uint64_t lost);
uint64_t qc_mem_checkpoints_fetched(const struct qc_mem_checkpoints *mem);

/* How many were begun to be fetched, in the middle of their bytes. */
unsigned qc_mem_checkpoints_n_resumed(const struct qc_mem_checkpoints *mem);

#endif
