#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/limits.h"
#include "codec/message.h"
#include "codec/utf8.h"
#include "machine/machine.h"
#include "machine/principal.h"
#include "rpc/authentication.h"
#include "rpc/envelope.h"
#include "rpc/failure.h"
#include "rpc/phones.h"
#include "rpc/request.h"

/* Ends the call unless |retry_after_ms| is 0. */
static bool within(struct qc_request *request,
                   int64_t retry_after_ms,
                   const char *quota,
                   const char *text)
{
    struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "RATE",
        .text = text,
        .quota = quota,
        .retry_after_ms = retry_after_ms,
    };

    if (retry_after_ms > 0) {
        qc_failure_send(request->call, &failure);
    }
    return retry_after_ms == 0;
}

static bool within_tenants_rate(struct qc_request *request)
{
    uint32_t nodes = request->rpc->n_members > 0 ? request->rpc->n_members : 1;
    const struct qc_rate *rate = &request->terms.rate;
    const struct qc_rate share = {rate->per_s / nodes + 1,
                                  rate->burst / nodes + 1};
    int64_t retry_after_ms = qc_rates_take(
        request->rpc->rates,
        request->method->kind == QC_METHOD_COMMAND ? QC_RATE_TENANT_WRITES
                                                   : QC_RATE_TENANT_READS,
        (struct qc_bytes){(const uint8_t *)&request->caller.tenant,
                          sizeof(request->caller.tenant)},
        share, qc_request_now_ms(request));

    return within(request, retry_after_ms, "tenant",
                  "the tenant sends more than its rate");
}

/* "local" is whoever has the machine, and is limited by nothing here. */
static bool within_principals_rate(struct qc_request *request)
{
    const struct qc_rate *rate = &request->rpc->limits.of_principal;
    const struct qc_caller *caller = &request->caller;
    uint8_t who[sizeof(caller->tenant) + QC_PRINCIPAL_NAME_SIZE];
    bool of_cluster = caller->principal[0] == '/';
    uint32_t tenant = of_cluster ? 0 : caller->tenant;
    const char *name = caller->principal + (of_cluster ? 1 : 0);
    size_t size = strlen(name);

    if (rate->per_s == 0 || strcmp(name, QC_PRINCIPAL_LOCAL) == 0) {
        return true;
    }
    memcpy(who, &tenant, sizeof(tenant));
    memcpy(who + sizeof(tenant), name, size);
    return within(request,
                  qc_rates_take(request->rpc->rates, QC_RATE_PRINCIPAL,
                                (struct qc_bytes){who, sizeof(tenant) + size},
                                *rate, qc_request_now_ms(request)),
                  "principal", "this principal sends more than it may");
}

/* What connectors report has already happened: they would only report it again,
 * later, and more of it. */
static bool within_rate(struct qc_request *request)
{
    if (request->method->kind == QC_METHOD_COMMAND &&
        (request->method->roles & request->caller.roles & QC_ROLE_CONNECTOR) !=
            0) {
        return true;
    }
    return (request->caller.tenant == 0 || within_tenants_rate(request)) &&
           within_principals_rate(request);
}

static bool within_limits(struct qc_request *request)
{
    struct qc_codec_error errors[QC_VIOLATIONS_MAX];
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID",
        .field = errors[0].where,
        .text = errors[0].text,
        .violations = errors,
        .n_violations =
            qc_limits_violations(request->message, errors, QC_VIOLATIONS_MAX),
    };

    if (failure.n_violations > 0) {
        qc_failure_send(request->call, &failure);
    }
    return failure.n_violations == 0;
}

/* x-if-rev, for callers that cannot set field 101. */
static bool take_if_rev(struct qc_request *request)
{
    const char *text = qc_call_header(request->call, "x-if-rev");
    char *end;
    uint64_t rev;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    rev = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return qc_request_fail_field(request, "INVALID", "x-if-rev",
                                     "must be a revision");
    }
    qc_envelope_set_number(request->message, QC_FIELD_IF_REV, rev);
    return true;
}

/* Sets a field of the envelope by a header, for callers that cannot set it.
 * Headers are bytes; what stands in the log and in rows is text. */
static bool take_text(struct qc_request *request,
                      uint32_t number,
                      const char *header)
{
    const char *text = qc_call_header(request->call, header);

    if (text == NULL) {
        return true;
    }
    if (!qc_utf8_is_text(
            (struct qc_bytes){(const uint8_t *)text, strlen(text)})) {
        return qc_request_fail_field(request, "INVALID", header,
                                     "is not UTF-8");
    }
    qc_envelope_set_text(request->message, number, text);
    return true;
}

