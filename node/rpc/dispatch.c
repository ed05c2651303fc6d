#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"
#include "codec/msgpack.h"
#include "machine/machine.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "rpc/envelope.h"
#include "rpc/request.h"
#include "rpc/spoken.h"
#include "rpc/watch.h"

/* By hand: printf would take longer than all else that is done for it. */
static void add_number(struct qc_call *call, const char *name, uint64_t value)
{
    char text[24];
    char *at = &text[sizeof(text) - 1];

    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    qc_call_add_metadata(call, name, at);
}

/* Not as a request that is too big: a command is done by now. */
static void fail_answer(struct qc_request *request)
{
    qc_request_fail(request, QC_STATUS_RESOURCE_EXHAUSTED, "ANSWER_TOO_BIG",
                    "it was done, but the answer needs too much memory");
}

void qc_request_answer(struct qc_request *request,
                       const ProtobufCMessage *response)
{
    struct qc_bytes bytes;

    if (!qc_encode(qc_spoken_format(request->call), response, &request->arena,
                   &bytes)) {
        fail_answer(request);
        return;
    }
    qc_call_answer(request->call, bytes);
}

/* --- a command ------------------------------------------------------------ */

/* The stored form of an answer is what a caller of msgpack gets as it is. */
static void answer_stored(struct qc_request *request, struct qc_bytes response)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    if (qc_call_form(request->call) == QC_CALL_MSGPACK) {
        qc_call_answer(request->call, response);
        return;
    }
    switch (qc_msgpack_read(request->method->response, response,
                            &request->arena, &message, &error)) {
    case QC_CODEC_OK:
        qc_request_answer(request, message);
        break;
    case QC_CODEC_TOO_BIG:
        fail_answer(request);
        break;
    case QC_CODEC_MALFORMED:
    default:
        qc_request_fail_fault(request, QC_E_CORRUPT);
        break;
    }
}

static void proposed(void *ctx, const struct qc_proposal_result *result)
{
    struct qc_request *request = ctx;

    request->proposal = NULL;
    qc_lease_told(request);
    if (result->outcome != QC_OUTCOME_APPLIED) {
        qc_request_fail_outcome(request, result->outcome);
        return;
    }
    add_number(request->call, "x-applied-index", result->index);
    if (result->answer->replayed) {
        qc_call_add_metadata(request->call, "idempotent-replayed", "true");
    }
    if (result->answer->refusal != 0) {
        qc_request_refuse(request, result->answer->refusal,
                          &result->answer->detail);
        return;
    }
    answer_stored(request, result->answer->response);
}

void qc_request_propose(struct qc_request *request)
{
    struct qc_command command = {
        .id = request->method->id,
        .tenant = request->caller.tenant,
        .principal = request->caller.principal,
        .client_id = qc_message_string(request->message, QC_FIELD_CLIENT_ID),
        .request_id = qc_message_string(request->message, QC_FIELD_REQUEST_ID),
    };

    memcpy(command.digest, request->digest, QC_DIGEST_SIZE);
    if (!qc_envelope_body(request->message, &request->arena, &command.body)) {
        qc_request_fail_memory(request);
        return;
    }
    if (command.body.size > QC_COMMAND_BODY_SIZE_MAX) {
        qc_request_fail(request, QC_STATUS_RESOURCE_EXHAUSTED, "TOO_BIG",
                        "one command may hold 1 MiB: send it in parts");
        return;
    }
    request->proposal =
        qc_replica_propose(request->rpc->replica, &command,
                           request->deadline_ms, proposed, request);
    if (request->proposal == NULL) {
        qc_request_fail_outcome(request, QC_OUTCOME_OVERLOADED);
    }
}

/* --- a query -------------------------------------------------------------- */

static void query(struct qc_request *request)
{
    const struct qc_machine *machine = request->rpc->options.machine;
    struct qc_query_result result;
    int r = qc_query_run(machine, request->method, &request->caller,
                         request->message, &request->arena, &result);

    if (r < 0) {
        qc_request_fail_fault(request, r);
        return;
    }
    add_number(request->call, "x-applied-index", machine->applied_index);
    if (r > 0) {
        qc_request_refuse(request, r, &result.detail);
        return;
    }
    qc_request_answer(request, result.response);
}

