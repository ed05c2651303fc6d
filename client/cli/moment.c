#include "cli/moment.h"

#include <stdio.h>
#include <time.h>

void qc_moment_text(int64_t at_ms, char text_out[QC_MOMENT_SIZE])
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm parts;
    size_t size = 0;

    if (gmtime_r(&at, &parts) != NULL) {
        size = strftime(text_out, QC_MOMENT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    }
    snprintf(text_out + size, QC_MOMENT_SIZE - size, ".%03dZ",
             (int)(at_ms % 1000));
}
