/*
 * How long the loop is busy at one time: from one wait for events to the next.
 * Whoever is busy for long answers nobody meanwhile, and is taken for dead in
 * the end.
 *
 * Of each turn two lengths are known. Its wall time is what the others see.
 * Its own time is that without what the thread has waited for a processor which
 * others had: it holds the work that was done and every wait for a disk, and is
 * the node's own doing, however busy the machine may be.
 */
#ifndef QC_DAEMON_STALL_H
#define QC_DAEMON_STALL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    QC_STALL_WARN_US = 10 * 1000,
    QC_STALL_QUIET_US = 10 * 1000 * 1000, /* Between two warnings. */
    /* To ask the kernel costs some microseconds, so it is not done more often.
     */
    QC_STALL_USAGE_US = 1000,
    QC_STALL_USAGE_TRIES = 3, /* To be told without having to wait. */
};

enum qc_stall_part {
#define QC_STALL_PART(NAME, text) QC_STALL_##NAME,
#include "daemon/stall.def"
#undef QC_STALL_PART
    QC_STALL_PARTS,
};

/* What the thread has ever had of the processors. */
struct qc_stall_usage {
    uint64_t cpu_us;    /* Used, */
    uint64_t queued_us; /* and waited for. */
};

/* The clocks of the loop's thread, read on it. */
struct qc_stall_clocks {
    uint64_t (*now_us)(void *ctx);
    void (*usage)(void *ctx, struct qc_stall_usage *usage_out);
    void *ctx;
};

/* A turn. */
struct qc_stall_turn {
    uint64_t wall_us;
    uint64_t own_us; /* Never too small; too large by a millisecond at most. */
    uint64_t cpu_us; /* Of it, about: the rest of |own_us| was waiting. */
    enum qc_stall_part part; /* That took longest, */
    uint64_t part_us;        /* and how long, in wall time. */
};

struct qc_stall {
    struct qc_stall_clocks clocks;
    uint64_t began_us; /* When the turn did; 0: none did. */

    struct qc_stall_usage usage; /* As it was at |usage_us|. */
    uint64_t usage_us;

    enum qc_stall_part part; /* That is under way, */
    uint64_t part_since_us;
    uint64_t parts_us[QC_STALL_PARTS]; /* and how long each took in the turn. */

    uint64_t wall_max_us; /* The longest ever. */
    uint64_t own_max_us;

    uint64_t warned_us;
    uint64_t n_quiet;           /* Since the last warning, worth one; */
    struct qc_stall_turn quiet; /* the longest of them. */
};

/* It has seen nothing. */
void qc_stall_init(struct qc_stall *stall,
                   const struct qc_stall_clocks *clocks);

/* |part| begins, inside of the one that is returned; NULL does nothing. */
enum qc_stall_part qc_stall_enter(struct qc_stall *stall,
                                  enum qc_stall_part part);

/* It is over, and |before|, which qc_stall_enter() has returned, goes on. */
void qc_stall_leave(struct qc_stall *stall, enum qc_stall_part before);

/* The loop has waited, and a turn begins. */
void qc_stall_begin_turn(struct qc_stall *stall);

/* It is over, and the loop is about to wait. True when it took too long in
 * wall time, and was that of |turn_out|. */
bool qc_stall_end_turn(struct qc_stall *stall, struct qc_stall_turn *turn_out);

/* Turns that took too long are added up, and told now and then: how many there
 * were since the last time, and the longest; 0: there is nothing to tell. */
uint64_t qc_stall_warning(struct qc_stall *stall,
                          struct qc_stall_turn *longest_out);

const char *qc_stall_part_name(enum qc_stall_part part);

#endif
