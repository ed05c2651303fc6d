#include "daemon/logger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/log_line.h"

enum {
    LINE_SIZE = 2048, /* More than the longest event has, quotes closed. */
    JSON_SIZE = 2 * LINE_SIZE,
    PRIORITY_SIZE = 4, /* "<6>" */
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

bool qc_log_format_read(const char *text, enum qc_log_format *format_out)
{
    *format_out = strcmp(text, "json") == 0 ? QC_LOG_JSON : QC_LOG_LOGFMT;
    return *format_out == QC_LOG_JSON || text[0] == '\0' ||
           strcmp(text, "logfmt") == 0;
}

const char *qc_level_name(enum qc_level level)
{
    return LEVELS[level].name;
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
    n += (size_t)snprintf(line + n, size - n, "ts=%s.%03ldZ level=%s ", at,
                          now.tv_nsec / 1000000, LEVELS[level].name);
    if (logger->node_id != 0) {
        n += (size_t)snprintf(line + n, size - n, "node=%" PRIu64 " ",
                              logger->node_id);
    }
    if (logger->term != 0) {
        n += (size_t)snprintf(line + n, size - n, "term=%" PRIu64 " ",
                              logger->term);
    }
    return n + (size_t)snprintf(line + n, size - n, "event=");
}

/* One write for a line, so that lines of several processes do not mix. */
static void line_write(const struct qc_logger *logger,
                       enum qc_level level,
                       const char *line)
{
    char text[PRIORITY_SIZE + JSON_SIZE + 1];
    size_t n = 0;

    if (logger->journal) {
        n = (size_t)snprintf(text, PRIORITY_SIZE, "<%u>",
                             LEVELS[level].priority);
    }
    if (logger->format == QC_LOG_JSON) {
        n += qc_log_line_json(line, text + n, JSON_SIZE);
    } else {
        size_t size = strlen(line);

        memcpy(text + n, line, size);
        n += size;
    }
    text[n++] = '\n';
    fwrite(text, 1, n, stderr);
}

void qc_logger_write(struct qc_logger *logger,
                     enum qc_level level,
                     const char *format,
                     ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    size_t n;

    if (level < logger->least) {
        return;
    }
    n = write_head(logger, level, line, sizeof(line));
    va_start(arguments, format);
    (void)vsnprintf(line + n, sizeof(line) - n, format, arguments);
    va_end(arguments);
    if (!logger->phones) {
        qc_log_line_mask(line);
    }
    logger->lines[level]++;
    line_write(logger, level, line);
}
