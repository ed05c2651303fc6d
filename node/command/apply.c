#include "command/apply.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/planted.h"
#include "codec/message.h"
#include "codec/msgpack.h"
#include "command/audited.h"
#include "machine/alarm.h"
#include "machine/audit.h"
#include "machine/machine.h"
#include "machine/principal.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "machine/timer.h"

enum {
    /* For an entry of full size, its timers and its answers. */
    ENTRY_ARENA_SIZE = 256 * 1024 * 1024,
    /* For the rows that one command reads and writes. */
    COMMAND_ARENA_SIZE = 128 * 1024 * 1024,
    FIELD_CLIENT_TS = 102,
};

/* A node that keeps to an older version might not know the command. */
static int check_version(struct qc_txn *txn, const struct qc_method *method)
{
    uint32_t version = qc_cluster_version(txn);
    const char *parts[] = {
        "this needs the cluster version ",
        NULL,
        ", and the cluster keeps to ",
        NULL,
        ": finalize first",
    };

    if (method->since <= version) {
        return 0;
    }
    parts[1] = qc_text_decimal(txn, method->since);
    parts[3] = qc_text_decimal(txn, version);
    txn->detail.text =
        qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
    return QC_REFUSED_CLUSTER_VERSION;
}

/* Whether the caller may call |method|, by the rows as they are now. */
static int check_roles(struct qc_txn *txn, const struct qc_method *method)
{
    txn->roles = qc_principal_roles(txn, txn->principal);
    if (txn->roles == 0) {
        return QC_REFUSED_UNAUTHENTICATED;
    }
    return (txn->roles & qc_method_callers(method, txn->tenant)) != 0
               ? 0
               : QC_REFUSED_ROLE;
}

/* Checked again here, because the edge looked at older rows. */
static int authorise(struct qc_txn *txn, const struct qc_method *method)
{
    const Qc__State__TenantRow *tenant;
    int r = check_roles(txn, method);

    if (r != 0) {
        return r;
    }
    if (method->cluster || (method->either && txn->tenant == 0)) {
        return check_version(txn, method);
    }
    tenant = qc_tenant_get(txn, txn->tenant);
    if (tenant == NULL) {
        return QC_REFUSED_TENANT_UNKNOWN;
    }
    if (tenant->tenant->state == QC__V1__TENANT_STATE__TENANT_STATE_SUSPENDED) {
        return QC_REFUSED_TENANT_SUSPENDED;
    }
    return check_version(txn, method);
}

static struct qc_answer run(struct qc_txn *txn,
                            const struct qc_method *method,
                            const struct qc_command *command,
                            const ProtobufCMessage *request)
{
    struct qc_answer answer = {.refusal = 0};
    ProtobufCMessage *response = qc_row_new(txn, method->response);

    answer.refusal = authorise(txn, method);
    if (answer.refusal == 0 && response != NULL) {
        answer.refusal =
            method->audited && strcmp(txn->principal, QC_PRINCIPAL_NODE) != 0
                ? qc_audited_run(txn, method, command, request, response)
                : method->run(txn, request, response);
    }
    if (txn->fault != 0) {
        return answer;
    }
    if (answer.refusal != 0) {
        answer.detail = txn->detail;
    } else if (!qc_msgpack_write(response, txn->of_entry, &answer.response)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return answer;
}

/* Gives the stored answer, or runs the command. Returns whether it was run. */
static bool find_or_run(struct qc_txn *txn,
                        const struct qc_method *method,
                        const struct qc_command *command,
                        struct qc_request_id *id,
                        struct qc_answer *answer_out)
{
    struct qc_codec_error error;
    ProtobufCMessage *request;

    if (qc_msgpack_read(method->request, command->body, txn->arena, &request,
                        &error) != QC_CODEC_OK) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return false;
    }
    id->client_ts_ms = qc_message_int64(request, FIELD_CLIENT_TS);
    if (qc_answer_claim(txn, id, answer_out) || txn->fault != 0) {
        return false;
    }
    *answer_out = run(txn, method, command, request);
    return txn->fault == 0;
}

/* A copy of |answer|, to outlive the memory of its command. A response that is
 * new does already. */
static struct qc_answer keep(struct qc_txn *txn, const struct qc_answer *answer)
{
    struct qc_answer kept = *answer;
    size_t size = answer->response.size;

    if (answer->replayed && size > 0) {
        uint8_t *response = qc_alloc(txn, size);

        if (response != NULL) {
            memcpy(response, answer->response.data, size);
        }
        kept.response =
            (struct qc_bytes){response, response != NULL ? size : 0};
    }
    if (answer->detail.field != NULL) {
        kept.detail.field = qc_copy(txn, answer->detail.field);
    }
    if (answer->detail.text != NULL) {
        kept.detail.text = qc_copy(txn, answer->detail.text);
    }
    return kept;
}

/* One command, done once, in memory of its own, |of_command|: what each of them
 * reads must not add up, or a full entry could never be applied, on any node. A
 * fault stays in the transaction. */
static struct qc_answer apply_command(struct qc_txn *txn,
                                      const struct qc_command *command,
                                      struct qc_arena *of_command)
{
    const struct qc_method *method = qc_method_of_id(command->id);
    struct qc_request_id id = {
        .tenant = command->tenant,
        .client_id = command->client_id,
        .request_id = command->request_id,
    };
    struct qc_answer answer = {.refusal = 0};
    struct qc_arena *of_entry = txn->arena;
    bool was_run;