/* The time of a request for which the caller gave none: by this node's clock,
 * but near the log's time, or a node whose clock is wrong would have all such
 * requests refused. */
static int64_t first_try_ms(const struct qc_rpc *rpc)
{
    const struct qc_clocks *clocks = &rpc->options.clocks;
    int64_t wall_ms = clocks->wall_ms(clocks->ctx);
    int64_t log_ms = rpc->options.machine->now_ms;

    if (wall_ms < log_ms) {
        return log_ms;
    }
    return wall_ms - log_ms > QC_CLIENT_AHEAD_MS / 2
               ? log_ms + QC_CLIENT_AHEAD_MS / 2
               : wall_ms;
}

/* Who asks, and which request it is. A caller that names itself has named the
 * request too; for one that does not, the node makes both. */
static bool identify(struct qc_request *request)
{
    struct qc_rpc *rpc = request->rpc;
    ProtobufCMessage *message = request->message;
    char *made;

    if (!take_text(request, QC_FIELD_CLIENT_ID, "x-client-id") ||
        !take_text(request, QC_FIELD_REQUEST_ID, "x-request-id")) {
        return false;
    }
    if (qc_message_string(message, QC_FIELD_CLIENT_ID)[0] != '\0') {
        if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] == '\0') {
            return qc_request_fail_field(request, "INVALID", "request_id",
                                         "is required with a client_id");
        }
        if (qc_message_int64(message, QC_FIELD_CLIENT_TS) <= 0) {
            return qc_request_fail_field(
                request, "INVALID", "client_ts_ms",
                "is required with a client_id: the time of the "
                "first try, unchanged over its retries");
        }
        return true;
    }
    if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] != '\0') {
        return qc_request_fail_field(request, "INVALID", "client_id",
                                     "is required with a request_id");
    }
    made = qc_arena_alloc(&request->arena, 24);
    if (made == NULL) {
        return qc_request_fail_memory(request);
    }
    snprintf(made, 24, "%" PRIu64, ++rpc->n_requests);
    qc_envelope_set_text(message, QC_FIELD_CLIENT_ID, rpc->client_id);
    qc_envelope_set_text(message, QC_FIELD_REQUEST_ID, made);
    qc_envelope_set_number(message, QC_FIELD_CLIENT_TS,
                           (uint64_t)first_try_ms(rpc));
    return true;
}

/* What a widget's visitor is counted by (C.2): a hash of the address, the same
 * on all nodes, for addresses themselves are never written down. A server that
 * asks for its visitors has one address, so of no other role it is told. */
static bool add_address(struct qc_request *request)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(request->method->request, QC_FIELD_FACTS);
    const char *cluster_id = request->rpc->options.cluster_id;
    uint8_t *hash;

    if (field == NULL || field->type != PROTOBUF_C_TYPE_BYTES ||
        (request->caller.roles & QC_ROLE_WIDGET) == 0) {
        return true;
    }
    hash = qc_arena_alloc(&request->arena, QC_DIGEST_SIZE);
    if (hash == NULL) {
        return qc_request_fail_memory(request);
    }
    qc_envelope_address_hash(cluster_id, qc_call_network(request->call), hash);
    qc_envelope_set_bytes(request->message, QC_FIELD_FACTS,
                          (ProtobufCBinaryData){QC_DIGEST_SIZE, hash});
    return true;
}

static bool normalise(struct qc_request *request)
{
    const char *country = "US";
    const char *field;

    if (request->terms.country[0] != '\0') {
        country = request->terms.country;
    }
    if (qc_phones_normalise(request->rpc->phones, request->message, country,
                            &request->arena, &field)) {
        return true;
    }
    if (field[0] == '\0') {
        return qc_request_fail_memory(request);
    }
    return qc_request_fail_field(
        request, "INVALID_PHONE", field,
        "is not a phone number; write it with its country code, "
        "as in +442079460000");
}

static bool checked(struct qc_request *request)
{
    struct qc_refusal_detail detail = {.field = NULL};
    int refusal = 0;

    if (request->method->check != NULL) {
        refusal = request->method->check(request->message, &detail);
    }
    return refusal == 0 || qc_request_refuse(request, refusal, &detail);
}

static void examine(struct qc_request *request)
{
    bool command = request->method->kind == QC_METHOD_COMMAND;

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
                                       &request->arena, request->digest)) {
        qc_request_fail_memory(request);
        return;
    }
    if (!add_address(request) || !normalise(request) || !checked(request)) {
        return;
    }
    qc_request_dispatch(request);
}

void qc_request_admit(struct qc_request *request)
{
    qc_request_settle(request, examine);
}
