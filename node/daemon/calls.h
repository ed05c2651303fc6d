/*
 * The calls of clients, counted: what stands between the server and the edge.
 *
 * Everything is passed on as it comes; in passing it is counted by method and
 * by how it ended. Pages of health are answered here.
 */
#ifndef QC_DAEMON_CALLS_H
#define QC_DAEMON_CALLS_H

#include <stddef.h>

#include "base/histogram.h"
#include "base/status.h"
#include "http2/call.h"

struct qc_method;
struct qc_node;

enum {
    QC_STATUSES = QC_STATUS_UNAUTHENTICATED + 1,
};

/* What was counted of a method; calls of what is no method of the table are
 * together in one. Written and read by the loop's thread. */
struct qc_call_count {
    const struct qc_method *method; /* NULL: all others. */
    uint64_t started;
    uint64_t handled[QC_STATUSES]; /* By how they ended. */
    struct qc_histogram durations; /* Of unary calls. */
};

struct qc_calls {
    struct qc_node *node;
    struct qc_call_handler inner;
    struct qc_call_count *counts; /* Of all methods, and one more. */
    size_t n_counts;
    /* Under way just now, without what asks the node about itself, and without
     * what other nodes keep open. */
    uint64_t open_calls;
    uint64_t open_streams;
};

/* False when memory is short. Done by qc_calls_done(). */
bool qc_calls_init(struct qc_calls *calls,
                   struct qc_node *node,
                   const struct qc_call_handler *inner);
void qc_calls_done(struct qc_calls *calls);

/* The handler to give the server; |calls| has to outlive it. */
struct qc_call_handler qc_calls_handler(struct qc_calls *calls);

#endif
