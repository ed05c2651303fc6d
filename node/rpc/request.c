/*
 * A unary request, from its first header to its answer.
 *
 *   begin    who is calling, and may they
 *   message  decode; then, one after the other:
 *   admit    which tenant; one that is not known here is looked up again behind
 *            a confirmed index
 *   examine  rate, limits, identity of the request, phones, the method's check
 *   dispatch propose it, read behind a confirmed index, or ask the node
 *   close    the caller has the answer, or has gone
 *
 * Whatever is found wrong ends the call at once, with its reason; the functions
 * that may find something say whether to go on.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/msgpack.h"
#include "command/apply.h"
#include "machine/machine.h"
#include "machine/tenant.h"
#include "rpc/edge.h"
#include "rpc/envelope.h"
#include "rpc/failure.h"
#include "rpc/phones.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    DEADLINE_DEFAULT_MS = 10 * 1000,
    DEADLINE_MAX_MS = 60 * 1000,
    /* The replica gives up a little before the call does, so that the caller
     * learns what is known of the outcome. */
    DEADLINE_MARGIN_MS = 5,
};

struct request {
    struct qc_rpc *rpc;
    struct qc_call *call;
    const struct qc_method *method;
    struct qc_caller caller;
    const Qc__V1__Tenant *tenant; /* In the arena; NULL for tenant 0. */
    ProtobufCMessage *message;    /* In the arena. */
    struct qc_arena arena;
    int64_t deadline_ms; /* Monotonic. */
    struct qc_proposal *proposal;
    struct qc_read *read;
};

static int64_t monotonic_ms(const struct qc_rpc *rpc)
{
    return rpc->options.clocks.monotonic_ms(rpc->options.clocks.ctx);
}

static enum qc_format format_of(const struct qc_call *call)
{
    switch (qc_call_form(call)) {
    case QC_CALL_MSGPACK:
        return QC_FORMAT_MSGPACK;
    case QC_CALL_MSGPACK_NAMES:
        return QC_FORMAT_MSGPACK_NAMES;
    case QC_CALL_JSON:
        return QC_FORMAT_JSON;
    case QC_CALL_PROTOBUF:
    default:
        return QC_FORMAT_PROTOBUF;
    }
}

/* Ends the call. Always false, so that it can end a check. */
static bool fail(struct request *request,
                 enum qc_status status,
                 const char *reason,
                 const char *text)
{
    struct qc_failure failure = {.status = status,
                                 .reason = reason,
                                 .text = text};

    qc_failure_send(request->call, &failure);
    return false;
}

static bool fail_memory(struct request *request)
{
    return fail(request, QC_STATUS_RESOURCE_EXHAUSTED, "TOO_BIG",
                "the request, or its answer, needs too much memory");
}

static bool fail_field(struct request *request,
                       const char *reason,
                       const char *field,
                       const char *text)
{
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = reason,
        .field = field,
        .text = text,
    };

    qc_failure_send(request->call, &failure);
    return false;
}

static bool refuse(struct request *request,
                   int refusal,
                   const struct qc_refusal_detail *detail)
{
    struct qc_failure failure = qc_failure_of_refusal(refusal, detail);

    qc_failure_send(request->call, &failure);
    return false;
}

static void add_number(struct qc_call *call, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    qc_call_add_metadata(call, name, text);
}

static void answer(struct request *request, const ProtobufCMessage *response)
{
    struct qc_bytes bytes;

    if (!qc_encode(format_of(request->call), response, &request->arena,
                   &bytes)) {
        fail_memory(request);
        return;
    }
    qc_call_answer(request->call, bytes);
}

/* --- a command ----------------------------------------------------------- */

/* The stored form of an answer is what a caller of msgpack gets as it is. */
static void answer_stored(struct request *request, struct qc_bytes response)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    if (qc_call_form(request->call) == QC_CALL_MSGPACK) {
        qc_call_answer(request->call, response);
        return;
    }
    if (qc_msgpack_read(request->method->response, response, &request->arena,
                        &message, &error) != QC_CODEC_OK) {
        fail_memory(request);
        return;
    }
    answer(request, message);
}

