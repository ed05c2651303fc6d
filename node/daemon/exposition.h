/* Prometheus' text format, line by line. All names get "quorumcall_". */
#ifndef QC_DAEMON_EXPOSITION_H
#define QC_DAEMON_EXPOSITION_H

#include <stdint.h>
#include <stdio.h>

#include "base/histogram.h"

enum qc_metric {
    QC_COUNTER,
    QC_GAUGE,
    QC_HISTOGRAM,
};

/* The two lines before a metric's samples. |help| is one line. */
void qc_expose_head(FILE *out,
                    enum qc_metric kind,
                    const char *name,
                    const char *help);

/* A sample; |labels| is as between the braces, made by qc_label() where text is
 * not ours, and may be "". */
void qc_expose(FILE *out, const char *name, const char *labels, uint64_t value);

/* The same of microseconds, as seconds. */
void qc_expose_us(FILE *out, const char *name, const char *labels, uint64_t us);

/* Head and the one sample. */
void qc_expose_one(FILE *out,
                   enum qc_metric kind,
                   const char *name,
                   const char *help,
                   uint64_t value);
void qc_expose_one_us(FILE *out,
                      enum qc_metric kind,
                      const char *name,
                      const char *help,
                      uint64_t us);

/* All buckets from 64 us to 17 s, |doublings| apart, sum and count. */
void qc_expose_histogram(FILE *out,
                         const char *name,
                         const char *labels,
                         const struct qc_histogram *histogram,
                         unsigned doublings);

/* Writes name="text" into |label_out|, escaped, cut where it does not fit.
 * Returns |label_out|. |size| is at least 8 and the name's. */
const char *qc_label(char *label_out,
                     size_t size,
                     const char *name,
                     const char *text);

#endif
