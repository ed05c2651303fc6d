/*
 * What an entry of the log has done, as told by the answers that were stored
 * when it was applied: which of its commands were run here and not refused. A
 * command that came again has its answer in an earlier entry.
 */
#ifndef QC_COMMAND_DONE_H
#define QC_COMMAND_DONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "command/entry.h"

struct qc_machine;
struct qc_method;

enum {
    /* The answers have had their time: what was done cannot be told. */
    QC_DONE_FORGOTTEN = 1,
};

/* A command that was done. Everything is borrowed from the entry, or lives in
 * the arena. */
struct qc_done {
    uint32_t ordinal; /* Of the command in its entry, from 1. */
    const struct qc_command *command;
    const struct qc_method *method;
    struct qc_bytes response; /* Canonical msgpack. */
};

/*
 * Tells what the entry |log_index|, which is applied, has done, in order: an
 * array in the arena. Answers 0, FORGOTTEN, or a fault.
 */
QC_MUST_CHECK int qc_entry_done(const struct qc_machine *machine,
                                uint64_t log_index,
                                const struct qc_entry *entry,
                                struct qc_arena *arena,
                                struct qc_done **done_out,
                                size_t *n_out);

#endif
