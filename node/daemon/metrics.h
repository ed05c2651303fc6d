/*
 * /metrics: everything that is counted in this process, in Prometheus' text
 * format 0.0.4.
 *
 * Each floor counts for itself; this file knows every name. Base units, and
 * "_total" at the end of counters. Labels are bounded: methods are those of the
 * table, peers are members, and of pools no more than QC_METRICS_POOLS are
 * told.
 */
#ifndef QC_DAEMON_METRICS_H
#define QC_DAEMON_METRICS_H

#include <stdio.h>

struct qc_node;

enum {
    QC_METRICS_POOLS = 100,
};

void qc_metrics_write(struct qc_node *node, FILE *out);

#endif
