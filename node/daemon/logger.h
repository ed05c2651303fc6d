/*
 * What the process tells its operator: one line of logfmt per event, on stderr.
 *
 *   ts=2026-11-25T12:00:00.123Z level=info node=1 event=stopping signal=15
 *
 * Phone numbers, tokens and bodies never stand in it. Under systemd's journal
 * each line begins with its priority.
 */
#ifndef QC_DAEMON_LOGGER_H
#define QC_DAEMON_LOGGER_H

#include <stdbool.h>
#include <stdint.h>

enum qc_level {
    QC_LEVEL_DEBUG,
    QC_LEVEL_INFO,
    QC_LEVEL_WARN,
    QC_LEVEL_ERROR,
};

struct qc_logger {
    enum qc_level least; /* What is below it is not written. */
    uint64_t node_id;    /* 0: not known yet. */
    bool journal;
};

/* Reads "debug", "info", "warn" or "error"; "" is info. */
bool qc_level_read(const char *text, enum qc_level *level_out);

/* Writes at info and above, until told otherwise. */
void qc_logger_init(struct qc_logger *logger);

/* |format| begins with the event's name, and goes on with key=value pairs. Text
 * that is not ours is a value through qc_quoted(). */
__attribute__((format(printf, 3, 4))) void qc_logger_write(
    const struct qc_logger *logger,
    enum qc_level level,
    const char *format,
    ...);

#endif
