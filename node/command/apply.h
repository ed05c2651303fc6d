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
#include "machine/member.h"

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

/* Applies the configuration entry |log_index|: |n| members, at most
 * QC_MEMBERS_MAX. Skips and faults as qc_entry_apply() does. Fires no timers,
 * for a configuration has no time of its own. */
QC_MUST_CHECK int qc_entry_configure(struct qc_machine *machine,
                                     uint64_t log_index,
                                     const struct qc_member *members,
                                     size_t n);

/* Who asks, as the edge has found out. */
struct qc_caller {
    uint32_t tenant;       /* 0: the cluster itself. */
    uint32_t roles;        /* enum qc_role, joined; as of then. */
    const char *principal; /* As entries write it (principal.h). Borrowed. */
};

/* Both live in the arena, or in what the machine remembers until the next entry
 * or query (qc_machine_look()). */
struct qc_query_result {
    ProtobufCMessage *response;      /* When it is done. */
    struct qc_refusal_detail detail; /* When it is refused. */
};

/* Runs a query over the rows as they are, if by these rows the caller may. */
QC_MUST_CHECK int qc_query_run(const struct qc_machine *machine,
                               const struct qc_method *method,
                               const struct qc_caller *caller,
                               const ProtobufCMessage *request,
                               struct qc_arena *arena,
                               struct qc_query_result *result_out);

/* When the machine wants to be woken: the due time of its earliest timer, in
 * the log's time; INT64_MAX when there is none. */
int64_t qc_machine_next_timer_ms(const struct qc_machine *machine);

/* The version that the cluster keeps to, from 1 on. A command whose |since| is
 * newer is refused with CLUSTER_VERSION. Costs a look into an index. */
uint32_t qc_machine_cluster_version(const struct qc_machine *machine);

/* The members, in |arena|, as qc_members_get() gives them; NULL is a fault, put
 * into |fault_out|. */
Qc__State__MembersRow *qc_machine_members(const struct qc_machine *machine,
                                          struct qc_arena *arena,
                                          int *fault_out);

/* Whether the rows say that the state of |node_id| is not that of the others,
 * and at which index, which may be NULL. Negative is a fault; else 0 or 1. */
int qc_machine_differs(const struct qc_machine *machine,
                       uint64_t node_id,
                       uint64_t *at_index_out);

#endif
