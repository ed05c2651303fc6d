/* Times as people read them. */
#ifndef QC_CLI_MOMENT_H
#define QC_CLI_MOMENT_H

#include <stdint.h>

enum {
    QC_MOMENT_SIZE = 32,
};

/* "2026-11-25T10:00:00.123Z" */
void qc_moment_text(int64_t at_ms, char text_out[QC_MOMENT_SIZE]);

#endif