static void fail_outcome(struct request *request, enum qc_outcome outcome)
{
    struct qc_replica_status status;
    struct qc_failure failure = {.status = QC_STATUS_UNAVAILABLE};

    qc_replica_status(request->rpc->replica, &status);
    switch (outcome) {
    case QC_OUTCOME_EXPIRED:
        failure.status = QC_STATUS_DEADLINE_EXCEEDED;
        failure.reason = "DEADLINE_BEFORE_COMMIT";
        failure.text = "the deadline came first; nothing was done";
        break;
    case QC_OUTCOME_NO_LEADER:
        failure.reason = "NO_LEADER";
        failure.text = "no leader, or no quorum; nothing was done";
        break;
    case QC_OUTCOME_OVERLOADED:
        failure.status = QC_STATUS_RESOURCE_EXHAUSTED;
        failure.reason = "OVERLOADED";
        failure.text = "too many requests wait on this node; nothing was done";
        failure.retry_after_ms = 100;
        break;
    case QC_OUTCOME_UNKNOWN:
    case QC_OUTCOME_APPLIED:
    default:
        failure.reason = "UNKNOWN_OUTCOME";
        failure.text = "it may or may not have been done: send it again with "
                       "the same request id to learn which";
        break;
    }
    if (status.leader_address[0] != '\0') {
        failure.leader = status.leader_address;
    }
    qc_failure_send(request->call, &failure);
}

static void proposed(void *ctx, const struct qc_proposal_result *result)
{
    struct request *request = ctx;

    request->proposal = NULL;
    if (result->outcome != QC_OUTCOME_APPLIED) {
        fail_outcome(request, result->outcome);
        return;
    }
    add_number(request->call, "x-applied-index", result->index);
    if (result->answer->replayed) {
        qc_call_add_metadata(request->call, "idempotent-replayed", "true");
    }
    if (result->answer->refusal != 0) {
        refuse(request, result->answer->refusal, &result->answer->detail);
        return;
    }
    answer_stored(request, result->answer->response);
}

static void propose(struct request *request, const uint8_t *digest)
{
    struct qc_command command = {
        .id = request->method->id,
        .tenant = request->caller.tenant,
        .principal = request->caller.principal,
        .client_id = qc_message_string(request->message, QC_FIELD_CLIENT_ID),
        .request_id = qc_message_string(request->message, QC_FIELD_REQUEST_ID),
    };

    memcpy(command.digest, digest, QC_DIGEST_SIZE);
    if (!qc_envelope_body(request->message, &request->arena, &command.body)) {
        fail_memory(request);
        return;
    }
    request->proposal =
        qc_replica_propose(request->rpc->replica, &command,
                           request->deadline_ms, proposed, request);
    if (request->proposal == NULL) {
        fail_memory(request);
    }
}

/* --- a query ------------------------------------------------------------- */

static void query(struct request *request)
{
    const struct qc_machine *machine = request->rpc->options.machine;
    struct qc_query_result result;
    int r = qc_query_run(machine, request->method, &request->caller,
                         request->message, &request->arena, &result);

    if (r == QC_E_NOMEM) {
        fail_memory(request);
        return;
    }
    if (r < 0) {
        fail(request, QC_STATUS_INTERNAL, "FAULT", "this node has failed");
        request->rpc->options.fault(request->rpc->options.ctx, r);
        return;
    }
    add_number(request->call, "x-applied-index", machine->applied_index);
    if (r > 0) {
        refuse(request, r, &result.detail);
        return;
    }
    answer(request, result.response);
}

static void read_confirmed(void *ctx, bool confirmed)
{
    struct request *request = ctx;

    request->read = NULL;
    if (!confirmed) {
        fail_outcome(request, QC_OUTCOME_NO_LEADER);
        return;
    }
    query(request);
}

static void read_behind(struct request *request,
                        void (*done)(void *ctx, bool confirmed))
{
    request->read = qc_replica_read(request->rpc->replica, request->deadline_ms,
                                    done, request);
    if (request->read == NULL) {
        fail_memory(request);
    }
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

static void dispatch_query(struct request *request)
{
    struct qc_replica_status status;
    int64_t max_ms;
    bool stale;

    if (!consistency_read(qc_call_header(request->call, "x-consistency"),
                          &stale, &max_ms)) {
        fail_field(request, "INVALID", "x-consistency",
                   "must be linearizable, stale, or stale;max=MILLISECONDS");
        return;
    }
    if (stale) {
        qc_replica_status(request->rpc->replica, &status);
        stale =
            status.leader_contact_ms >= 0 && status.leader_contact_ms <= max_ms;
    }
    if (!stale) {
        read_behind(request, read_confirmed);
        return;
    }
    add_number(request->call, "x-staleness-ms",
               (uint64_t)status.leader_contact_ms);
    query(request);
}

static void dispatch_node(struct request *request)
{
    ProtobufCMessage *response =
        qc_message_new(request->method->response, &request->arena);

    if (response == NULL || !qc_node_status(request->rpc, request->message,
                                            &request->arena, response)) {
        fail_memory(request);
        return;
    }
    answer(request, response);
}

/* --- examine ------------------------------------------------------------- */

/* Connectors tell what has already happened, and are never refused. */
static bool within_rate(struct request *request)
{
    struct qc_refusal_detail detail = {.field = NULL};
    uint32_t nodes = request->rpc->options.n_servers;
    const Qc__V1__Quotas *quotas;

    if (request->tenant == NULL ||
        (request->method->roles & QC_ROLE_CONNECTOR) != 0) {
        return true;
    }
    quotas = request->tenant->quotas;
    detail.retry_after_ms = qc_rates_take(
        request->rpc->rates, request->caller.tenant,
        request->method->kind == QC_METHOD_QUERY,
        quotas->rate_per_s / nodes + 1, quotas->rate_burst / nodes + 1,
        monotonic_ms(request->rpc));
    return detail.retry_after_ms == 0 ||
           refuse(request, QC_REFUSED_RATE, &detail);
}

static bool within_limits(struct request *request)
{
    struct qc_codec_error error;

    if (qc_limits_check(request->message, &error)) {
        return true;
    }
    return fail_field(request, "INVALID", error.where, error.text);
}

/* x-if-rev, for callers that cannot set field 101. */
static bool take_if_rev(struct request *request)
{
    const char *text = qc_call_header(request->call, "x-if-rev");
    char *end;
    uint64_t rev;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    rev = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || text[0] == '-') {
        return fail_field(request, "INVALID", "x-if-rev", "must be a revision");
    }
    qc_envelope_set_number(request->message, QC_FIELD_IF_REV, rev);
    return true;
}