    if (method == NULL && QC_PLANTED_BUG(29)) {
        return answer;
    }
    if (method == NULL) {
        qc_txn_fail(txn, QC_E_NEWER);
        return answer;
    }
    memcpy(id.digest, command->digest, sizeof(id.digest));
    txn->arena = of_command;
    was_run = find_or_run(txn, method, command, &id, &answer);
    txn->arena = of_entry;
    answer = keep(txn, &answer);
    if (was_run) {
        qc_answer_add(txn, &id, &answer);
    }
    qc_arena_reset(of_command);
    return answer;
}

static void apply_commands(struct qc_txn *txn,
                           const struct qc_entry *entry,
                           struct qc_answer *answers)
{
    struct qc_arena of_command;

    qc_arena_init(&of_command, COMMAND_ARENA_SIZE);
    for (size_t i = 0; i < entry->n_commands && txn->fault == 0; i++) {
        const struct qc_command *command = &entry->commands[i];

        txn->ordinal = (uint32_t)i + 1;
        txn->n_random = 0;
        txn->tenant = command->tenant;
        txn->principal = command->principal;
        txn->detail = (struct qc_refusal_detail){.field = NULL};
        answers[i] = apply_command(txn, command, &of_command);
    }
    qc_arena_done(&of_command);
}

static int apply_entry(struct qc_machine *machine,
                       uint64_t log_index,
                       const struct qc_entry *entry,
                       struct qc_arena *arena,
                       struct qc_answer *answers)
{
    struct qc_txn txn;

    qc_machine_begin(machine, arena, log_index, entry->at_ms, entry->entropy,
                     &txn);
    qc_timer_fire_due(&txn, entry->n_commands);
    apply_commands(&txn, entry, answers);
    qc_audit_flush(&txn);
    qc_answer_flush(&txn);
    return qc_machine_commit(machine, &txn);
}

int qc_entry_apply(struct qc_machine *machine,
                   uint64_t log_index,
                   struct qc_bytes bytes,
                   qc_answered_fn answered,
                   void *ctx)
{
    struct qc_answer *answers;
    struct qc_arena arena;
    struct qc_entry entry;
    int r;

    if (log_index <= machine->applied_index) {
        return 0;
    }
    qc_arena_init(&arena, ENTRY_ARENA_SIZE);
    r = qc_entry_read(bytes, &arena, &entry);
    if (r != 0) {
        goto out;
    }
    answers = qc_arena_alloc(&arena, entry.n_commands * sizeof(*answers));
    if (answers == NULL) {
        r = QC_E_NOMEM;
        goto out;
    }
    r = apply_entry(machine, log_index, &entry, &arena, answers);
    if (r != 0) {
        goto out;
    }
    for (size_t i = 0; i < entry.n_commands; i++) {
        answered(ctx, &entry.commands[i], &answers[i]);
    }
out:
    qc_arena_done(&arena);
    return r;
}

int qc_entry_configure(struct qc_machine *machine,
                       uint64_t log_index,
                       const struct qc_member *members,
                       size_t n)
{
    static const uint8_t no_entropy[16] = {0};
    struct qc_arena arena;
    struct qc_txn txn;
    int r;

    if (log_index <= machine->applied_index) {
        return 0;
    }
    qc_arena_init(&arena, COMMAND_ARENA_SIZE);
    qc_machine_begin(machine, &arena, log_index, machine->now_ms, no_entropy,
                     &txn);
    qc_member_configure(&txn, members, n);
    r = qc_machine_commit(machine, &txn);
    qc_arena_done(&arena);
    return r;
}

int qc_query_run(const struct qc_machine *machine,
                 const struct qc_method *method,
                 const struct qc_caller *caller,
                 const ProtobufCMessage *request,
                 struct qc_arena *arena,
                 struct qc_query_result *result_out)
{
    ProtobufCMessage *response;
    struct qc_txn txn;
    int r;

    qc_machine_look(machine, arena, &txn);
    txn.tenant = caller->tenant;
    txn.principal = caller->principal;
    response = qc_row_new(&txn, method->response);
    r = check_roles(&txn, method);
    if (r == 0 && response != NULL) {
        r = method->run(&txn, request, response);
    }
    r = qc_txn_answer(&txn, r);
    *result_out = (struct qc_query_result){response, txn.detail};
    return r;
}

int64_t qc_machine_next_timer_ms(const struct qc_machine *machine)
{
    struct qc_arena arena;
    struct qc_txn txn;
    int64_t next_ms;

    qc_arena_init(&arena, 0);
    qc_machine_view(machine, &arena, &txn);
    next_ms = qc_timer_next_ms(&txn);
    qc_arena_done(&arena);
    return next_ms;
}

uint32_t qc_machine_cluster_version(const struct qc_machine *machine)
{
    struct qc_arena arena;
    struct qc_txn txn;
    uint32_t version;

    qc_arena_init(&arena, 0);
    qc_machine_view(machine, &arena, &txn);
    version = qc_cluster_version(&txn);
    qc_arena_done(&arena);
    return version;
}

Qc__State__MembersRow *qc_machine_members(const struct qc_machine *machine,
                                          struct qc_arena *arena,
                                          int *fault_out)
{
    Qc__State__MembersRow *row;
    struct qc_txn txn;

    qc_machine_view(machine, arena, &txn);
    row = qc_members_get(&txn);
    *fault_out = qc_txn_answer(&txn, 0);
    return row;
}

int qc_machine_differs(const struct qc_machine *machine,
                       uint64_t node_id,
                       uint64_t *at_index_out)
{
    struct qc_arena arena;
    struct qc_txn txn;
    bool differs;
    int r;

    qc_arena_init(&arena, COMMAND_ARENA_SIZE);
    qc_machine_view(machine, &arena, &txn);
    differs = qc_alarm_differs(&txn, node_id, at_index_out);
    r = qc_txn_answer(&txn, differs ? 1 : 0);
    qc_arena_done(&arena);
    return r;
}
