#include "cluster-tests/bench/centre/report.h"

#include <stdio.h>

void report_head(const struct report *report)
{
    printf("%-46s %12s %-11s %11s%s\n", "", "measured", "", "target",
           report->judges ? "" : "  (not judged)");
}

void report_heading(const char *text)
{
    printf("%s\n", text);
}

static void row(struct report *report,
                const char *what,
                const char *unit,
                double value,
                double target,
                bool is_most)
{
    bool is_met = is_most ? value <= target : value >= target;

    printf("%-46s %12.1f %-11s %s %8.1f", what, value, unit,
           is_most ? "<=" : ">=", target);
    if (report->judges) {
        printf("  %s", is_met ? "met" : "NOT MET");
        report->n_broken += is_met ? 0 : 1;
    }
    printf("\n");
    fflush(stdout);
}

void report_at_least(struct report *report,
                     const char *what,
                     const char *unit,
                     double value,
                     double target)
{
    row(report, what, unit, value, target, false);
}

void report_at_most(struct report *report,
                    const char *what,
                    const char *unit,
                    double value,
                    double target)
{
    row(report, what, unit, value, target, true);
}

void report_told(const char *what, const char *unit, double value)
{
    printf("%-46s %12.1f %-11s\n", what, value, unit);
    fflush(stdout);
}
