/*
 * How long the loop is busy at one time: from one wait for events to the next.
 * Whoever is busy for long answers nobody meanwhile, and is taken for dead in
 * the end.
 */
#ifndef QC_DAEMON_STALL_H
#define QC_DAEMON_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

enum {
    QC_STALL_WARN_US = 10 * 1000,
    QC_STALL_QUIET_US = 10 * 1000 * 1000, /* Between two warnings. */
};

/* Zeroed, it has seen nothing. */
struct qc_stall {
    uint64_t last_us; /* When it was last looked at. */
    uint64_t idle_us; /* Ever waited, then. */
    uint64_t max_us;  /* The longest ever. */
    uint64_t warned_us;
    uint64_t quiet_max_us; /* The longest since the last warning, */
    uint64_t n_quiet;      /* and how many were worth one. */
};

struct qc_stall_warning {
    uint64_t n; /* 0: there is nothing to warn of. */
    uint64_t max_us;
};

/* A turn is over: |now_us| on any clock, |idle_us| the time that the loop has
 * ever waited. What is worth a warning is added up, and told now and then. */
struct qc_stall_warning qc_stall_turn(struct qc_stall *stall,
                                      uint64_t now_us,
                                      uint64_t idle_us);

#endif
