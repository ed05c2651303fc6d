/* What a replica stands on: the log as its disk, the machine as what it drives.
 */
#ifndef QC_DAEMON_BACKING_H
#define QC_DAEMON_BACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "command/hashes.h"
#include "machine/machine.h"
#include "replica/replica.h"

struct qc_log;
struct qc_rows;
struct qc_stall;

struct qc_backing {
    uint64_t node_id;
    struct qc_stall *stall; /* Told what the loop does; may be NULL. */
    struct qc_log *log;     /* NULL while it is not open. */
    struct qc_rows *rows;   /* NULL while they are not open. */
    bool machine_open;
    struct qc_machine machine;
    struct qc_hashes hashes; /* Of what has been applied since the start. */
    struct qc_arena wanted;  /* What was lent last. */
};

/* Both borrow |backing| for as long as the replica lives. */
struct qc_disk qc_backing_disk(struct qc_backing *backing);
struct qc_applier qc_backing_applier(struct qc_backing *backing);

/* Closes what is open of the rows. */
void qc_backing_close(struct qc_backing *backing);

#endif
