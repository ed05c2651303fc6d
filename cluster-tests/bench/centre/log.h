/*
 * A log that one machine applies, entry by entry, and what each costs.
 *
 * Commands are written as an edge writes them, outside of the time that is
 * taken; what is measured is qc_entry_apply() alone: the entry is read, its
 * commands and what is due are done, answers are kept, all is committed. A
 * command that is refused ends the program, for nothing would be known then.
 */
#ifndef QC_BENCH_CENTRE_LOG_H
#define QC_BENCH_CENTRE_LOG_H

#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "cluster-tests/bench/centre/rows.h"
#include "cluster-tests/bench/centre/times.h"
#include "command/entry.h"
#include "machine/machine.h"

struct qc_method;

enum {
    CENTRE_TENANT = 1, /* The first that is written. */
};

struct centre_log {
    struct centre_rows *rows;
    struct qc_machine machine;
    struct qc_arena arena; /* Of the entry that is being written. */
    int64_t now_ms;
    uint64_t n_requests;

    size_t n; /* Commands of that entry, and, when it is applied, answers. */
    struct qc_command commands[QC_ENTRY_COMMANDS_MAX];
    const struct qc_method *methods[QC_ENTRY_COMMANDS_MAX];
    struct qc_bytes answers[QC_ENTRY_COMMANDS_MAX];
};

void centre_log_open(struct centre_log *log);
void centre_log_close(struct centre_log *log);

/* Begins an entry, |later_ms| after the one before. */
void centre_log_begin(struct centre_log *log, int64_t later_ms);

/* Adds a command, with the time of its first try; gives its place in the entry.
 */
size_t centre_log_add(struct centre_log *log,
                      const char *path,
                      ProtobufCMessage *request);

/* Applies the entry; |times| may be NULL. */
void centre_log_apply(struct centre_log *log, struct centre_times *times);

/* The answer to the command |nth| of the entry that was applied last; lives
 * until the next one is begun. */
const void *centre_log_answer(struct centre_log *log, size_t nth);

/* Asks, of the rows as they are. Lives as long. */
const void *centre_log_query(struct centre_log *log,
                             const char *path,
                             const ProtobufCMessage *request);

/* What makes a node out of it: it is the only member, of the newest version. */
void centre_log_found(struct centre_log *log);

/* Says what failed, and ends the program. */
_Noreturn void centre_fail(const char *what, const char *why);

#endif
