/*
 * What the process tells its operator: one line per event on stderr, as logfmt
 *
 *   ts=2026-11-25T12:00:00.123Z level=info node=1 event=stopping signal=15
 *
 * or, with the same fields, as JSON. Tokens and bodies never stand in it, and
 * of a telephone number the middle is masked (+4420****0999), unless it is told
 * otherwise. Under systemd's journal each line begins with its priority.
 */
#ifndef QC_DAEMON_LOGGER_H
#define QC_DAEMON_LOGGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum qc_level {
    QC_LEVEL_DEBUG,
    QC_LEVEL_INFO,
    QC_LEVEL_WARN,
    QC_LEVEL_ERROR,
};

enum qc_log_format {
    QC_LOG_LOGFMT,
    QC_LOG_JSON,
};

/* Every thread may write; what is atomic may change meanwhile. */
struct qc_logger {
    _Atomic enum qc_level least; /* What is below it is not written. */
    _Atomic enum qc_log_format format;
    atomic_bool phones;       /* Telephone numbers are written in full. */
    _Atomic uint64_t node_id; /* 0: not known yet. */
    _Atomic uint64_t term;    /* 0: not known. */
    bool journal;
    _Atomic uint64_t lines[QC_LEVEL_ERROR + 1]; /* Written, by level. */
};

/* Reads "debug", "info", "warn" or "error"; "" is info. */
bool qc_level_read(const char *text, enum qc_level *level_out);

/* Reads "logfmt" or "json"; "" is logfmt. */
bool qc_log_format_read(const char *text, enum qc_log_format *format_out);

/* The name of a level. Static. */
const char *qc_level_name(enum qc_level level);

/* Writes at info and above, until told otherwise. */
void qc_logger_init(struct qc_logger *logger);

/* |format| begins with the event's name, and goes on with key=value pairs. Text
 * that is not ours is a value through qc_quoted(). */
__attribute__((format(printf, 3, 4))) void qc_logger_write(
    struct qc_logger *logger,
    enum qc_level level,
    const char *format,
    ...);

#endif
