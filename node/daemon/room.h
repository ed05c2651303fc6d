/*
 * Room on the disk of the data directory, looked at each second.
 *
 * Below the reserve a node takes no more writes, while it can still stop, start
 * and be mended; below a quarter of it the reserve file is given up, so that
 * what must be written (term, vote, the log of others' entries) finds room.
 * What was lost of room must come back with something over before it counts:
 * else a node would change its mind with each file that RocksDB removes.
 */
#ifndef QC_DAEMON_ROOM_H
#define QC_DAEMON_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "replica/replica.h"

/* What |room| becomes when |free_size| bytes are free. */
enum qc_room qc_room_next(enum qc_room room,
                          uint64_t free_size,
                          uint64_t reserve_size);

struct qc_room_options {
    uv_loop_t *loop;
    const char *data_dir; /* Borrowed, as all here. */
    const char *reserve;  /* Path of the reserve file. */
    uint64_t reserve_size;
    /* It has changed; for the log, |text| says how much is free, in logfmt. */
    void (*changed)(void *ctx, enum qc_room room, const char *text);
    void *ctx;
};

struct qc_room_watch {
    struct qc_room_options options;
    enum qc_room room;
    bool exists;   /* The reserve file, which a kill may have left short, */
    bool reserved; /* and is whole. */
    uv_work_t making;
    bool is_making;
    int made; /* What came of it. */
};

/* Looks for the first time. */
void qc_room_open(struct qc_room_watch *watch,
                  const struct qc_room_options *options);

/* Looks again. */
void qc_room_look(struct qc_room_watch *watch);

#endif
