/*
 * A table of what was measured, what was promised, and whether it was kept.
 */
#ifndef QC_BENCH_CENTRE_REPORT_H
#define QC_BENCH_CENTRE_REPORT_H

#include <stdbool.h>

struct report {
    bool judges; /* Else targets are shown, and nothing is said of them. */
    unsigned n_broken;
};

void report_head(const struct report *report);

/* Of the rows that follow. */
void report_heading(const char *text);

/* What has a target: at least, or at most, |target|. */
void report_at_least(struct report *report,
                     const char *what,
                     const char *unit,
                     double value,
                     double target);
void report_at_most(struct report *report,
                    const char *what,
                    const char *unit,
                    double value,
                    double target);

/* What has none. */
void report_told(const char *what, const char *unit, double value);

#endif
