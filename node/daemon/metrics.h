/*
 * /metrics: everything that is counted in this process, in Prometheus' text
 * format 0.0.4.
 *
 * Each floor counts for itself; this file knows every name. Base units, and
 * "_total" at the end of counters. Labels are bounded: methods are those of the
 * table, peers are members, and no more than QC_METRICS_POOLS pools and
 * QC_METRICS_TENANTS tenants are told of.
 */
#ifndef QC_DAEMON_METRICS_H
#define QC_DAEMON_METRICS_H

#include <stdio.h>

struct qc_http2_server;
struct qc_node;

enum {
    QC_METRICS_POOLS = 100,
    QC_METRICS_TENANTS = 100,
};

void qc_metrics_write(struct qc_node *node, FILE *out);

/* The part of it that the port of the API counts. */
void qc_metrics_http2_write(const struct qc_http2_server *server, FILE *out);

#endif