/* Who asks, and which request it is. A caller that names itself has named the
 * request too; for one that does not, the node makes both. */
static bool identify(struct request *request)
{
    const char *client_id = qc_call_header(request->call, "x-client-id");
    const char *request_id = qc_call_header(request->call, "x-request-id");
    struct qc_rpc *rpc = request->rpc;
    ProtobufCMessage *message = request->message;
    char *made;

    if (client_id != NULL) {
        qc_envelope_set_text(message, QC_FIELD_CLIENT_ID, client_id);
    }
    if (request_id != NULL) {
        qc_envelope_set_text(message, QC_FIELD_REQUEST_ID, request_id);
    }
    if (qc_message_string(message, QC_FIELD_CLIENT_ID)[0] != '\0') {
        if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] == '\0') {
            return fail_field(request, "INVALID", "request_id",
                              "is required with a client_id");
        }
        if (qc_message_int64(message, QC_FIELD_CLIENT_TS) <= 0) {
            return fail_field(request, "INVALID", "client_ts_ms",
                              "is required with a client_id: the time of the "
                              "first try, unchanged over its retries");
        }
        return true;
    }
    if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] != '\0') {
        return fail_field(request, "INVALID", "client_id",
                          "is required with a request_id");
    }
    made = qc_arena_alloc(&request->arena, 24);
    if (made == NULL) {
        return fail_memory(request);
    }
    snprintf(made, 24, "%" PRIu64, ++rpc->n_requests);
    qc_envelope_set_text(message, QC_FIELD_CLIENT_ID, rpc->client_id);
    qc_envelope_set_text(message, QC_FIELD_REQUEST_ID, made);
    qc_envelope_set_number(
        message, QC_FIELD_CLIENT_TS,
        (uint64_t)rpc->options.clocks.wall_ms(rpc->options.clocks.ctx));
    return true;
}

static bool normalise(struct request *request)
{
    const char *country = "US";
    const char *field;

    if (request->tenant != NULL &&
        request->tenant->default_country[0] != '\0') {
        country = request->tenant->default_country;
    }
    if (qc_phones_normalise(request->message, country, &request->arena,
                            &field)) {
        return true;
    }
    return fail_field(request, "INVALID_PHONE", field,
                      "is not a phone number; write it with its country code, "
                      "as in +442079460000");
}

static bool checked(struct request *request)
{
    struct qc_refusal_detail detail = {.field = NULL};
    int refusal = 0;

    if (request->method->check != NULL) {
        refusal = request->method->check(request->message, &detail);
    }
    return refusal == 0 || refuse(request, refusal, &detail);
}

static void examine(struct request *request)
{
    bool command = request->method->kind == QC_METHOD_COMMAND;
    uint8_t digest[QC_DIGEST_SIZE];

    if (!within_rate(request)) {
        return;
    }
    qc_envelope_clear_facts(request->message);
    if (command && (!take_if_rev(request) || !identify(request))) {
        return;
    }
    if (!within_limits(request)) {
        return;
    }
    if (command && !qc_envelope_digest(request->message, request->method->id,
                                       &request->arena, digest)) {
        fail_memory(request);
        return;
    }
    if (!normalise(request) || !checked(request)) {
        return;
    }
    switch (request->method->kind) {
    case QC_METHOD_COMMAND:
        propose(request, digest);
        break;
    case QC_METHOD_QUERY:
        dispatch_query(request);
        break;
    case QC_METHOD_NODE:
    default:
        dispatch_node(request);
        break;
    }
}

