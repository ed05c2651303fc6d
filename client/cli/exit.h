/* How qcctl ends: scripts rely on the numbers. */
#ifndef QC_CLI_EXIT_H
#define QC_CLI_EXIT_H

enum qc_exit {
    QC_EXIT_OK = 0,
    QC_EXIT_FAILED = 1,
    QC_EXIT_USAGE = 2,
    QC_EXIT_UNREACHABLE = 3,
    QC_EXIT_UNHEALTHY = 4,
    QC_EXIT_TIMED_OUT = 5,
};

#endif
