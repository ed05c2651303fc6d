/*
 * Applying entries: the one way in which the machine ever changes.
 *
 * An entry fires due timers, runs its commands in order, each once (a stored
 * answer is given again), stores the answers, and is committed whole. Only
 * then is anybody told.
 */
#ifndef QC_COMMAND_APPLY_H
#define QC_COMMAND_APPLY_H

#include <stdint.h>

#include "base/error.h"
#include "command/entry.h"
#include "command/table.h"
#include "machine/answer.h"

struct qc_arena;
struct qc_machine;

/* Told for each command of an entry that is committed, in order. Borrowed. */
typedef void (*qc_answered_fn)(void *ctx,
                               const struct qc_command *command,
                               const struct qc_answer *answer);

/* Applies the entry |log_index|. One at or below the machine's applied index
 * is skipped. A fault means that nothing of it happened, and that the node
 * must stop. */
QC_MUST_CHECK int qc_entry_apply(struct qc_machine *machine,
                                 uint64_t log_index,
                                 struct qc_bytes bytes,
                                 qc_answered_fn answered,
                                 void *ctx);

/* Who asks, as the edge has found out. */
struct qc_caller {
    uint32_t tenant;       /* 0: the cluster itself. */
    uint32_t roles;        /* enum qc_role, joined. */
    const char *principal; /* Borrowed. */
};

/* Both live in the arena. */
struct qc_query_result {
    ProtobufCMessage *response;      /* When it is done. */
    struct qc_refusal_detail detail; /* When it is refused. */
};

/* Runs a query over the rows as they are. */
QC_MUST_CHECK int qc_query_run(const struct qc_machine *machine,
                               const struct qc_method *method,
                               const struct qc_caller *caller,
                               const ProtobufCMessage *request,
                               struct qc_arena *arena,
                               struct qc_query_result *result_out);

/* When the machine wants to be woken: the due time of its earliest timer, in
 * the log's time; INT64_MAX when there is none. */
int64_t qc_machine_next_timer_ms(const struct qc_machine *machine);

#endif