/* --- admit --------------------------------------------------------------- */

/* Finds the tenant in the rows as they are here. */
static bool tenant_found(struct request *request, const char *key)
{
    struct qc_txn txn;

    qc_machine_view(request->rpc->options.machine, &request->arena, &txn);
    if (qc_tenant_of_key(&txn, key, &request->caller.tenant)) {
        const Qc__State__TenantRow *row =
            qc_tenant_get(&txn, request->caller.tenant);

        request->tenant = row != NULL ? row->tenant : NULL;
    }
    return request->tenant != NULL;
}

static void tenant_confirmed(void *ctx, bool confirmed)
{
    struct request *request = ctx;
    struct qc_refusal_detail detail = {.field = "x-tenant"};

    request->read = NULL;
    if (!confirmed) {
        fail_outcome(request, QC_OUTCOME_NO_LEADER);
    } else if (!tenant_found(request,
                             qc_call_header(request->call, "x-tenant"))) {
        refuse(request, QC_REFUSED_TENANT_UNKNOWN, &detail);
    } else {
        examine(request);
    }
}

static void admit(struct request *request)
{
    const char *key = qc_call_header(request->call, "x-tenant");
    struct qc_refusal_detail detail = {
        .field = "x-tenant",
        .text = "is required: the key of the tenant",
    };

    if (request->method->cluster) {
        examine(request);
    } else if (key == NULL || key[0] == '\0') {
        refuse(request, QC_REFUSED_TENANT_UNKNOWN, &detail);
    } else if (tenant_found(request, key)) {
        examine(request);
    } else {
        read_behind(request, tenant_confirmed);
    }
}

/* --- begin, message, close ----------------------------------------------- */

/* Until keys exist there is one principal, "local", which may do everything,
 * from this machine. */
static bool authenticate(struct request *request)
{
    request->caller.principal = "local";
    request->caller.roles = QC_ROLE_LOCAL;
    if (!qc_call_from_loopback(request->call)) {
        return fail(request, QC_STATUS_UNAUTHENTICATED, "UNAUTHENTICATED",
                    "without keys, calls are accepted from loopback only");
    }
    if ((request->caller.roles & request->method->roles) == 0) {
        return fail(request, QC_STATUS_PERMISSION_DENIED, "ROLE",
                    "the caller's roles do not allow this");
    }
    return true;
}

static int64_t deadline_of(const struct request *request)
{
    int64_t left_ms = qc_call_remaining_ms(request->call);

    if (left_ms == INT64_MAX) {
        left_ms = DEADLINE_DEFAULT_MS;
    }
    if (left_ms > DEADLINE_MAX_MS) {
        left_ms = DEADLINE_MAX_MS;
    }
    if (left_ms > DEADLINE_MARGIN_MS) {
        left_ms -= DEADLINE_MARGIN_MS;
    }
    return monotonic_ms(request->rpc) + left_ms;
}

void qc_request_begin(struct qc_rpc *rpc, struct qc_call *call)
{
    struct request *request = calloc(1, sizeof(*request));

    qc_call_set_data(call, request);
    if (request == NULL) {
        struct qc_failure failure = {
            .status = QC_STATUS_RESOURCE_EXHAUSTED,
            .reason = "TOO_BIG",
            .text = "the node is short of memory",
        };

        qc_failure_send(call, &failure);
        return;
    }
    request->rpc = rpc;
    request->call = call;
    request->method = qc_method_of_path(qc_call_path(call));
    assert(request->method != NULL); /* The server has asked. */
    qc_arena_init(&request->arena, ARENA_SIZE);
    authenticate(request);
}

void qc_request_message(struct qc_rpc *rpc,
                        struct qc_call *call,
                        struct qc_bytes message)
{
    struct request *request = qc_call_data(call);
    struct qc_codec_error error;

    (void)rpc;
    request->deadline_ms = deadline_of(request);
    switch (qc_decode(format_of(call), request->method->request, message,
                      &request->arena, &request->message, &error)) {
    case QC_CODEC_OK:
        admit(request);
        break;
    case QC_CODEC_TOO_BIG:
        fail_memory(request);
        break;
    case QC_CODEC_MALFORMED:
    default:
        fail_field(request, "INVALID",
                   error.where[0] != '\0' ? error.where : NULL, error.text);
        break;
    }
}

void qc_request_close(struct qc_rpc *rpc, struct qc_call *call)
{
    struct request *request = qc_call_data(call);

    (void)rpc;
    if (request == NULL) {
        return;
    }
    if (request->proposal != NULL) {
        qc_proposal_forget(request->proposal);
    }
    if (request->read != NULL) {
        qc_read_forget(request->read);
    }
    qc_arena_done(&request->arena);
    free(request);
}
