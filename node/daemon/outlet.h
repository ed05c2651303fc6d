/*
 * Parts of checkpoints that others have asked for, read on a worker thread: the
 * loop must not wait for a disk. They wait in the order in which they were
 * asked for, beside what the keeper does, which may take seconds.
 */
#ifndef QC_DAEMON_OUTLET_H
#define QC_DAEMON_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "replica/fetch.h"
#include "replica/replica.h"

struct qc_stall;

enum {
    QC_OUTLET_PART_SIZE_MAX = 1024 * 1024,
    QC_OUTLET_SIZE = QC_OUTLET_PART_SIZE_MAX, /* Of what is read at a time. */
    /* That wait: what all peers may have asked for. */
    QC_OUTLET_READINGS_MAX = QC_SERVERS_MAX * QC_FETCH_PARTS_MAX,
};

/* Everything is borrowed for as long as it lives. */
struct qc_outlet_options {
    uv_loop_t *loop;
    const char *path;       /* Of the checkpoints. */
    struct qc_stall *stall; /* NULL: nobody looks. */
    void (*fault)(void *ctx, int fault);
    void *ctx;
};

/* A part that is being read, and what came of it. */
struct qc_outlet_part {
    struct qc_part_reading *reading;
    uint8_t *data;
    size_t size;
    int r; /* As qc_checkpoint_read(). */
};

struct qc_outlet {
    struct qc_outlet_options options;
    bool stopping;
    struct qc_part_readings waiting;
    size_t n_waiting;
    uv_work_t work;
    struct qc_outlet_part parts[QC_FETCH_PARTS_MAX]; /* The worker's, */
    size_t n_parts;                                  /* if there are any. */
    uint8_t data[QC_OUTLET_SIZE];
};

void qc_outlet_init(struct qc_outlet *outlet,
                    const struct qc_outlet_options *options);

/* As qc_checkpoints.read. False also for more than QC_OUTLET_PART_SIZE_MAX, and
 * once it was stopped. */
bool qc_outlet_add(struct qc_outlet *outlet, struct qc_part_reading *reading);

/* What waits is dropped. What is being read ends on the loop, which has to run
 * until it is empty, and is dropped too. */
void qc_outlet_stop(struct qc_outlet *outlet);

#endif