static void read_confirmed(void *ctx, bool confirmed)
{
    struct qc_request *request = ctx;

    request->read = NULL;
    if (!confirmed) {
        qc_request_fail_outcome(request, QC_OUTCOME_NO_LEADER);
        return;
    }
    query(request);
}

/* "stale" or "stale;max=250", in milliseconds. */
static bool consistency_read(const char *text,
                             bool *stale_out,
                             int64_t *max_ms_out)
{
    static const char stale[] = "stale";
    static const char max[] = ";max=";
    char *end;

    *stale_out = false;
    *max_ms_out = INT64_MAX;
    if (text == NULL || strcmp(text, "linearizable") == 0) {
        return true;
    }
    if (strncmp(text, stale, sizeof(stale) - 1) != 0) {
        return false;
    }
    *stale_out = true;
    text += sizeof(stale) - 1;
    if (text[0] == '\0') {
        return true;
    }
    if (strncmp(text, max, sizeof(max) - 1) != 0) {
        return false;
    }
    text += sizeof(max) - 1;
    errno = 0;
    *max_ms_out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *max_ms_out >= 0;
}

static void dispatch_query(struct qc_request *request)
{
    int64_t contact_ms = -1;
    int64_t max_ms;
    bool stale;

    if (!consistency_read(qc_call_header(request->call, "x-consistency"),
                          &stale, &max_ms)) {
        qc_request_fail_field(
            request, "INVALID", "x-consistency",
            "must be linearizable, stale, or stale;max=MILLISECONDS");
        return;
    }
    if (stale) {
        contact_ms = qc_replica_contact_ms(request->rpc->replica);
        stale = contact_ms >= 0 && contact_ms <= max_ms;
    }
    if (!stale) {
        qc_request_read(request, read_confirmed);
        return;
    }
    add_number(request->call, "x-staleness-ms", (uint64_t)contact_ms);
    query(request);
}

/* --- a command, or the one or the other ----------------------------------- */

static void begin_command(struct qc_request *request)
{
    if (qc_lease_waits(request)) {
        qc_lease_begin(request);
    } else {
        qc_request_propose(request);
    }
}

/* These rows may lag behind those that know the version: they are asked again
 * once they hold everything that was acknowledged before. */
static void version_confirmed(void *ctx, bool confirmed)
{
    struct qc_request *request = ctx;
    struct qc_refusal_detail detail = {.field = NULL};

    request->read = NULL;
    if (!confirmed) {
        qc_request_fail_outcome(request, QC_OUTCOME_NO_LEADER);
    } else if (request->method->since >
               qc_machine_cluster_version(request->rpc->options.machine)) {
        qc_request_refuse(request, QC_REFUSED_CLUSTER_VERSION, &detail);
    } else {
        begin_command(request);
    }
}

/* What is newer than the cluster's version never gets into the log: a member of
 * the older release would not know it, and stop. */
static void dispatch_command(struct qc_request *request)
{
    if (request->method->since >
        qc_machine_cluster_version(request->rpc->options.machine)) {
        qc_request_read(request, version_confirmed);
    } else {
        begin_command(request);
    }
}

/* There are two. */
static void dispatch_stream(struct qc_request *request)
{
    if (request->method->request == &qc__v1__watch_agent_request__descriptor) {
        qc_desk_begin(request);
    } else {
        qc_watch_begin(request);
    }
}

void qc_request_dispatch(struct qc_request *request)
{
    switch (request->method->kind) {
    case QC_METHOD_COMMAND:
        dispatch_command(request);
        break;
    case QC_METHOD_QUERY:
        dispatch_query(request);
        break;
    case QC_METHOD_STREAM:
        dispatch_stream(request);
        break;
    case QC_METHOD_NODE:
    default:
        qc_node_answer(request);
        break;
    }
}
