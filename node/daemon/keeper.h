/*
 * The keeper of checkpoints: what a replica wants done with them
 * (qc_checkpoints in replica.h), on a worker thread, one piece of work after
 * the other; parts are read for others beside that (outlet.h).
 *
 * An install is the one that must survive a kill at any point. The files have
 * been fetched; a worker verifies them, makes them the rows of the next
 * generation and opens those, indexes and all, beside the ones in use. Then the
 * log begins anew after the checkpoint and names that generation, in one
 * durable write: until it is done the old rows are this node's, and from then
 * on the new ones, which take the old ones' place in memory between two turns
 * of the loop. What is left of the old ones goes away on a worker.
 */
#ifndef QC_DAEMON_KEEPER_H
#define QC_DAEMON_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "replica/replica.h"

struct qc_backing;
struct qc_directory;
struct qc_keeper;

/* Everything is borrowed for as long as it lives. */
struct qc_keeper_options {
    uv_loop_t *loop;
    struct qc_backing *backing; /* Log and rows are open. */
    const struct qc_directory *directory;
    const char *cluster_id;
    /* As qc_replica_checkpoint_taken() and qc_replica_installed(). */
    int (*taken)(void *ctx, const Qc__Peer__Manifest *manifest);
    int (*installed)(void *ctx, bool good);
    void (*fault)(void *ctx, int fault);
    /* |text| is an event, in logfmt. */
    void (*notice)(void *ctx, enum qc_notice notice, const char *text);
    void *ctx;
};

/* Gives; NULL when memory is short. */
struct qc_keeper *qc_keeper_new(const struct qc_keeper_options *options);

/* Begins nothing any more, and tells nobody anything but that a part which was
 * to be read is dropped. What is under way ends on the loop, which has to run
 * until it is empty. */
void qc_keeper_stop(struct qc_keeper *keeper);

/* Once the loop is empty. */
void qc_keeper_free(struct qc_keeper *keeper);

/* What to give the replica. */
struct qc_checkpoints qc_keeper_checkpoints(struct qc_keeper *keeper);

/* Whether checkpoint |index| is here, whole. */
bool qc_keeper_has(const struct qc_keeper *keeper, uint64_t index);

/* The log has been polled: goes on with an install that waited for it. */
QC_MUST_CHECK int qc_keeper_poll(struct qc_keeper *keeper);

#endif
