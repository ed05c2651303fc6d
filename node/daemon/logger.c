#include "daemon/logger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LINE_SIZE = 2048, /* More than the longest event has, quotes closed. */
};

static const struct {
    const char *name;
    unsigned priority; /* As syslog counts. */
} LEVELS[] = {
    [QC_LEVEL_DEBUG] = {"debug", 7},
    [QC_LEVEL_INFO] = {"info", 6},
    [QC_LEVEL_WARN] = {"warn", 4},
    [QC_LEVEL_ERROR] = {"error", 3},
};

bool qc_level_read(const char *text, enum qc_level *level_out)
{
    if (text[0] == '\0') {
        *level_out = QC_LEVEL_INFO;
        return true;
    }
    for (unsigned i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++) {
        if (strcmp(text, LEVELS[i].name) == 0) {
            *level_out = (enum qc_level)i;
            return true;
        }
    }
    return false;
}

void qc_logger_init(struct qc_logger *logger)
{
    *logger = (struct qc_logger){
        .least = QC_LEVEL_INFO,
        .journal = getenv("JOURNAL_STREAM") != NULL,
    };
}

static size_t write_head(const struct qc_logger *logger,
                         enum qc_level level,
                         char *line,
                         size_t size)
{
    struct timespec now;
    struct tm utc;
    char at[32] = "";
    size_t n = 0;

    if (clock_gettime(CLOCK_REALTIME, &now) == 0 &&
        gmtime_r(&now.tv_sec, &utc) != NULL) {
        strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &utc);
    }
    if (logger->journal) {
        n += (size_t)snprintf(line + n, size - n, "<%u>",
                              LEVELS[level].priority);
    }
    n += (size_t)snprintf(line + n, size - n, "ts=%s.%03ldZ level=%s ", at,
                          now.tv_nsec / 1000000, LEVELS[level].name);
    if (logger->node_id != 0) {
        n += (size_t)snprintf(line + n, size - n, "node=%" PRIu64 " ",
                              logger->node_id);
    }
    return n + (size_t)snprintf(line + n, size - n, "event=");
}

/* One write for a line, so that lines of several processes do not mix. */
void qc_logger_write(const struct qc_logger *logger,
                     enum qc_level level,
                     const char *format,
                     ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    size_t n;
    int more;

    if (level < logger->least) {
        return;
    }
    n = write_head(logger, level, line, sizeof(line) - 1);
    va_start(arguments, format);
    more = vsnprintf(line + n, sizeof(line) - 1 - n, format, arguments);
    va_end(arguments);
    n += more > 0 ? (size_t)more : 0;
    if (n > sizeof(line) - 2) {
        n = sizeof(line) - 2;
    }
    line[n] = '\n';
    fwrite(line, 1, n + 1, stderr);
}
