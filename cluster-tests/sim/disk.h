/*
 * A node's log on disk: what is durable, and writes that are not yet.
 *
 * A write becomes durable as a whole, in order, when its time has come. A crash
 * keeps some of the writes that wait, from the first on, and of the next one
 * some of its entries; what is torn is found by its checksum and is not there.
 */
#ifndef QC_SIM_DISK_H
#define QC_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replica/replica.h"

struct sim_disk;
struct sim_random;

struct sim_disk *sim_disk_new(void);
void sim_disk_free(struct sim_disk *disk);
struct qc_disk sim_disk_as_disk(struct sim_disk *disk);

/* What a process finds there. The manifest lives until |arena| ends. */
struct qc_replica_state sim_disk_state(const struct sim_disk *disk,
                                       struct qc_arena *arena);

/* Writes that wait. */
size_t sim_disk_n_pending(const struct sim_disk *disk);

/* How many writes were ever queued. */
uint64_t sim_disk_n_queued(const struct sim_disk *disk);

/* The first one becomes durable, or fails: QC_E_IO. Otherwise |index_out| is
 * the highest index of it that the log still holds, 0: none. */
QC_MUST_CHECK int sim_disk_sync(struct sim_disk *disk, uint64_t *index_out);

void sim_disk_crash(struct sim_disk *disk, struct sim_random *random);

/* The |nth| operation from now on fails. 0: none. */
void sim_disk_fail_at(struct sim_disk *disk, unsigned nth);

/* Whether one has failed since the process began; that is forgotten by
 * sim_disk_state(). */
bool sim_disk_has_failed(const struct sim_disk *disk);

/* The newest manifest that is durable; empty: there is none. Borrowed. */
struct qc_bytes sim_disk_manifest(const struct sim_disk *disk);

/* The checkpoint of |index| takes the place of all entries: durable at once. */
void sim_disk_install(struct sim_disk *disk,
                      struct qc_bytes manifest,
                      uint64_t index);

/* Digest of the entry |index| in the log, or of what is durable of it; 0: it is
 * not there. */
uint64_t sim_disk_digest(const struct sim_disk *disk, uint64_t index);
uint64_t sim_disk_durable_digest(const struct sim_disk *disk, uint64_t index);

/* The last entry of the log; 0: there is none. */
uint64_t sim_disk_last(const struct sim_disk *disk);

/* Of what is durable: entries up to it were dropped for a checkpoint. */
uint64_t sim_disk_durable_base(const struct sim_disk *disk);

/* Borrowed; NULL when the log does not hold it. */
const struct qc_log_entry *sim_disk_entry(const struct sim_disk *disk,
                                          uint64_t index);

#endif
